"""Whatever a camera gives that stock Donkeycar can record."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_frames import draw_frame
from faulted_drives import (
    assert_no_record_points_to_a_torn_picture,
    assert_the_car_came_first,
    drive,
    rounds,
    until,
)
from recorded_mosaics import measure_belonging

from donkey_activations import CnnActivations


@dataclass(frozen=True)
class Camera:
    """A camera that is out of order for a while.

    Attributes:
        gives: Its frame in such a round, made of the frame in order.
        draws: Whether there are mosaics of it.
    """

    gives: Callable[[np.ndarray, int], Any]
    draws: bool


def _object_of(frame: np.ndarray, _: int) -> np.ndarray:
    return frame.astype(object)


def _read_only(frame: np.ndarray, _: int) -> np.ndarray:
    frame.setflags(write=False)
    return frame


CAMERAS = {
    "none": Camera(lambda *_: None, False),
    "float64": Camera(lambda frame, _: frame.astype(np.float64), True),
    "float32 between 0 and 1": Camera(lambda frame, _: frame.astype(np.float32) / 255, True),
    "float64 with NaN and infinity": Camera(
        lambda frame, number: np.where(frame > 100, (np.nan, np.inf, -np.inf)[number % 3], frame),
        True,
    ),
    "uint16 beyond 255": Camera(lambda frame, _: frame.astype(np.uint16) * 257, True),
    "int64 below 0": Camera(lambda frame, _: -frame.astype(np.int64), True),
    "bool": Camera(lambda frame, _: frame > 100, True),
    "object": Camera(_object_of, True),
    "twice the size": Camera(lambda frame, _: frame.repeat(2, 0).repeat(2, 1), False),
    "half the size": Camera(lambda frame, _: frame[::2, ::2], False),
    "one pixel": Camera(lambda frame, _: frame[:1, :1], False),
    "a size that changes": Camera(lambda frame, number: frame[number % 60 :, number % 80 :], False),
    "on its side": Camera(lambda frame, _: frame.transpose(1, 0, 2), False),
    "grey": Camera(lambda frame, _: frame[:, :, 0], False),
    "read-only": Camera(_read_only, True),
    "mirrored by strides": Camera(lambda frame, _: frame[:, ::-1][:, ::-1], True),
    "in Fortran's order": Camera(lambda frame, _: np.asfortranarray(frame), True),
    "masked": Camera(lambda frame, _: np.ma.masked_greater(frame, 100), True),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.parametrize("name", CAMERAS)
def test_a_camera_out_of_order_costs_at_most_its_own_mosaics(
    name: str, model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    camera, faulty = CAMERAS[name], range(0)

    def frame_of(number: int) -> Any:
        frame = draw_frame(number)
        return camera.gives(frame, number) if number in faulty else frame

    def script(part: CnnActivations) -> Iterator[None]:
        nonlocal faulty
        yield from until(lambda: part.made > 2)
        begun = part._rounds
        faulty = range(begun, 10**9)
        yield from rounds(20)
        if camera.draws:  # two may have been on their way
            yield from until(lambda made=part.made: part.made > made + 2)
        faulty = range(begun, part._rounds)
        yield from until(lambda made=part.made: part.made > made + 2)

    ours = drive(tmp_path / "ours", model, script, frame_of=frame_of)
    stock = drive(tmp_path / "stock", None, rounds=ours.rounds, frame_of=frame_of)
    assert_the_car_came_first(ours, stock)
    references = ours.references()
    assert ours.part is not None
    assert ours.part.failed == 0
    assert ours.part.made == sum(map(bool, references))
    assert any(references[index] for index in faulty) == camera.draws
    assert any(references[faulty.stop :])
    assert_no_record_points_to_a_torn_picture(ours, model)
    errors = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert len(errors) <= (20 if name == "a size that changes" else 1)


def test_a_camera_that_reuses_its_memory_shows_each_mosaic_its_own_frame(
    model: Path, tmp_path: Path
) -> None:
    memory = np.empty((120, 160, 3), np.uint8)

    def frame_of(number: int) -> np.ndarray:
        memory[:] = draw_frame(number)
        return memory

    def script(part: CnnActivations) -> Iterator[None]:
        yield from until(lambda: part.made > 10)

    ours = drive(tmp_path / "ours", model, script, frame_of=frame_of)
    stock = drive(tmp_path / "stock", None, rounds=ours.rounds, frame_of=frame_of)
    assert_the_car_came_first(ours, stock)
    for belonging in measure_belonging(ours.tub, ours.records(), model):
        assert belonging.own < belonging.nearest_other
    assert_no_record_points_to_a_torn_picture(ours, model)
