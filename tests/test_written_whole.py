"""Files that appear whole, or not at all, and never in the place of somebody else's."""

import os
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


def test_a_file_of_our_own_is_replaced_though_another_process_has_made_it_meanwhile(
    tmp_path: Path,
) -> None:
    path = tmp_path / "7.jpg"
    with written_whole(path, is_ours=True) as unfinished:
        unfinished.write_text("ours")
        path.write_text("the same, of another process")
    assert path.read_text() == "ours"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("not ours")
    (tmp_path / f".a.png.{os.getpid()}.part").symlink_to(precious)
    with written_whole(tmp_path / "a.png") as unfinished:
        unfinished.write_text("ours")
    assert precious.read_text() == "not ours"
    assert not (tmp_path / "a.png").is_symlink()
