"""What goes wrong in an hour's drive, and what is measured of each round."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawn_frames import draw_frame
from faulted_drives import part_of
from numpy.typing import NDArray

_SAMPLE_EVERY = 50
_SWEEP_EVERY = 500
_KEEP_RECORDS = 1000
_SWAP_EVERY = 200
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
    """Ask the system, so that threads of LiteRT and OpenCV count, too."""
    process = Path("/proc/self")
    pages = int((process / "statm").read_text().split()[1])
    threads, descriptors = (len(list((process / name).iterdir())) for name in ("task", "fd"))
    return Sample(number, pages * _PAGE_MB, threads, descriptors)


class Camera:
    """Draws a course in advance, and is out of order for 20 of 100 rounds, each time otherwise."""

    def __init__(self) -> None:
        """Draw the course."""
        self.course = [draw_frame(number) for number in range(40)]
        self.faults: list[Callable[[NDArray[np.uint8]], Any]] = [
            lambda _: None,
            lambda frame: frame[:, :, 0],
            lambda frame: frame.astype(np.float64),
            lambda frame: frame[::2, ::2],
            np.asfortranarray,
        ]

    def frame_of(self, number: int) -> Any:
        """Return what it gives in a round."""
        frame = self.course[number % len(self.course)]
        block, place = divmod(number, 100)
        return frame if place >= 20 else self.faults[block % len(self.faults)](frame)


class Course:
    """The first part of the vehicle: lets things go wrong, and takes samples."""

    def __init__(self, rounds: int, model: Path, others: list[bytes], tub: Path) -> None:
        """Begin with no round.

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
        if part is None:
            raise RuntimeError("expected a vehicle with our part, it drives without")
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
