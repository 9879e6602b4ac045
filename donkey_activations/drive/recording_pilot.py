"""The pilot that a drive looks into, and the set that its mosaics are recorded in."""

import logging
from dataclasses import dataclass, field, fields
from pathlib import Path

from donkey_activations.drive.recorder import MosaicRecorder
from donkey_activations.drive.source import FrameSource
from donkey_activations.pilots.options import PilotOptions
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.tubs.mosaics import mosaic_set


@dataclass(frozen=True)
class RecordingPilot(OpenPilot):
    """One content of the pilot's file, as a drive needs it.

    Attributes:
        recorder: Writes its mosaics into the set of this pilot, or None.
    """

    recorder: MosaicRecorder | None = None

    def log_choice(self, logger: logging.Logger) -> None:
        """Log which layers were chosen, if any were."""
        words = self.note_on_choice("ACTIVATIONS_LAYERS")
        if words is not None:
            logger.info("mosaics: %s", words)


@dataclass(frozen=True)
class DriveOptions:
    """How the pilot's file is opened, the first time and whenever it is replaced.

    Attributes:
        pilot: The file and its look.
        tub_path: The tub to record into, or None.
        source: Where the frames come from.
    """

    pilot: PilotOptions
    tub_path: Path | None = None
    source: FrameSource = field(default_factory=FrameSource)

    def open(self, *, convert: bool = True) -> RecordingPilot:
        """Open what the file holds now, draw one black frame, and make the set's folder.

        What cannot work fails here, before the drive.

        Args:
            convert: Convert a Keras pilot in this process, if it was not converted before.

        Raises:
            ModelError: The pilot cannot be opened.
            TubError: Mosaics cannot be written into the tub.
            LayoutError: The layout does not fit the pilot.
            ActivationsError: OpenCV is missing.
        """
        opened = self.pilot.open(convert=convert)
        parts = {one.name: getattr(opened, one.name) for one in fields(opened)}
        return RecordingPilot(**parts, recorder=self._recorder(opened))

    def _recorder(self, opened: OpenPilot) -> MosaicRecorder | None:
        if self.tub_path is None:
            return None
        mosaics = mosaic_set(
            self.tub_path,
            self.pilot.model_path,
            opened.extractor,
            opened.layout,
            self.pilot.transformation_names,
        )
        channel = self.source.given(self.source.likely_channel)
        return MosaicRecorder(mosaics, self.pilot.settings.jpeg_quality, channel)
