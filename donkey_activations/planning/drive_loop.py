"""How fast a car's loop can go round on this machine, with mosaics and without.

Nothing is modelled: the parts of a drive that cost time run one after the other as in a car, as
fast as they can: Donkeycar's scaling of the frame, the pilot, our part with its worker beside the
loop, and Donkeycar's tub. What else a car has (camera, web page, controller) is not in it.
"""

import contextlib
import io
import logging
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.drive.part import CnnActivations
from donkey_activations.planning.latency import Latency, Network

Frame = NDArray[np.uint8]

_TUB_INPUTS = ["cam/image_array", "user/angle", "user/throttle", "user/mode"]
_TUB_TYPES = ["image_array", "float", "float", "str"]
_CONTROLS = {"user/angle": 0.1, "user/throttle": 0.3, "user/mode": "local"}

_MEASURED_S = 3.0
# So that a hundredth of them is at least one, and a slow board comes to an end.
_FEWEST_ROUNDS, _MOST_ROUNDS = 100, 1000
_WARM_UP_ROUNDS = 10
_TURNS = 4


@dataclass(frozen=True)
class LoopTimes:
    """What one drive came to.

    Attributes:
        round: How long a round takes.
        mosaics_due: Rounds whose frame was to become a mosaic; 0 without our part.
        mosaics_made: Of these, the mosaics that were drawn and written; the worker was busy with
            another one at the rest.
    """

    round: Latency
    mosaics_due: int = 0
    mosaics_made: int = 0

    @property
    def rate_hz(self) -> float:
        """Rounds in a second that half of the rounds allow."""
        return 1000.0 / self.round.median_ms

    def holds(self, rate_hz: float) -> bool:
        """Return whether 99 of 100 rounds fit into the period of a rate in hertz."""
        return self.round.p99_ms <= 1000.0 / rate_hz

    def nearly_holds(self, rate_hz: float) -> bool:
        """Return whether half of the rounds fit into the period of a rate in hertz."""
        return self.round.median_ms <= 1000.0 / rate_hz


class TrialDrive:
    """Drives of one pilot at one resolution."""

    def __init__(self, tflite: bytes, frames: Sequence[Frame], threads: int) -> None:
        """Open the pilot.

        Args:
            tflite: The pilot, or its convolutional part, at the frames' size.
            frames: uint8 ``(height, width, 3)`` RGB each, one or more, which the camera gives in
                turn.
            threads: Threads that the pilot and the mosaics' network may use, 1 or more.

        Raises:
            ModelError: The pilot cannot be run.
        """
        self._tflite = tflite
        self._frames = frames
        self._threads = threads
        self._network = Network(tflite, threads)

    def with_mosaics(self, every_n_frames: int) -> LoopTimes:
        """Drive with our part, as the car would have it.

        Args:
            every_n_frames: Period in frames of the mosaics.

        Raises:
            ActivationsError: The part cannot be made.
        """
        with self._car(every_n_frames) as car:
            car.go(1.0)
        return car.told()

    def without_and_with_mosaics(self, every_n_frames: int) -> tuple[LoopTimes, LoopTimes]:
        """Drive without our part and with it, in turns: what else the machine does meets both.

        Args:
            every_n_frames: Period in frames of the mosaics.

        Raises:
            ActivationsError: The part cannot be made.
        """
        with self._car(None) as without, self._car(every_n_frames) as with_mosaics:
            for _ in range(_TURNS):
                without.go(1 / _TURNS)
                with_mosaics.go(1 / _TURNS)
        return without.told(), with_mosaics.told()

    @contextlib.contextmanager
    def _car(self, every_n_frames: int | None) -> Iterator["_Car"]:
        with _quiet(), _folder() as folder, _tub(folder) as tub:
            car = _Car(self._network, cycle(self._frames), tub)
            if every_n_frames is not None:
                model = folder / "pilot.tflite"
                model.write_bytes(self._tflite)
                car.part = CnnActivations(
                    model, tub, every_n_frames=every_n_frames, threads=self._threads
                )
            with _worker_of(car.part):
                car.warm_up()
                yield car


@dataclass
class _Car:
    """What goes round in a drive, and how long each measured round took, in seconds."""

    network: Network
    camera: Iterator[Frame]
    tub: Any
    part: CnnActivations | None = None
    times: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        for frame in islice(self.camera, _WARM_UP_ROUNDS):
            self._round(frame)

    def go(self, share: float) -> None:
        """Drive a share of what is to be measured in all."""
        count = len(self.times)
        started = before = time.perf_counter()
        for frame in islice(self.camera, round(_MOST_ROUNDS * share)):
            enough = len(self.times) - count >= _FEWEST_ROUNDS * share
            if enough and before - started >= _MEASURED_S * share:
                break
            self._round(frame)
            now = time.perf_counter()
            self.times.append(now - before)
            before = now

    def told(self) -> LoopTimes:
        """Return what came of it, once the worker is at its end."""
        part = self.part
        if part is None:
            return LoopTimes(Latency.of(self.times))
        due = part.made + part.skipped + part.failed
        return LoopTimes(Latency.of(self.times), due, part.made)

    def _round(self, frame: Frame) -> None:
        from donkeycar.utils import normalize_image

        shape = self.network.image_shape
        seen = frame[:, :, : shape[-1]]
        # A sequence pilot's frames are the same size all, so one stands for each of them.
        self.network.see(np.broadcast_to(normalize_image(seen), shape))
        reference = ""
        if self.part is not None:
            reference, _ = self.part.run_threaded(seen, True, True, 0.1, 0.3)
        record = {**_CONTROLS, "cam/image_array": frame, "cnn/activations": reference}
        self.tub.write_record(record)


@contextlib.contextmanager
def _worker_of(part: CnnActivations | None) -> Iterator[None]:
    if part is None:
        yield
        return
    worker = threading.Thread(target=part.update, daemon=True)
    worker.start()
    try:
        yield
    finally:
        part.shutdown()
        worker.join()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Donkeycar tells of every tub that it opens and closes; these are nobody's."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="donkey-activations-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _tub(folder: Path) -> Iterator[Any]:
    # Donkeycar greets when it is imported.
    with contextlib.redirect_stdout(io.StringIO()):
        from donkeycar.parts.tub_v2 import Tub

    tub = Tub(str(folder / "tub"), _TUB_INPUTS, _TUB_TYPES)
    try:
        yield tub
    finally:
        tub.close()
