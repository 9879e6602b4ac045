"""A worker that is slow, hangs, or is not there; and errors that make trouble themselves."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from donkeycar.parts.tub_v2 import Tub
from faulted_drives import (
    assert_no_record_points_to_a_torn_picture,
    assert_the_car_came_first,
    drive,
    rounds,
    until,
)

from donkey_activations import CnnActivations
from donkey_activations.pilots import pilot

ROUNDS = 40


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.ERROR]


def is_closed(tub: Path) -> bool:
    """Donkeycar writes a session into a tub's header when it closes the tub."""
    opened = Tub(str(tub), read_only=True)
    opened.close()
    return "sessions" in opened.manifest.manifest_metadata


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    """For each of these one mosaic is drawn; without one the worker waits."""
    allowed = Semaphore(0)
    render = pilot.render_mosaic

    def wait_and_render(*arguments: Any, **keys: Any) -> Any:
        allowed.acquire()
        return render(*arguments, **keys)

    allowed.release()  # The black frame before the drive.
    monkeypatch.setattr(pilot, "render_mosaic", wait_and_render)
    return allowed


def test_a_worker_slower_than_the_camera_has_frames_skipped_counted_and_never_queued(
    model: Path, tokens: Semaphore, tmp_path: Path
) -> None:
    queued = []

    def script(part: CnnActivations) -> Iterator[None]:
        for _ in range(ROUNDS // 5):
            yield from rounds(4)
            made = part.made
            tokens.release()
            yield from until(lambda made=made: part.made > made)
            queued.append(part._worker._waiting.qsize())
        tokens.release(1000)

    ours = drive(tmp_path / "ours", model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert max(queued) <= 2
    assert ours.part is not None
    assert ours.part.skipped >= ROUNDS // 5
    assert ours.part.made + ours.part.skipped == ours.rounds
    assert ours.part.made == sum(map(bool, ours.references()))
    tokens.release(1000)
    assert_no_record_points_to_a_torn_picture(ours, model)


def test_a_worker_that_hangs_costs_two_pictures_and_the_tub_is_closed(
    model: Path, tokens: Semaphore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.part._FLUSH_S", 0.05)
    ours = drive(tmp_path / "ours", model, rounds=ROUNDS)
    assert is_closed(ours.tub)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ROUNDS))
    assert ours.part is not None
    assert (ours.part.made, ours.part.skipped) == (0, ROUNDS - 2)
    tokens.release(1000)
    assert_no_record_points_to_a_torn_picture(ours, model)


class InterruptedWait(threading.Event):
    """Ctrl-C comes while somebody waits for this."""

    def wait(self, timeout: float | None = None) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return super().wait(timeout)


def test_a_second_ctrl_c_ends_our_wait_and_the_tub_is_closed_all_the_same(
    model: Path, tokens: Semaphore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def script(part: CnnActivations) -> Iterator[None]:
        yield from rounds(ROUNDS)
        part._worker._ended = InterruptedWait()
        raise KeyboardInterrupt

    ours = drive(tmp_path / "ours", model, script)
    assert not ours.ended  # Donkeycar's loop ends so by the first one.
    assert is_closed(ours.tub)
    assert "the last frames are left out" in caplog.text
    assert len(ours.records()) == ROUNDS
    tokens.release(1000)
    assert_no_record_points_to_a_torn_picture(ours, model)


def test_without_a_thread_for_the_worker_the_car_drives_without_mosaics(
    model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = threading.stack_size(1 << 46)  # More than any system gives.
    try:
        ours = drive(tmp_path / "ours", model, rounds=ROUNDS)
    finally:
        threading.stack_size(before)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ROUNDS))
    assert len(errors(caplog)) == 1
    assert "the car drives without" in errors(caplog)[0]
    assert not any(ours.references())


class UnspeakableError(Exception):
    """Cannot even be put into words."""

    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__


class BrokenHandler(logging.Handler):
    """A log that fails where ours come in."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("donkey_activations") and record.levelno >= logging.ERROR:
            raise OSError("the log is full")


ERRORS = {
    "that cannot be told": UnspeakableError,
    "that is new each time": lambda number: RuntimeError(f"the {number}th of many"),
}


@pytest.mark.parametrize("where", ["pilots.pilot.render_mosaic", "drive.part.known_controls"])
@pytest.mark.parametrize("log", ["whole", "broken"])
@pytest.mark.parametrize("error", ERRORS)
def test_errors_that_make_trouble_themselves_cost_no_round_and_no_flood_of_lines(
    *,
    where: str,
    log: str,
    error: str,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    numbers = iter(range(10**6))
    fails = True
    module, _, name = where.rpartition(".")
    whole = getattr(__import__(f"donkey_activations.{module}", fromlist=[name]), name)

    def fail(*arguments: Any, **keys: Any) -> Any:
        if fails:
            raise ERRORS[error](next(numbers))
        return whole(*arguments, **keys)

    def script(part: CnnActivations) -> Iterator[None]:
        nonlocal fails
        yield from until(lambda: part.made > 2)
        monkeypatch.setattr(f"donkey_activations.{where}", fail)
        yield from rounds(ROUNDS)
        fails = False
        yield from until(lambda made=part.made: part.made > made + 3)

    handler = BrokenHandler() if log == "broken" else logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        ours = drive(tmp_path / "ours", model, script)
    finally:
        logging.getLogger().removeHandler(handler)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert_no_record_points_to_a_torn_picture(ours, model)
    assert len(errors(caplog)) <= 20
