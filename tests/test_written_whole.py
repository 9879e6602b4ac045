"""Files that appear whole, or not at all, and never in the place of somebody else's."""

from pathlib import Path

import pytest

from donkey_activations import ActivationsError
from donkey_activations.files import written_whole


def test_a_file_that_was_there_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")
    with written_whole(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_somebody_makes_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with (
        pytest.raises(ActivationsError, match=r"a\.mp4: expected no such file, somebody else"),
        written_whole(path) as unfinished,
    ):
        unfinished.write_text("ours")
        path.write_text("a holiday film")
    assert path.read_text() == "a holiday film"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_what_broke_off(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), written_whole(tmp_path / "a.png") as unfinished:
        unfinished.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
