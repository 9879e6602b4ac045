"""Convolutions inside of layers whose class is unknown are shown like all others."""

from typing import Any

import pytest
from json_programs import run_program


@pytest.fixture(scope="module")
def report(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("unknown_layers")
    found: dict[str, Any] = run_program("unknown_layers", folder, cache=folder / "cache")
    return found


def test_a_savedmodel_shows_the_convolutions_inside_of_layers_of_an_unknown_class(
    report: dict[str, Any],
) -> None:
    found = report["layers"]
    assert [name for name, _, _ in found] == ["first", "block", "inner", "last"]
    assert {kind for _, kind, _ in found} == {"Conv2D"}
    assert max(difference for _, _, difference in found) <= 1e-4


def test_such_a_pilot_is_not_planned_without_them(report: dict[str, Any]) -> None:
    line = report["plan"]
    assert "of an unknown class, does not tell its layers; give the .tflite" in line
    assert "\n" not in line
