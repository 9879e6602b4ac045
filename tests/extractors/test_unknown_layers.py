"""Convolutions inside of layers whose class is unknown are shown like all others."""

from pathlib import Path

from json_programs import run_program


def test_a_savedmodel_shows_the_convolutions_inside_of_layers_of_an_unknown_class(
    tensorflow: None, tmp_path: Path
) -> None:
    found = run_program("unknown_layers", tmp_path, cache=tmp_path / "cache")
    assert [name for name, _, _ in found] == ["first", "block", "inner", "last"]
    assert {kind for _, kind, _ in found} == {"Conv2D"}
    assert max(difference for _, _, difference in found) <= 1e-4
