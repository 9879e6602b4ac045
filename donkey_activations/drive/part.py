"""The Donkeycar part: hands frames over to a worker, and returns at once."""

import logging
import math
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, get_native_id
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.drive.recorder import MosaicRecorder, tub_folder
from donkey_activations.extractors import open_extractor
from donkey_activations.frames import describe_shape
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic
from donkey_activations.tubs import mosaic_set, remove_left_overs

logger = logging.getLogger(__name__)

NO_MOSAIC = ""

_FLUSH_S = 2.0
# A page that shows a picture older than this would show a driver a road that is gone.
_STALE_S = 1.0
# One frame in work and one that waits: bounded, and the worker never idles between two frames.
_BUFFERS = 2
_WORKER_NICENESS = 10


@dataclass(frozen=True)
class _Job:
    frame: NDArray[np.uint8]
    index: int | None
    handed_over_s: float


class CnnActivations:
    """Draws mosaics of the pilot's feature maps while the car drives.

    Inputs of the part: the camera's channel, and the channel that says whether the tub records.
    Outputs: ``cnn/activations``, the reference for the record about to be written (a str, ``""``
    for none), and ``cnn/mosaic``, the newest picture (the camera's frame while there is none).

    Add it with ``threaded=True``, right before the ``TubWriter``; ``register()`` and
    ``add_activations()`` do that.
    """

    def __init__(
        self,
        model_path: str | Path,
        tub: Any = None,
        *,
        every_n_frames: int = 5,
        layers: Sequence[str] | None = None,
        layout: Layout | None = None,
        show: bool = False,
        jpeg_quality: int = 85,
        threads: int = 1,
    ) -> None:
        """Opens the pilot and, with a tub, the folder of its mosaics.

        Args:
            model_path: The pilot's file.
            tub: Donkeycar's opened ``Tub`` to record into, or None.
            every_n_frames: Period in frames: the records whose ``_index`` it divides get a mosaic;
                while nothing is recorded, every Nth round of the loop.
            layers: Names of the wanted layers; None is every convolution.
            layout: The look; None is the default one.
            show: Draw while nothing is recorded, too.
            jpeg_quality: 1 to 100.
            threads: Threads that the network may use, 1 or more.

        Raises:
            ModelError: The pilot cannot be opened.
            TubError: Mosaics cannot be written into the tub.
            ActivationsError: OpenCV is missing.
        """
        model_path = Path(model_path).expanduser()
        self._extractor = open_extractor(model_path, layers, threads=threads)
        self._layout = layout or Layout()
        self._every_n_frames = every_n_frames
        self._show = show
        self._tub = tub
        self._recorder: MosaicRecorder | None = None
        if tub is not None:
            folder = tub_folder(tub)
            remove_left_overs(folder, tub.manifest.current_index)
            mosaics = mosaic_set(folder, model_path, self._extractor, self._layout)
            self._recorder = MosaicRecorder(mosaics, jpeg_quality)
        self._warm_up()
        self._free: SimpleQueue[NDArray[np.uint8]] = SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(np.zeros(self.input_shape, np.uint8))
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._worker_ended = Event()
        self._worker_ended.set()
        self._mosaic: NDArray[np.uint8] | None = None
        self._drawn_s = -math.inf
        self._rounds = 0
        self._said: set[str] = set()
        self.made = self.skipped = self.failed = 0
        self.worst_latency_ms = 0.0

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(height, width, channels)`` in pixels of the frames that the pilot takes."""
        return self._extractor.input_shape

    def run_threaded(self, frame: Any, recording: Any = False) -> tuple[str, Any]:
        """Hands a frame over, if it is its turn and the worker is free.

        Args:
            frame: What the camera gave in this round: an array of ``input_shape``, or None.
            recording: Whether the tub writes a record in this round.

        Returns:
            The record's reference to its mosaic or ``""``, and the newest picture.
        """
        try:
            reference = self._hand_over(frame, bool(recording))
        except Exception as error:  # noqa: BLE001 - a part that raises stops the car
            self._say_once(f"mosaics fail: {error!r}")
            reference = NO_MOSAIC
        fresh = time.monotonic() - self._drawn_s < _STALE_S
        return reference, self._mosaic if fresh else frame

    def run(self, frame: Any, recording: Any = False) -> tuple[str, Any]:
        """Does the same without a worker: returns when the mosaic is drawn and written."""
        reference, _ = self.run_threaded(frame, recording)
        with suppress(Empty):
            self._work(self._waiting.get_nowait())
        return reference, frame if self._mosaic is None else self._mosaic

    def update(self) -> None:
        """The worker: runs the network, draws and writes until ``shutdown()``."""
        self._worker_ended.clear()
        _yield_to_the_loop()
        try:
            while (job := self._waiting.get()) is not None:
                self._work(job)
        finally:
            self._worker_ended.set()

    def shutdown(self) -> None:
        """Waits a bounded time for the frames handed over, and logs what became of the drive."""
        self._waiting.put(None)
        if not self._worker_ended.wait(_FLUSH_S):
            logger.warning("mosaics: the last frames took over %.0f s and are left out", _FLUSH_S)
        logger.info(
            "mosaics: %d made, %d skipped (worker busy), %d failed, worst latency %.0f ms",
            self.made,
            self.skipped,
            self.failed,
            self.worst_latency_ms,
        )

    def _warm_up(self) -> None:
        """Draws one black frame: the first run is slow, and what cannot work fails here."""
        black = np.zeros(self.input_shape, np.uint8)
        render_mosaic(black, self._extractor.layers, self._extractor(black), self._layout)

    def _hand_over(self, frame: Any, recording: bool) -> str:
        self._rounds += 1
        recorder = self._recorder if recording else None
        count = self._rounds if recorder is None else int(self._tub.manifest.current_index)
        if count % self._every_n_frames or frame is None:
            return NO_MOSAIC
        if recorder is not None and not recorder.has_room:
            recorder.look_for_room()
            recorder = recorder if recorder.has_room else None
        if (recorder is None and not self._show) or not self._fits(frame):
            return NO_MOSAIC
        try:
            buffer = self._free.get_nowait()
        except Empty:
            self.skipped += 1
            return NO_MOSAIC
        # A copy, because cameras reuse their memory; a cast, because the tub does the same one.
        np.copyto(buffer, np.reshape(frame, buffer.shape), casting="unsafe")
        index = None if recorder is None else count
        self._waiting.put(_Job(buffer, index, time.monotonic()))
        return NO_MOSAIC if recorder is None else recorder.mosaics.reference(count)

    def _fits(self, frame: Any) -> bool:
        height, width, channels = self.input_shape
        shape = np.shape(frame)
        if shape == (height, width, channels) or (channels == 1 and shape == (height, width)):
            return True
        self._say_once(
            f"no mosaics: the pilot takes {describe_shape(self.input_shape)}, "
            f"the camera gives {describe_shape(shape)}; set IMAGE_W = {width}, IMAGE_H = {height} "
            f"and IMAGE_DEPTH = {channels}, or train the pilot again at the camera's size"
        )
        return False

    def _work(self, job: _Job | None) -> None:
        if job is None:
            return
        try:
            maps = self._extractor(job.frame)
            picture = render_mosaic(job.frame, self._extractor.layers, maps, self._layout)
            if job.index is not None and self._recorder is not None:
                self._recorder.write(job.index, picture)
                self._recorder.look_for_room()
            self._mosaic, self._drawn_s = picture, time.monotonic()
            self.made += 1
            latency_ms = (self._drawn_s - job.handed_over_s) * 1000.0
            self.worst_latency_ms = max(self.worst_latency_ms, latency_ms)
        except Exception as error:  # noqa: BLE001 - the worker lives on, whatever one frame does
            self.failed += 1
            self._say_once(f"a mosaic failed, the drive goes on: {error!r}")
        finally:
            self._free.put(job.frame)

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            logger.error("activations: %s", message)


def _yield_to_the_loop() -> None:
    """Gives the calling thread the processor's leftovers, where the system can tell threads apart.

    On a board with all cores busy, the drive loop would otherwise share them evenly with us.
    """
    if sys.platform == "linux":
        thread = get_native_id()
        with suppress(OSError):
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + _WORKER_NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
