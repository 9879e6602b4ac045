"""The walk over a tub: every record is seen as the pilot would, or told apart as unreadable."""

from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame, write_frame_tub
from offline_tubs import image
from stock_pilot import StockPilot

from donkey_activations import PilotOptions, Seen, Unreadable, open_extractor, read_tub, walk
from donkey_activations.recorded.frames import history_of
from donkey_activations.recorded.walk import spread
from donkey_activations.tubs.records import Record, read_frame

COUNT = 12


@pytest.fixture
def tub(tmp_path: Path) -> Path:
    return write_frame_tub(tmp_path / "tub", COUNT)


def test_every_record_is_seen_as_the_pilot_sees_its_frame(
    stock_pilot: StockPilot, tub: Path
) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    records = read_tub(tub).records
    seen = list(walk(PilotOptions(stock_pilot.tflite).open(), records))
    assert [one.position for one in seen] == list(range(COUNT))
    for one, record in zip(seen, records, strict=True):
        assert isinstance(one, Seen)
        frame = read_frame(record, 3)
        assert (one.record, one.camera_hw, one.resized) == (record, (120, 160), False)
        np.testing.assert_array_equal(one.frame, frame)
        for maps, expected in zip(one.maps, extractor(frame), strict=True):
            np.testing.assert_array_equal(maps, expected)


def test_positions_are_walked_in_the_order_in_which_they_are_given(
    stock_pilot: StockPilot, tub: Path
) -> None:
    pilot, records = PilotOptions(stock_pilot.tflite).open(), read_tub(tub).records
    seen = list(walk(pilot, records, [7, 2, 3]))
    assert [one.record.index for one in seen] == [7, 2, 3]


def test_a_frame_that_cannot_be_read_is_told_apart_and_the_walk_continues(
    stock_pilot: StockPilot, tub: Path
) -> None:
    image(tub, 4).write_bytes(b"no image")
    seen = list(walk(PilotOptions(stock_pilot.tflite).open(), read_tub(tub).records))
    (unreadable,) = (one for one in seen if isinstance(one, Unreadable))
    assert (unreadable.position, unreadable.record.index) == (4, 4)
    assert "4_cam_image_array_.jpg" in unreadable.reason
    assert len(seen) == COUNT


def test_a_frame_of_another_size_is_resized_and_its_own_size_is_known(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    tub = write_frame_tub(tmp_path / "large", 1, height=240, width=320)
    (seen,) = walk(PilotOptions(stock_pilot.tflite).open(), read_tub(tub).records)
    assert isinstance(seen, Seen)
    assert (seen.recorded_hw, seen.camera_hw, seen.resized) == ((240, 320), (120, 160), True)
    # JPEG and two ways of resizing leave a difference; another frame's is some 30 levels.
    expected = draw_frame(0, 240, 320).reshape(120, 2, 160, 2, 3).mean(axis=(1, 3))
    assert np.abs(seen.frame - expected).mean() < 4


@pytest.mark.parametrize(
    ("positions", "most", "expected"),
    [(range(10), 3, [0, 4, 9]), (range(3), 9, [0, 1, 2]), ([5, 8], 1, [5]), ([4], 4, [4])],
)
def test_a_sample_is_spread_from_the_first_position_to_the_last(
    positions: list[int], most: int, expected: list[int]
) -> None:
    assert spread(positions, most) == expected


def test_a_sequence_reaches_back_in_its_own_session_only() -> None:
    sessions = ["a"] * 3 + ["b"] * 200
    records = [Record(i, None, None, {"_session_id": one}) for i, one in enumerate(sessions)]
    assert history_of(records, 5, sequence_length=3) == range(3, 5)
    assert history_of(records, 2, sequence_length=3) == range(2)
    assert history_of(records, 5, sequence_length=1) == range(5, 5)
    # Frames that cannot be read are passed over, but not without end.
    assert history_of(records, 180, sequence_length=3) == range(78, 180)
