"""The Donkeycar part: hands frames over to a worker, and returns at once."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from donkey_activations.drive.history import FrameHistory, kept_by
from donkey_activations.drive.pilot import OpenPilot, PilotOptions
from donkey_activations.drive.pilot_watch import PilotWatch
from donkey_activations.drive.recorder import tub_folder
from donkey_activations.drive.worker import Job, MosaicWorker
from donkey_activations.mosaic.controls import CHANNELS, Controls, known_controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.transformations import Transformations
from donkey_activations.tubs.mosaics import remove_left_overs

logger = logging.getLogger(__name__)

NO_MOSAIC = ""

CONTROL_CHANNELS = tuple(channel for channels in CHANNELS.values() for channel in channels)

_FLUSH_S = 2.0
# A page that shows a picture older than this would show a driver a road that is gone.
_STALE_S = 1.0


class CnnActivations:
    """Draws mosaics of the pilot's feature maps while the car drives.

    Inputs of the part: the camera's channel, the channel that says whether the tub records, the
    one that says whether the pilot runs in this round, and ``CONTROL_CHANNELS``.
    Outputs: ``cnn/activations``, the reference for the record about to be written (a str, ``""``
    for none), and ``cnn/mosaic``, the newest picture (the camera's frame while there is none).

    Add it with ``threaded=True``, behind the pilot and right before the ``TubWriter``, as
    ``register()`` does. When the pilot's file is replaced, the mosaics become the new pilot's.
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
        trust_model: bool = False,
        transformations: Transformations | None = None,
        transformation_names: Sequence[str] = (),
        driver: Any = None,
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
            trust_model: Open a Keras file even if that runs code stored in it.
            transformations: What is to be done here to a frame before the pilot sees it, or None.
            transformation_names: Names of all that is done to it, here or by the car.
            driver: Donkeycar's own part of the same pilot, if that drives. The frames that a
                sequence pilot keeps are taken from it; without it, the part keeps its own.

        Raises:
            ModelError: The pilot cannot be opened.
            LayoutError: The layout does not fit the pilot.
            TubError: Mosaics cannot be written into the tub.
            ActivationsError: OpenCV is missing.
        """
        options = PilotOptions(
            model_path=Path(model_path).expanduser(),
            layers=layers,
            layout=layout or Layout(),
            threads=threads,
            trust_model=trust_model,
            transformations=transformations,
            transformation_names=transformation_names,
            tub_path=None if tub is None else tub_folder(tub),
            jpeg_quality=jpeg_quality,
        )
        watch = PilotWatch(options)
        self._worker = MosaicWorker(options.open(), watch)
        tub_path = options.tub_path
        if tub_path and (removed := remove_left_overs(tub_path, tub.manifest.current_index)):
            logger.info("mosaics: removed %d files that a crash has left", removed)
        self._every_n_frames = every_n_frames
        self._show = show
        self._tub = tub
        self._driver = driver
        self._history = FrameHistory(1)
        self._rounds = 0
        self._has_worker = True
        self.skipped = 0

    @property
    def pilot(self) -> OpenPilot:
        """The newest content of the pilot's file."""
        return self._worker.pilot

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(height, width, channels)`` in pixels of the frames that the pilot takes."""
        return self._worker.pilot.extractor.input_shape

    @property
    def made(self) -> int:
        """Number of mosaics drawn, and written where the tub recorded."""
        return self._worker.made

    @property
    def failed(self) -> int:
        """Number of mosaics that failed."""
        return self._worker.failed

    @property
    def worst_latency_ms(self) -> float:
        """Longest time in milliseconds from a frame to its finished mosaic."""
        return self._worker.worst_latency_ms

    def run_threaded(
        self, frame: Any, recording: Any = False, pilot_runs: Any = False, *controls: Any
    ) -> tuple[str, Any]:
        """Hands a frame over, if it is its turn and the worker is free.

        Args:
            frame: What the camera gave in this round: an array of ``input_shape``, or None.
            recording: Whether the tub writes a record in this round.
            pilot_runs: Whether the pilot part has run in this round.
            controls: What ``CONTROL_CHANNELS`` hold, or nothing.

        Returns:
            The record's reference to its mosaic or ``""``, and the newest picture.
        """
        try:
            reference = self._hand_over(frame, bool(recording), bool(pilot_runs), controls)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a part that raises stops the car
            self._worker.say_once("mosaics fail", error)
            reference = NO_MOSAIC
        fresh = time.monotonic() - self._worker.drawn_s < _STALE_S
        return reference, self._worker.mosaic if fresh else frame

    def run(
        self, frame: Any, recording: Any = False, pilot_runs: Any = False, *controls: Any
    ) -> tuple[str, Any]:
        """Does the same without a worker: returns when the mosaic is drawn and written."""
        reference, _ = self.run_threaded(frame, recording, pilot_runs, *controls)
        self._worker.work_once()
        return reference, frame if self._worker.mosaic is None else self._worker.mosaic

    def update(self) -> None:
        """The worker: runs the network, draws and writes until ``shutdown()``."""
        self._worker.work_until_stopped()

    def go_without(self, reason: Exception) -> None:
        """Draws nothing in this drive, because there will be no worker."""
        self._has_worker = False
        self._worker.say_once("no mosaics, the car drives without", reason)

    def shutdown(self) -> None:
        """Waits a bounded time for the frames handed over, and logs what became of the drive."""
        try:
            if not self._worker.stop(_FLUSH_S):
                logger.warning(
                    "mosaics: the last frames took over %.0f s and are left out", _FLUSH_S
                )
            self._sum_up()
        except KeyboardInterrupt:
            # A second Ctrl-C ends our wait; let through, it would leave the tub behind us open.
            logger.warning("mosaics: the last frames are left out")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the parts behind us come next
            self._worker.say_once("mosaics ended badly", error)

    def _sum_up(self) -> None:
        logger.info(
            "mosaics: %d made, %d skipped (worker busy), %d failed, worst latency %.0f ms",
            self.made,
            self.skipped,
            self.failed,
            self.worst_latency_ms,
        )

    def _hand_over(
        self, frame: Any, recording: bool, pilot_runs: bool, controls: tuple[Any, ...]
    ) -> str:
        # Read once: the worker may put a new pilot there at any moment.
        pilot = self._worker.pilot
        if pilot.extractor.sequence_length > 1:
            self._remember(pilot, frame)
        self._rounds += 1
        recorder = pilot.recorder if recording else None
        count = self._rounds if recorder is None else int(self._tub.manifest.current_index)
        if count % self._every_n_frames or frame is None or not self._has_worker:
            return NO_MOSAIC
        if recorder is not None and not recorder.has_room:
            recorder.look_for_room()
            recorder = recorder if recorder.has_room else None
        if recorder is None and not self._show:
            return NO_MOSAIC
        driver = self._driver if pilot_runs else None
        index = None if recorder is None else count
        known = known_controls(dict(zip(CONTROL_CHANNELS, controls, strict=False)))
        if not self._ask_for_mosaic(pilot, frame, driver, known, index):
            return NO_MOSAIC
        return NO_MOSAIC if recorder is None else recorder.reference(count)

    def _ask_for_mosaic(
        self,
        pilot: OpenPilot,
        frame: Any,
        driver: Any,
        controls: dict[str, Controls],
        index: int | None,
    ) -> bool:
        """Gives the worker a copy of all that the mosaic needs, because cameras reuse their memory.

        Casts, too, because the tub does the same. False, if the frame does not fit or the worker is
        busy.
        """
        shape = pilot.shape_to_keep(np.shape(frame))
        if shape is None:
            self._worker.say_once(pilot.why_unfit(np.shape(frame)))
            return False
        length, input_shape = pilot.extractor.sequence_length, pilot.extractor.input_shape
        kept = kept_by(driver if length > 1 else None, length, input_shape)
        frames = self._worker.free_buffer((length, *(shape if kept is None else input_shape)))
        if frames is None:
            self.skipped += 1
            return False
        try:
            if kept is not None:
                for place, one in zip(frames, kept, strict=True):
                    np.copyto(place, np.reshape(one, place.shape), casting="unsafe")
            elif length > 1:
                self._history.copy_to(frames)
            else:
                np.copyto(frames[0], np.reshape(frame, shape), casting="unsafe")
            self._worker.hand_over(Job(pilot, frames, controls, index, time.monotonic()))
        except (Exception, SystemExit):
            # The worker gives back only what it has got, and without buffers it would starve.
            self._worker.give_back(frames)
            raise
        return True

    def _remember(self, pilot: OpenPilot, frame: Any) -> None:
        """Goes on in every round, so that the history is whole when it is needed."""
        if self._history.length != pilot.extractor.sequence_length:
            self._history = FrameHistory(pilot.extractor.sequence_length)
        shape = None if frame is None else pilot.shape_to_keep(np.shape(frame))
        if shape is not None:
            self._history.append(frame, shape)
