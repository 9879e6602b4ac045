"""Whatever function of ours raises, whatever it raises: the loop goes on, and so do the mosaics.

Which functions there are is found out by watching a drive, so that a new one is not forgotten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from types import FunctionType

import pytest
from donkeycar.parts.tub_v2 import Tub
from donkeycar.vehicle import Vehicle
from faulted_drives import (
    assert_no_record_points_to_a_torn_picture,
    assert_the_car_came_first,
    drive,
    rounds,
    until,
)
from package_functions import Raising, forget_what_was_computed, functions_of, noting_calls
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import CnnActivations
from donkey_activations.drive.worker import _yield_to_the_loop

pytestmark = pytest.mark.timeout(1200)

ERRORS = [RuntimeError, MemoryError, OSError, SystemExit]
RATE_HZ = 100

# What keeps errors in is in these, and above most of them there is nobody but Donkeycar.
BOUNDARIES = {
    "drive/attach.py:add_activations",
    "drive/attach.py:_attach_or_say_why_not",
    "drive/attach.py:_hook_vehicle_start.<locals>.start",
    "drive/part.py:CnnActivations.run_threaded",
    "drive/part.py:CnnActivations.shutdown",
    "drive/worker.py:MosaicWorker._look_for_a_new_pilot",
    "drive/worker.py:MosaicWorker._work",
    "drive/worker.py:MosaicWorker.say_once",
    "drive/worker.py:MosaicWorker.work_until_stopped",
    "drive/worker.py:WorkerThread.start",
    "drive/part.py:CnnActivations.update",
}
# So that a drive that leaves something out is noticed.
AMONG_THEM = {
    "drive/given.py:GivenFrames.take",
    "drive/given.py:GivenFrames.claim",
    "drive/part.py:CnnActivations._hand_over",
    "drive/part.py:CnnActivations._job",
    "pilots/pilot.py:OpenPilot.draw",
    "pilots/pilot.py:OpenPilot.compute",
    "pilots/options.py:PilotOptions.open",
    "drive/recording_pilot.py:DriveOptions.open",
    "drive/pilot_watch.py:PilotWatch.new_pilot",
    "drive/recorder.py:MosaicRecorder.look_for_room",
    "drive/recorder.py:MosaicRecorder.reference",
    "drive/recorder.py:MosaicRecorder.write",
    "drive/worker.py:MosaicWorker.free_buffer",
    "drive/worker.py:MosaicWorker.hand_over",
    "extractors/__init__.py:open_extractor",
    "extractors/litert.py:LiteRTExtractor.__call__",
    "mosaic/jpeg.py:encode_jpeg",
    "mosaic/render.py:render_mosaic",
    "tubs/mosaics.py:MosaicSet.write_picture",
}

Functions = dict[str, list[FunctionType]]


@dataclass(frozen=True)
class Phases:
    """The functions of ours that a drive calls: before its rounds, in them, and behind them."""

    start: Functions
    rounds: Functions
    end: Functions


class Swapping:
    """Replaces the pilot's file by the other one of two."""

    def __init__(self, model: Path, other: Path) -> None:
        self.model, self.before = model, model.read_bytes()
        self.contents = [other.read_bytes(), self.before]

    def __call__(self) -> None:
        self.model.write_bytes(self.contents[0])
        self.contents.reverse()

    def back(self) -> None:
        self.model.write_bytes(self.before)


class Trials:
    """Has one function after another raise in one drive, until mosaics come again behind it.

    Attributes:
        under_trial: The function whose turn it was last.
    """

    def __init__(
        self, functions: Functions, error: type[BaseException], swap: Callable[[], None]
    ) -> None:
        self.functions, self.error, self.swap = functions, error, swap
        self.under_trial = ""

    def __call__(self, part: CnnActivations) -> Iterator[None]:
        for name, functions in self.functions.items():
            self.under_trial = name
            with Raising(functions, self.error) as raising:
                yield from until(partial(self._has_raised, raising, count()))
            made = part._worker.made
            yield from until(lambda made=made: part._worker.made > made)

    def _has_raised(self, raising: Raising, looks: Iterator[int]) -> bool:
        """Where drawing does not call it, a new drawing or a new pilot may, some rounds later."""
        look = next(looks)
        if look == 3:
            forget_what_was_computed()
        if look % 50 == 6:
            self.swap()
        return raising.count > 0


@pytest.fixture
def swap(model: Path, other_model: Path) -> Swapping:
    return Swapping(model, other_model)


@pytest.fixture(scope="module")
def phases(
    stock_pilot: StockPilot, pilot_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Phases:
    """Found by watching a drive in which the pilot's file is replaced."""
    folder = tmp_path_factory.mktemp("watched")
    model = folder / "mypilot.tflite"
    model.write_bytes(stock_pilot.tflite.read_bytes())
    swap = Swapping(model, build_stock_pilot(pilot_folder, kind="categorical").tflite)
    seen = []

    def script(part: CnnActivations) -> Iterator[None]:
        seen.append(set(calls.in_this_thread))
        calls.in_this_thread.clear()
        yield from until(lambda: part._worker.made > 2)
        first = part._worker.pilot
        swap()
        yield from until(lambda: part._worker.pilot is not first)
        yield from until(lambda made=part._worker.made: part._worker.made > made + 2)
        seen.append(set(calls.in_this_thread))
        calls.in_this_thread.clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.02)
        patch.setattr(Vehicle, "start", Vehicle.start)
        # The first drive imports modules, whose own calls cannot be had again.
        drive(folder / "first", model, rounds=2)
    with pytest.MonkeyPatch.context() as patch, noting_calls() as calls:
        patch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.02)
        patch.setattr(Vehicle, "start", Vehicle.start)
        forget_what_was_computed()
        drive(folder / "tub", model, script)
    in_worker = calls.in_other_threads - {_yield_to_the_loop.__code__}
    in_rounds = seen[1] | in_worker
    found = [seen[0], in_rounds, calls.in_this_thread - in_rounds]
    return Phases(*(_without_boundaries(functions_of(codes)) for codes in found))


def _without_boundaries(functions: Functions) -> Functions:
    return {name: found for name, found in functions.items() if name not in BOUNDARIES}


@pytest.mark.usefixtures("quick_looks")
@pytest.mark.parametrize("error", ERRORS)
def test_whatever_raises_on_the_way_costs_mosaics_and_no_round(
    *,
    error: type[BaseException],
    phases: Phases,
    model: Path,
    other_model: Path,
    swap: Swapping,
    tmp_path: Path,
) -> None:
    assert phases.rounds.keys() >= AMONG_THEM
    trials = Trials(phases.rounds, error, swap)
    # Not every frame, because the time goes into mosaics that nobody asks for.
    keys = {"rate_hz": RATE_HZ, "ACTIVATIONS_EVERY_N_FRAMES": 3}
    ours = drive(tmp_path / "ours", model, trials, **keys)
    assert ours.ended, trials.under_trial
    stock = drive(tmp_path / "stock", None, rate_hz=RATE_HZ, rounds=100)
    assert_the_car_came_first(ours, stock)
    swap.back()
    assert_no_record_points_to_a_torn_picture(ours, model, other_model, first=200)


def test_whatever_raises_before_the_drive_the_car_drives(
    phases: Phases, model: Path, tmp_path: Path
) -> None:
    assert len(phases.start) > 100
    stopped, never_raised = [], []
    for number, (name, functions) in enumerate(phases.start.items()):
        with Raising(functions, ERRORS[number % len(ERRORS)]) as raising:
            forget_what_was_computed()
            ours = drive(tmp_path / str(number), model, rate_hz=1000, rounds=3)
        if not (ours.ended and len(ours.records()) == 3):
            stopped.append(name)
        if not raising.count:
            never_raised.append(name)
    assert stopped == []
    assert never_raised == []


@pytest.mark.parametrize("error", ERRORS)
def test_whatever_raises_at_the_end_the_tub_is_closed(
    error: type[BaseException], phases: Phases, model: Path, tmp_path: Path
) -> None:
    assert len(phases.end) > 3
    left_open = []
    for number, (name, functions) in enumerate(phases.end.items()):
        raising = Raising(functions, error)

        def script(_: object, raising: Raising = raising) -> Iterator[None]:
            yield from rounds(4)
            raising.__enter__()

        try:
            ours = drive(tmp_path / str(number), model, script)
        finally:
            raising.__exit__()
        sessions = Tub(str(ours.tub), read_only=True).manifest.manifest_metadata.get("sessions")
        if not (ours.ended and sessions and raising.count):
            left_open.append(name)
    assert left_open == []
