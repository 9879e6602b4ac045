"""Which sizes of the camera's image a network takes, found by trying."""

from collections.abc import Callable, Iterable
from functools import cache, cached_property

Size = tuple[int, int]

_NEAR_PX = 64

# Where branches meet, networks take only every so manieth size, mostly a power of 2. These find
# out by trying: whether smaller ones than the smallest of a row work after all, and whether any
# larger one does at all. Of a period up to 16, or a power of 2 up to 64, one of the latter is a
# multiple.
_PERIODS = (2, 3, 4, 5, 6, 8, 12, 16, 32, 64)
_GROWTHS = (64, 48, 60, 56, 72, 88, 104)


class SizeSearch:
    """Looks for the sizes that a network takes, beginning at the one it was trained at."""

    def __init__(self, works: Callable[[Size], bool], trained_hw: Size) -> None:
        """Remembers what to try; nothing is tried yet, and later no size twice.

        Args:
            works: Tells whether the network takes images of ``(height, width)`` pixels.
            trained_hw: A size that it takes.
        """
        self._works = cache(works)
        self._trained_hw = trained_hw

    @cached_property
    def fixed(self) -> bool:
        """Whether the network takes no other size, as far as larger ones tell."""
        height, width = self._trained_hw
        return not any(self._works((height + px, width + px)) for px in _GROWTHS)

    @cached_property
    def smallest_hw(self) -> Size:
        """The smallest height, and the smallest width, each with the other side as trained."""
        return self._smallest_along(0), self._smallest_along(1)

    def nearest(self, size_hw: Size) -> list[Size]:
        """Returns the sizes that work next to one that does not: one below, one above it.

        A side that works as it is stays so; the others are at most 64 pixels away.

        Args:
            size_hw: ``(height, width)`` in pixels.

        Returns:
            Two sizes, the smaller first; or fewer, where nothing works that near.
        """
        below = self._next(size_hw, lambda side: range(side - 1, max(side - _NEAR_PX, 1) - 1, -1))
        above = self._next(size_hw, lambda side: range(side + 1, side + _NEAR_PX + 1))
        return [size for size in (below, above) if size is not None]

    def _along(self, axis: int, side: int) -> bool:
        """Tells whether a height (axis 0) or width (1) works with the other side as trained."""
        height, width = self._trained_hw
        return self._works((side, width) if axis == 0 else (height, side))

    def _smallest_along(self, axis: int) -> int:
        smallest, period = self._trained_hw[axis], 1
        while period:
            smallest = self._smallest_in_row(axis, smallest, period)
            less = (px for px in _PERIODS if smallest > px and self._along(axis, smallest - px))
            period = next(less, 0)
        return smallest

    def _smallest_in_row(self, axis: int, side: int, step: int) -> int:
        """Bisects the row of a side that works and those less by whole steps."""
        fits, fails = 0, (side - 1) // step + 1
        while fails - fits > 1:
            middle = (fits + fails) // 2
            if self._along(axis, side - middle * step):
                fits = middle
            else:
                fails = middle
        return side - fits * step

    def _next(self, size_hw: Size, sides_from: Callable[[int], Iterable[int]]) -> Size | None:
        found = []
        for axis, side in enumerate(size_hw):
            sides = [side] if self._along(axis, side) else sides_from(side)
            found.append(next((px for px in sides if self._along(axis, px)), 0))
        size = found[0], found[1]
        return size if all(size) and self._works(size) else None
