"""The Donkeycar part: hands frames over to a worker, and returns at once."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from donkey_activations.car.settings import DriveConfig
from donkey_activations.car.transformations import Transformations
from donkey_activations.drive.given import Eye, Given, GivenFrames
from donkey_activations.drive.opening import drive_options, open_worker
from donkey_activations.drive.recording_pilot import RecordingPilot
from donkey_activations.drive.source import FrameSource
from donkey_activations.drive.worker import Job
from donkey_activations.mosaic.controls import CONTROL_CHANNELS, known_controls
from donkey_activations.mosaic.layout import Layout

logger = logging.getLogger(__name__)

NO_MOSAIC = ""

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
        settings: DriveConfig | None = None,
        layout: Layout | None = None,
        transformations: Transformations | None = None,
        transformation_names: Sequence[str] = (),
        driver: Any = None,
        source: FrameSource | None = None,
        **changes: Any,
    ) -> None:
        """Open the pilot and, with a tub, the folder of its mosaics.

        Args:
            model_path: The pilot's file.
            tub: Donkeycar's opened ``Tub`` to record into, or None.
            settings: What the driver has set; None are the defaults. The records whose ``_index``
                ``every_n_frames`` divides get a mosaic; while nothing is recorded and ``show`` is
                set, every Nth round of the loop does.
            layout: The look; None is the one that the settings name.
            transformations: What is to be done here to a frame before the pilot sees it, or None.
            transformation_names: Names of all that is done to it, here or by the car.
            driver: Donkeycar's own part of the same pilot, if that drives. The frames that a
                sequence pilot keeps are taken from it; without it, the part keeps its own.
            source: Where the frames come from; None is the camera, of which the tub records all.
            changes: Single settings by their names, such as ``every_n_frames=1``.

        Raises:
            ModelError: The pilot cannot be opened.
            LayoutError: The layout does not fit the pilot.
            TubError: Mosaics cannot be written into the tub.
            ActivationsError: OpenCV is missing.
            TypeError: There is no setting of such a name.
        """
        options = drive_options(
            model_path,
            tub,
            replace(settings or DriveConfig(), **changes),
            layout=layout,
            transformations=transformations,
            transformation_names=transformation_names,
            source=source,
        )
        self._worker = open_worker(options, tub)
        self._every_n_frames = options.pilot.settings.every_n_frames
        self._show = options.pilot.settings.show
        self._tub = tub
        self._driver = driver
        self._given = GivenFrames(self._worker, options.source)
        self._has_eyes = False
        self._rounds = 0
        self._has_worker = True
        self.skipped = 0

    @property
    def pilot(self) -> RecordingPilot:
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

    def eyes(self) -> tuple[Eye, Eye]:
        """Return the parts for the places right before and right after the pilot.

        From here on, mosaics are of what the first of them is given: the pilot's own arguments and
        behind them what the tub would record. The second is for rounds in which the pilot has run.
        """
        self._has_eyes = True
        return self._given.eyes(self._may_be_due, self._driver)

    def run_threaded(
        self, frame: Any, recording: Any = False, pilot_runs: Any = False, *channels: Any
    ) -> tuple[str, Any]:
        """Hand a frame over, if it is its turn and the worker is free.

        Args:
            frame: What the camera gave in this round: an array of ``input_shape``, or None. Not
                drawn where there are ``eyes()``.
            recording: Whether the tub writes a record in this round.
            pilot_runs: Whether the pilot part has run in this round.
            channels: What ``CONTROL_CHANNELS`` hold, and behind them the picture that the tub is
                about to record; or less of that.

        Returns:
            The record's reference to its mosaic or ``""``, and the newest picture.
        """
        picture = next(iter(channels[len(CONTROL_CHANNELS) :]), frame)
        try:
            if not self._has_eyes:
                self._given.take([frame], frame, is_due=self._may_be_due())
                if pilot_runs:
                    self._given.take_kept(self._driver)
            reference = self._hand_over(picture, bool(recording), channels)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a part that raises stops the car
            self._worker.say_once("mosaics fail", error)
            reference = NO_MOSAIC
        fresh = time.monotonic() - self._worker.drawn_s < _STALE_S
        return reference, self._worker.mosaic if fresh else picture

    def run(
        self, frame: Any, recording: Any = False, pilot_runs: Any = False, *channels: Any
    ) -> tuple[str, Any]:
        """Do the same without a worker: return when the mosaic is drawn and written."""
        reference, _ = self.run_threaded(frame, recording, pilot_runs, *channels)
        self._worker.work_once()
        return reference, frame if self._worker.mosaic is None else self._worker.mosaic

    def update(self) -> None:
        """Run the worker: network, drawing and writing, until ``shutdown()``."""
        self._worker.work_until_stopped()

    def go_without(self, reason: Exception) -> None:
        """Draw nothing in this drive, because there will be no worker."""
        self._has_worker = False
        self._worker.say_once("no mosaics, the car drives without", reason)

    def shutdown(self) -> None:
        """Wait a bounded time for the frames handed over, and log the result of the drive."""
        try:
            if not self._worker.stop(_FLUSH_S):
                logger.warning(
                    "mosaics: the last frames took over %.0f s and are left out", _FLUSH_S
                )
            logger.info(
                "mosaics: %d made, %d skipped (worker busy), %d failed, worst latency %.0f ms",
                self.made,
                self.skipped,
                self.failed,
                self.worst_latency_ms,
            )
        except KeyboardInterrupt:
            # A second Ctrl-C ends our wait; let through, it would leave the tub behind us open.
            logger.warning("mosaics: the last frames are left out")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the parts behind us come next
            self._worker.say_once("mosaics ended badly", error)

    def _may_be_due(self) -> bool:
        """Return whether this round can get a mosaic; whether it is recorded may yet be decided."""
        if not self._has_worker:
            return False
        is_due = self._show and (self._rounds + 1) % self._every_n_frames == 0
        return is_due or (
            self._worker.pilot.recorder is not None
            and int(self._tub.manifest.current_index) % self._every_n_frames == 0
        )

    def _hand_over(self, picture: Any, recording: bool, channels: tuple[Any, ...]) -> str:
        self._rounds += 1
        given = self._given.claim()
        if given is None:
            return NO_MOSAIC
        job = None
        try:
            job = self._job(given, picture, recording, channels)
        finally:
            if job is None:
                self._given.put_back(given)
        if job is None:
            return NO_MOSAIC
        self._worker.hand_over(job)
        recorder = given.pilot.recorder
        if job.index is None or recorder is None:
            return NO_MOSAIC
        return recorder.reference(job.index, job.channel)

    def _job(
        self, given: Given, picture: Any, recording: bool, channels: tuple[Any, ...]
    ) -> Job | None:
        """Return what the worker has to do; None where this round gets no mosaic."""
        recorder = given.pilot.recorder if recording else None
        count = self._rounds if recorder is None else int(self._tub.manifest.current_index)
        if count % self._every_n_frames:
            return None
        if recorder is not None and not recorder.has_room:
            recorder.look_for_room()
            recorder = recorder if recorder.has_room else None
        if recorder is None and not self._show:
            return None
        if given.why_unfit:
            self._worker.say_once(given.why_unfit)
            return None
        if given.frames is None:
            self.skipped += 1
            return None
        channel = self._given.source.given(given.channel)
        if recorder is not None and self._has_eyes and not given.is_recorded(picture):
            channel = given.channel
        controls = known_controls(dict(zip(CONTROL_CHANNELS, channels, strict=False)))
        index = None if recorder is None else count
        return Job(given.pilot, given.frames, controls, index, time.monotonic(), channel)
