"""The frames before this one, for pilots that see a sequence of frames."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class FrameHistory:
    """The newest frames of the drive, kept as Donkeycar's sequence pilots keep theirs.

    Before there are enough of them, the first one stands for those that are missing. The frames
    lie in one ring of memory, so that a round of the drive loop costs one copy of one frame.
    """

    def __init__(self, length: int) -> None:
        """Begin without a frame.

        Args:
            length: Number of frames to keep, 1 or more.
        """
        self.length = length
        self._oldest = 0
        self._frames: NDArray[np.uint8] | None = None

    def append(self, frame: Any, shape: tuple[int, ...]) -> None:
        """Copy a frame behind the others, and forget the oldest.

        Args:
            frame: An array of as many elements as ``shape`` has; left unchanged.
            shape: Shape to keep it in. Where it is another than before, the history begins anew.
        """
        pixels = np.reshape(frame, shape)
        if self._frames is None or self._frames.shape[1:] != shape:
            self._frames = np.empty((self.length, *shape), np.uint8)
            np.copyto(self._frames, pixels, casting="unsafe")
            self._oldest = 0
            return
        np.copyto(self._frames[self._oldest], pixels, casting="unsafe")
        self._oldest = (self._oldest + 1) % self.length

    def copy_to(self, frames: NDArray[np.uint8]) -> None:
        """Copy the history, the oldest frame first.

        Args:
            frames: uint8 ``(length, *shape)``; overwritten.

        Raises:
            ValueError: No frame was appended, or frames of another shape.
        """
        if self._frames is None:
            raise ValueError("expected a frame before a history is copied, got none")
        behind_the_wrap = self.length - self._oldest
        frames[:behind_the_wrap] = self._frames[self._oldest :]
        frames[behind_the_wrap:] = self._frames[: self._oldest]


def kept_by(driver: Any, length: int, shape: tuple[int, ...]) -> list[NDArray[Any]] | None:
    """Return the frames that a pilot of Donkeycar has just driven by, the oldest first.

    Args:
        driver: Donkeycar's pilot part, which has run in this round, or None.
        length: Number of frames that are wanted.
        shape: Their ``(height, width, channels)``.

    Returns:
        The pilot's own arrays, which are to be copied at once; None if it keeps no such sequence.
    """
    kept = getattr(driver, "img_seq", None)
    if kept is None or len(kept) != length:
        return None
    frames = list(kept)
    fits = all(np.shape(frame) in (shape, _without_colour(shape)) for frame in frames)
    return frames if fits else None


def _without_colour(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:2] if shape[2] == 1 else shape
