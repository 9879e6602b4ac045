"""Copies of what the pilot is given, taken at the moment at which it takes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.drive.recording_pilot import RecordingPilot
from donkey_activations.drive.source import FrameSource
from donkey_activations.drive.worker import MosaicWorker
from donkey_activations.pilots.history import FrameHistory, kept_by


@dataclass
class Given:
    """What the pilot was given in a round.

    Attributes:
        pilot: The pilot that was the newest then.
        channel: Where the frame came from.
        frames: uint8 ``(sequence_length, ...)``, a buffer of the worker's; None where it had none
            that was free, or the frame does not fit.
        why_unfit: Why no mosaic can be drawn, or ``""``.
        recorded: What the tub would have recorded at that moment, or None where it is the frame.
    """

    pilot: RecordingPilot
    channel: str
    frames: NDArray[np.uint8] | None = None
    why_unfit: str = ""
    recorded: NDArray[np.uint8] | None = None

    def is_recorded(self, picture: Any) -> bool:
        """Return whether what the tub records is still what the pilot's frame was made of.

        Args:
            picture: What the tub is about to record.
        """
        before = self.recorded
        if before is None and self.frames is not None:
            before = self.frames[-1]
        if before is None or picture is None:
            return False
        # Cast, because the tub does the same.
        now = np.asarray(picture).astype(np.uint8, copy=False)
        return now.tobytes() == before.tobytes()


class GivenFrames:
    """Takes copies into the worker's buffers, one a round at most, and keeps histories."""

    def __init__(self, worker: MosaicWorker, source: FrameSource) -> None:
        """Take nothing yet.

        Args:
            worker: Lends its buffers.
            source: Where frames come from.
        """
        self.source = source
        self._worker = worker
        self._history = FrameHistory(1)
        self._given: Given | None = None

    def eyes(self, may_be_due: Callable[[], bool], driver: Any) -> tuple["Eye", "Eye"]:
        """Return the parts that take copies at the pilot's place; they never raise.

        Args:
            may_be_due: Tells whether this round may get a mosaic.
            driver: Donkeycar's own part of the same pilot, or None.
        """

        def before(*values: Any) -> None:
            try:
                self.take(values[:-1], values[-1], is_due=may_be_due())
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it would stop the car
                self._worker.say_once("mosaics fail", error)

        def after() -> None:
            try:
                self.take_kept(driver)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - it would stop the car
                self._worker.say_once("mosaics fail", error)

        return Eye(before), Eye(after)

    def take(self, values: Sequence[Any], recorded: Any, *, is_due: bool) -> None:
        """Copy the image among the pilot's arguments, because cameras reuse their memory.

        To be called in every round, so that histories are whole when they are needed.

        Args:
            values: What the channels of the source hold.
            recorded: What the recorded channel holds.
            is_due: Whether this round may get a mosaic.
        """
        self.put_back(self.claim())
        pilot = self._worker.pilot
        if not is_due and pilot.extractor.sequence_length == 1:
            return
        channel, frame = self.source.image(values, lambda shape: bool(pilot.shape_to_keep(shape)))
        if frame is None:
            return
        shape = pilot.shape_to_keep(np.shape(frame))
        if shape is not None and pilot.extractor.sequence_length > 1:
            self._remember(pilot, frame, shape)
        if not is_due:
            return
        given = Given(pilot, channel)
        if shape is None:
            takes = pilot.extractor.input_shape
            given.why_unfit = self.source.why_unfit(channel, takes, np.shape(frame))
        else:
            self._copy(given, frame, shape)
        if given.frames is not None and channel == self.source.remade and recorded is not None:
            given.recorded = np.array(recorded).astype(np.uint8, copy=False)
        self._given = given

    def take_kept(self, driver: Any) -> None:
        """Copy the frames that a sequence pilot keeps, right after it has driven by them.

        Args:
            driver: Donkeycar's pilot part, or None.
        """
        given = self.claim()
        if given is None or given.frames is None:
            self._given = given
            return
        try:
            self._copy_kept(given, driver)
        except (Exception, SystemExit):
            self.put_back(given)
            raise
        self._given = given

    def claim(self) -> Given | None:
        """Return what was taken in this round, which is the caller's from here on."""
        given, self._given = self._given, None
        return given

    def put_back(self, given: Given | None) -> None:
        """Give a buffer back that no job came of; without buffers the worker would starve."""
        if given is not None and given.frames is not None:
            self._worker.give_back(given.frames)

    def _copy(self, given: Given, frame: Any, shape: tuple[int, ...]) -> None:
        """Cast, too, because the tub does the same; what no tub records must be bytes."""
        length = given.pilot.extractor.sequence_length
        frames = self._worker.free_buffer((length, *shape))
        if frames is None:
            return
        try:
            if length > 1:
                self._history.copy_to(frames)
            else:
                np.copyto(frames[0], np.reshape(frame, shape), casting="unsafe")
            is_own = self.source.given(given.channel) is not None
            is_other = is_own and np.asarray(frame).dtype != np.uint8
            if is_other and not np.array_equal(frames[-1], np.reshape(frame, shape)):
                given.why_unfit = (
                    f"no mosaics: expected whole numbers from 0 to 255 in {given.channel}, got "
                    f"others ({np.asarray(frame).dtype}); scale them behind it, where the network "
                    "is run"
                )
        except (Exception, SystemExit):
            self._worker.give_back(frames)
            raise
        given.frames = frames

    def _copy_kept(self, given: Given, driver: Any) -> None:
        extractor, frames = given.pilot.extractor, given.frames
        length, shape = extractor.sequence_length, extractor.input_shape
        kept = kept_by(driver if length > 1 else None, length, shape)
        if kept is None or frames is None:
            return
        if given.channel == self.source.recorded:
            given.recorded = frames[-1].copy()
        if frames.shape[1:] != shape:  # the pilot has made them grey
            frames = given.frames = np.empty((length, *shape), np.uint8)
        for place, one in zip(frames, kept, strict=True):
            np.copyto(place, np.reshape(one, shape), casting="unsafe")

    def _remember(self, pilot: RecordingPilot, frame: Any, shape: tuple[int, ...]) -> None:
        if self._history.length != pilot.extractor.sequence_length:
            self._history = FrameHistory(pilot.extractor.sequence_length)
        self._history.append(frame, shape)


class Eye:
    """A part of its own in Donkeycar's loop, at the pilot's place: sees what the pilot sees."""

    def __init__(self, see: Callable[..., None]) -> None:
        """See nothing yet.

        Args:
            see: Called with the part's arguments in each of its rounds.
        """
        self.run = see
