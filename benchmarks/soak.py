"""An hour of driving at 20 Hz, in minutes: does anything of ours grow, leak or slow down?

    python benchmarks/soak.py --rounds 72000

One real Donkeycar vehicle records every round with our part on every frame, while the pilot's file
is replaced again and again (by another one, or by a torn one), the camera gives nothing, or frames
of another shape or type, and the folder of the mosaics goes away for a while. It exits with 1 if
what is printed below the table does not hold.

What would hide the part's own figures is kept out: Donkeycar's profiler, which keeps a number a
part and round, is emptied now and then, and so are the folders of images and mosaics. The part
looks for a new pilot as often in a round as it does at 20 Hz. Memory counts from the first tenth
on: before, with some twenty pilots opened, the allocator finds its size.
"""

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar greets on import
    from faulted_drives import make_vehicle, part_of

from donkeycar.parts.tub_v2 import Tub
from drawn_frames import draw_frame
from stock_pilot import build_stock_pilot

from donkey_activations.drive import pilot_watch

PARTS = 10
MOST_GROWTH_MB = 5.0
# Of the median time in our part: the machine has other things to do, too.
MOST_SLOWDOWN, LEAST_SLOWDOWN_US = 1.25, 20.0

# As fast as it goes and leaves the worker its share.
_RATE_HZ = 250
_SAMPLE_EVERY = 50
_SWEEP_EVERY = 500
_KEEP_RECORDS = 1000
_SWAP_EVERY = 200
_LOOK_EVERY_S = pilot_watch.LOOK_EVERY_S * 20 / _RATE_HZ
# Where a tenth is shorter, it tells nothing of memory or of time on a machine with more to do.
_LEAST_TENTH = 5000
_LOSE_EVERY, _LOST_FOR = 2000, 100
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Sample:
    """What the process holds in a round; memory in MB."""

    number: int
    memory_mb: float
    threads: int
    descriptors: int


def take_sample(number: int) -> Sample:
    """Asks the system, so that threads of LiteRT and OpenCV count, too."""
    process = Path("/proc/self")
    pages = int((process / "statm").read_text().split()[1])
    threads, descriptors = (len(list((process / name).iterdir())) for name in ("task", "fd"))
    return Sample(number, pages * _PAGE_MB, threads, descriptors)


class Camera:
    """Draws a course in advance, and is out of order for 20 of 100 rounds, each time otherwise."""

    def __init__(self) -> None:
        """Draws the course."""
        self.course = [draw_frame(number) for number in range(40)]
        self.faults: list[Callable[[NDArray[np.uint8]], Any]] = [
            lambda _: None,
            lambda frame: frame[:, :, 0],
            lambda frame: frame.astype(np.float64),
            lambda frame: frame[::2, ::2],
            np.asfortranarray,
        ]

    def frame_of(self, number: int) -> Any:
        """What it gives in a round."""
        frame = self.course[number % len(self.course)]
        block, place = divmod(number, 100)
        return frame if place >= 20 else self.faults[block % len(self.faults)](frame)


class Course:
    """The first part of the vehicle: lets things go wrong, and takes samples."""

    def __init__(self, rounds: int, model: Path, others: list[bytes], tub: Path) -> None:
        """Begins with no round.

        Args:
            rounds: How many there will be.
            model: The pilot's file.
            others: What takes its place in turn.
            tub: The tub's folder.
        """
        self.rounds, self.model, self.others, self.tub = rounds, model, others, tub
        self.number = -1
        self.vehicle: Any = None
        self.in_part_s = np.zeros(rounds)
        self.counts = np.zeros((rounds, 4), np.int64)
        self.samples: list[Sample] = []
        self.pilot: Any = None
        self.pilots = 0
        self.swept = 0

    def run(self) -> None:
        """One round."""
        self.number += 1
        part = part_of(self.vehicle)
        if self.number == 0:
            self._time(part)
        self.pilots += self.pilot is not part._worker.pilot
        self.pilot = part._worker.pilot
        self.counts[self.number] = part.made, part.skipped, part.failed, self.pilots
        if self.number % _SWAP_EVERY == _SWAP_EVERY - 1:
            turn = self.number // _SWAP_EVERY
            self.model.write_bytes(self.others[turn % len(self.others)])
        self._lose_folder(self.number % _LOSE_EVERY)
        if self.number % _SWEEP_EVERY == _SWEEP_EVERY - 1:
            self._sweep()
        if self.number % _SAMPLE_EVERY == 0:
            self.samples.append(take_sample(self.number))

    def _time(self, part: Any) -> None:
        run_threaded = part.run_threaded

        def timed(*inputs: Any) -> Any:
            begin_s = time.perf_counter()
            outputs = run_threaded(*inputs)
            self.in_part_s[self.number] = time.perf_counter() - begin_s
            return outputs

        part.run_threaded = timed

    def _lose_folder(self, place: int) -> None:
        pictures, elsewhere = self.tub / "activations", self.tub / "elsewhere"
        if place == _LOSE_EVERY - _LOST_FOR:
            pictures.rename(elsewhere)
        # A pilot that was replaced meanwhile has made a folder of its own.
        if place == 0 and elsewhere.exists():
            _merge(elsewhere, pictures)

    def _sweep(self) -> None:
        for record in self.vehicle.profiler.records.values():
            del record["times"][:-1]
        for index in range(self.swept, max(0, self.number - _KEEP_RECORDS)):
            (self.tub / "images" / f"{index}_cam_image_array_.jpg").unlink(missing_ok=True)
            for mosaics in self.tub.glob("activations/*"):
                (mosaics / f"{index}.jpg").unlink(missing_ok=True)
            self.swept = index


def _merge(folder: Path, into: Path) -> None:
    for one in folder.iterdir():
        target = into / one.name
        if one.is_dir() and target.is_dir():
            _merge(one, target)
        else:
            into.mkdir(exist_ok=True)
            one.replace(target)
    folder.rmdir()


@dataclass(frozen=True)
class Soaked:
    """What was measured: by tenths of the drive, save the samples around it."""

    course: Course
    before: Sample
    after: Sample
    seconds: float

    def tenth(self, number: int) -> slice:
        """The rounds of a tenth."""
        bounds = np.linspace(0, self.course.rounds, PARTS + 1).astype(int)
        return slice(bounds[number], bounds[number + 1])

    def samples(self, number: int) -> list[Sample]:
        """Those taken in a tenth."""
        rounds = self.tenth(number)
        return [one for one in self.course.samples if rounds.start <= one.number < rounds.stop]

    def median_us(self, number: int) -> float:
        """Time in our part in the loop's thread."""
        return float(np.median(self.course.in_part_s[self.tenth(number)]) * 1e6)

    def peak_mb(self, number: int) -> float:
        """Most memory in a tenth."""
        return max(one.memory_mb for one in self.samples(number))


def soak(rounds: int, pilots: Path, folder: Path) -> Soaked:
    """Drives once.

    Args:
        rounds: How many.
        pilots: A folder that has the pilots, or gets them.
        folder: For the car, with room for a thousand records.
    """
    one, other = (build_stock_pilot(pilots, kind=kind).tflite for kind in ("linear", "categorical"))
    model, tub = folder / "mypilot.tflite", folder / "tub"
    contents = [one.read_bytes(), other.read_bytes()]
    model.write_bytes(contents[0])
    torn = contents[0][:100_000]
    course = Course(rounds, model, [contents[1], contents[0], torn, contents[1]], tub)
    pilot_watch.LOOK_EVERY_S = _LOOK_EVERY_S
    before = take_sample(-1)
    vehicle = make_vehicle(
        tub, model, Camera().frame_of, course, ACTIVATIONS_SHOW=True, ACTIVATIONS_EVERY_N_FRAMES=1
    )
    course.vehicle = vehicle
    begin_s = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar's profile
        ended = vehicle.start(rate_hz=_RATE_HZ, max_loop_count=rounds)
    if ended is None or ended[0] != rounds:
        raise RuntimeError(f"the vehicle stopped in round {course.number} of {rounds}")
    return Soaked(course, before, take_sample(rounds), time.perf_counter() - begin_s)


def table(soaked: Soaked) -> str:
    """Returns one line a tenth."""
    lines = [
        "                     process              in the part          mosaics          pilots",
        "  to round   memory  threads  files    median       p99    made  skipped  failed  opened",
        "                 MB                        us        us",
    ]
    for number in range(PARTS):
        rounds = soaked.tenth(number)
        last = soaked.samples(number)[-1]
        p99_us = np.percentile(soaked.course.in_part_s[rounds], 99) * 1e6
        counts = soaked.course.counts[rounds.stop - 1] - soaked.course.counts[rounds.start]
        lines.append(
            f"{rounds.stop:10} {soaked.peak_mb(number):8.1f} {last.threads:8} {last.descriptors:6} "
            f"{soaked.median_us(number):9.0f} {p99_us:9.0f} "
            f"{counts[0]:7} {counts[1]:8} {counts[2]:7} {counts[3]:7}"
        )
    return "\n".join(lines)


def verdicts(soaked: Soaked, records: int) -> list[tuple[bool, str]]:
    """Returns what is asked for, and whether it holds."""
    peaks = [soaked.peak_mb(number) for number in range(1, PARTS)]
    growth_mb = max(peaks) - peaks[0]
    settled, last = soaked.samples(1)[0], soaked.samples(PARTS - 1)[-1]
    first_us, last_us = soaked.median_us(0), soaked.median_us(PARTS - 1)
    most_us = max(first_us * MOST_SLOWDOWN, first_us + LEAST_SLOWDOWN_US)
    failed = int(soaked.course.counts[-1, 2])
    is_long = soaked.course.rounds // PARTS >= _LEAST_TENTH
    short = "" if is_long else " (too short a drive to tell)"
    return [
        (
            growth_mb <= MOST_GROWTH_MB or not is_long,
            f"memory grew by {growth_mb:.1f} MB behind the first tenth, at most {MOST_GROWTH_MB}"
            + short,
        ),
        (
            last.threads <= settled.threads and threading.active_count() == 1,
            f"threads: {settled.threads} behind the first tenth, {last.threads} in the last, "
            f"{threading.active_count()} of Python's behind the drive",
        ),
        (
            last.descriptors <= settled.descriptors
            and soaked.after.descriptors <= soaked.before.descriptors,
            f"open files: {settled.descriptors} behind the first tenth, {last.descriptors} in the "
            f"last; {soaked.before.descriptors} before and {soaked.after.descriptors} behind all",
        ),
        (
            last_us <= most_us or not is_long,
            f"in the part: {first_us:.0f} us in the first tenth, {last_us:.0f} us in the last, "
            f"at most {most_us:.0f} us" + short,
        ),
        (records == soaked.course.rounds, f"{records} records, all that were driven"),
        (
            failed > 0 or not is_long,
            f"{failed} mosaics failed where their folder was gone" + short,
        ),
    ]


def main() -> int:
    """Reads the command line, drives, prints the table and what holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=72_000, help="1000 or more")
    parser.add_argument("--pilots", type=Path, help="folder that keeps the pilots it builds")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        soaked = soak(arguments.rounds, arguments.pilots or folder / "pilots", folder)
        tub = Tub(str(folder / "tub"), read_only=True)
        found = verdicts(soaked, len(tub))
        tub.close()
    print(f"{arguments.rounds} rounds in {soaked.seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(table(soaked))
    for holds, what in found:
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
    return 0 if all(holds for holds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
