"""The frames that a plan is made with: a tub's, an image's, or drawn ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError, TubError
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.images.fitting import fit_to_pilot
from donkey_activations.images.reading import read_image
from donkey_activations.mosaic.contact_sheet import spread
from donkey_activations.tubs.records import Record, read_frame, read_tub

Frame = NDArray[np.uint8]

# So many records tell how large a tub's JPEGs are, within some percent.
_FRAMES = 24
_DRAWN_SHAPE = (360, 640, 3)
_DRAWN_SIZES_HW = ((9, 16), (45, 80))


@dataclass(frozen=True)
class SampleFrames:
    """Frames at their own size.

    Attributes:
        frames: uint8 ``(height, width, 3)`` RGB each, one or more; drawn ones where nobody gave
            any.
        records: The records that they are of; none for an image and for drawn frames.
        tub_path: Their tub, or None.
        is_drawn: Nobody gave any: they serve to measure time, and show nothing.
    """

    frames: tuple[Frame, ...]
    records: tuple[Record, ...] = ()
    tub_path: Path | None = None
    is_drawn: bool = False

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the first frame in pixels."""
        height, width = self.frames[0].shape[:2]
        return height, width

    def at(self, size_hw: tuple[int, int]) -> tuple[Frame, ...]:
        """Return the frames at another size, as Donkeycar resizes them."""
        return tuple(fit_to_pilot(frame, (*size_hw, 3))[0] for frame in self.frames)

    def is_enlarged_at(self, size_hw: tuple[int, int]) -> bool:
        """Return whether frames of this size have pixels that no camera has seen."""
        height, width = self.size_hw
        return not self.is_drawn and (height < size_hw[0] or width < size_hw[1])


def of_tub(path: Path) -> SampleFrames:
    """Return frames spread over a tub.

    Args:
        path: The tub's folder.

    Raises:
        TubError: There is no tub, or no frame in it that can be read.
    """
    records = read_tub(path).records
    frames, kept, reasons = [], [], []
    for place in spread(_FRAMES, len(records)):
        try:
            frames.append(read_frame(records[place], 3))
            kept.append(records[place])
        except FrameError as error:
            reasons.append(str(error))
    if not frames:
        why = reasons[0] if reasons else "it has no records"
        raise TubError(f"{path}: expected frames to plan with, got none ({why}); name another tub")
    return SampleFrames(tuple(frames), tuple(kept), path)


def of_image(path: Path) -> SampleFrames:
    """Return the one frame that an image file is.

    Args:
        path: The file.

    Raises:
        FrameError: It is no image.
    """
    return SampleFrames((read_image(path),))


def drawn() -> SampleFrames:
    """Return frames as busy as a camera's, so that JPEG takes about as long as with those."""
    generator = np.random.default_rng(1)
    frames = []
    for _ in range(_FRAMES):
        coarse, fine = (
            fit_to_pilot(generator.integers(0, 256, (*size, 3), np.uint8), _DRAWN_SHAPE)[0]
            for size in _DRAWN_SIZES_HW
        )
        frames.append(coarse // 2 + fine // 2)
    return SampleFrames(tuple(frames), is_drawn=True)


def seen_by(extractor: FeatureExtractor, frame: Frame) -> Frame:
    """Return what a pilot sees of a frame.

    Args:
        extractor: The pilot.
        frame: uint8 ``(height, width, 3)`` RGB of any size.

    Returns:
        uint8 ``(height, width, channels)`` as it takes it; for a sequence pilot with the frame for
        each of those that it takes at once.
    """
    seen, _ = fit_to_pilot(frame, extractor.input_shape)
    length = extractor.sequence_length
    return seen if length == 1 else np.repeat(seen[np.newaxis], length, axis=0)
