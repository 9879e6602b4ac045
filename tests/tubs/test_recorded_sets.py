"""Recorded mosaics, read: which sets a tub has, and whether a record's picture is whole."""

import io
import json
from pathlib import Path

import pytest
from drawn_frames import write_frame_tub
from PIL import Image
from stock_pilot import StockPilot

from donkey_activations import TubError, recorded_sets
from donkey_activations.cli.main import main
from donkey_activations.tubs.recorded_sets import PictureState, RecordedSet


@pytest.fixture
def drawn(stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedSet:
    monkeypatch.chdir(tmp_path)
    tub = write_frame_tub(tmp_path / "tub", 6)
    words = ["tub", "--model", str(stock_pilot.tflite), "--tub", str(tub), "--every", "2"]
    assert main([*words, "--workers", "1"]) == 0
    (found,) = recorded_sets(tub)
    return found


def test_a_set_names_its_pilot_its_layers_and_its_pictures(
    drawn: RecordedSet, stock_pilot: StockPilot
) -> None:
    assert drawn.name.startswith(stock_pilot.tflite.stem)
    assert drawn.pilot_name == stock_pilot.tflite.name
    assert drawn.layers == tuple(f"conv2d_{number}" for number in range(1, 6))
    assert drawn.given is None
    assert drawn.indexes() == [0, 2, 4]
    with Image.open(io.BytesIO(drawn.read_picture(2))) as picture:
        assert picture.format == "JPEG"
        picture.load()


def test_a_missing_picture_and_a_torn_one_are_told_apart(drawn: RecordedSet) -> None:
    whole = drawn.read_picture(4)
    drawn.picture_path(4).write_bytes(whole[:-10])
    drawn.picture_path(2).write_bytes(b"")
    drawn.picture_path(5).mkdir()
    states = [drawn.state_of(index) for index in range(6)]
    assert states == [
        PictureState.WHOLE,
        PictureState.MISSING,
        PictureState.TORN,
        PictureState.MISSING,
        PictureState.TORN,
        PictureState.TORN,
    ]
    with pytest.raises(TubError, match=r"1\.jpg: expected a mosaic, there is none"):
        drawn.read_picture(1)
    with pytest.raises(TubError, match=r"4\.jpg: expected a mosaic, it is torn"):
        drawn.read_picture(4)


def test_a_folder_without_a_description_or_behind_a_link_is_no_set(
    drawn: RecordedSet, tmp_path: Path
) -> None:
    sets = drawn.path.parent
    (sets / "empty").mkdir()
    (sets / "damaged").mkdir()
    (sets / "damaged" / "set.json").write_text("{")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "set.json").write_text("{}")
    (sets / "linked").symlink_to(elsewhere)
    assert [one.name for one in recorded_sets(sets.parent)] == [drawn.name]


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"pilot": 3, "layers": 4},
        {"pilot": {"name": 1}, "layers": [5, {"name": 6}], "given": []},
    ],
)
def test_a_description_that_says_something_else_is_as_if_it_said_nothing(
    tmp_path: Path, description: object
) -> None:
    folder = tmp_path / "activations" / "odd"
    folder.mkdir(parents=True)
    (folder / "set.json").write_text(json.dumps(description))
    (odd,) = recorded_sets(tmp_path)
    assert (odd.pilot_name, odd.pilot_sha256, odd.layers, odd.given) == (None, None, (), None)
    assert odd.indexes() == []
