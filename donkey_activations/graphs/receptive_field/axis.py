"""Which pixels of the image the cells of a tensor read, along one axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]

# First and last pixel of a cell that reads none: neutral where the least and the largest are taken.
_NO_FIRST = np.iinfo(np.int64).max
_NO_LAST = np.int64(-1)


@dataclass(frozen=True, eq=False)
class Axis:
    """What each cell of a tensor reads of the image, along the image's height or width.

    Attributes:
        first: int64 ``(phases, cells)``, the first pixel read. There is more than one phase only
            between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, which deal the cells out in turn.
        last: int64 ``(phases, cells)``, the last pixel read; before the first if there is none.
        stride: Pixels from a cell to the next one; None where cells are no places in the image.
    """

    first: Cells
    last: Cells
    stride: Fraction | None

    @classmethod
    def of_image(cls, size: int) -> Self:
        """Return the axis of the image itself: each cell is its pixel."""
        pixels = np.arange(size, dtype=np.int64)[np.newaxis]
        return cls(pixels, pixels, Fraction(1))

    @property
    def cells(self) -> int:
        """Number of cells, of one phase where there are several."""
        return int(self.first.shape[1])

    @property
    def phases(self) -> int:
        """Number of phases, 1 save inside a dilated convolution."""
        return int(self.first.shape[0])

    @property
    def extent(self) -> int:
        """Pixels from the first to the last that a cell reads, of the cell that reads farthest."""
        reading = self.last >= self.first
        return int((self.last - self.first + 1)[reading].max(initial=0))

    def read(self, cells: Cells, rate: Fraction | int | None) -> Self:
        """Return the axis of a tensor whose cells read cells of this one.

        Args:
            cells: int64 ``(new cells, reads)``; what lies outside of this axis is padding, of
                which there is nothing to see.
            rate: How many cells of this axis one of the new ones goes on; None if there is no such
                number.
        """
        inside = (cells >= 0) & (cells < self.cells)
        place = np.where(inside, cells, 0)
        first = np.where(inside, self.first[:, place], _NO_FIRST).min(axis=-1)
        last = np.where(inside, self.last[:, place], _NO_LAST).max(axis=-1)
        stride = None if self.stride is None or rate is None else self.stride * rate
        return type(self)(first, last, stride)

    def whole(self) -> Self:
        """Return the axis of one cell that reads all that the cells of this one do."""
        everything = np.arange(self.cells, dtype=np.int64)[np.newaxis]
        read = self.read(everything, None)
        first, last = read.first.min(keepdims=True), read.last.max(keepdims=True)
        return type(self)(first, last, None)

    def spread(self, cells: int) -> Self | None:
        """Return this axis with that many cells, as a broadcast makes it; None if it cannot."""
        if self.cells == cells:
            return self
        return self.read(np.zeros((cells, 1), np.int64), None) if self.cells == 1 else None

    def deal(self, phases: int, before: int, after: int) -> Self:
        """Return what SPACE_TO_BATCH_ND makes of this axis: every n-th cell is one phase."""
        padded = np.arange(-before, self.cells + after, dtype=np.int64)[:, np.newaxis]
        read = self.read(padded, phases)
        first, last = (pixels.reshape(-1, phases).T for pixels in (read.first, read.last))
        return type(self)(first, last, read.stride)

    def collect(self, before: int, after: int) -> Self:
        """Return what BATCH_TO_SPACE_ND makes of this axis: its phases one by one in turn."""
        stride = None if self.stride is None else self.stride / self.phases
        kept = slice(before, self.cells * self.phases - after)
        first, last = (pixels.T.reshape(1, -1)[:, kept] for pixels in (self.first, self.last))
        return type(self)(first, last, stride)


def merge(axes: Sequence[Axis], cells: int) -> Axis | None:
    """Return what cells see that read several tensors at the same place.

    Args:
        axes: One for each tensor; one of a single cell is the same everywhere.
        cells: Number of cells of the tensor that reads them.

    Returns:
        The pixels from the first to the last that any of them reads; None if they do not fit
        together. The stride is that of the tensors that have as many cells, if they agree.
    """
    wide = [axis for axis in axes if axis.cells == cells]
    spread = [even for axis in axes if (even := axis.spread(cells)) is not None]
    if len(spread) < len(axes) or len({axis.phases for axis in axes}) > 1:
        return None
    strides = {axis.stride for axis in wide}
    return Axis(
        reduce(np.minimum, (axis.first for axis in spread)),
        reduce(np.maximum, (axis.last for axis in spread)),
        strides.pop() if len(strides) == 1 else None,
    )
