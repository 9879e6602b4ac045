"""Feature maps in numbers, and as the levels that are coloured."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.images.frame import opencv
from donkey_activations.mosaic.colours import LEVELS

Maps = NDArray[np.float32]
Levels = NDArray[np.uint8]

# Below this the levels divided by a range leave what float32 can hold.
_NO_RANGE = 1e-30

# Its bits, as a whole number.
_LARGEST_FLOAT32 = 0x7F7FFFFF
_MIDDLE = (LEVELS - 1) // 2


@dataclass(frozen=True)
class Measured:
    """A layer's maps in one frame, and what is known of them after one look at all values.

    Attributes:
        maps: Contiguous float32 ``(height, width, filters)``, finite.
        low: float32 ``(filters,)``, the smallest value of each filter, or 0 if that is less.
        high: float32 ``(filters,)``, the largest value of each filter, or 0 if that is more.
        mean_magnitude: float32 ``(height, width)``, the mean distance from 0 over the filters.
        not_finite: bool ``(filters,)``, the filters that had values that are no numbers; None where
            there are none.
    """

    maps: Maps
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mean_magnitude: NDArray[np.float32]
    not_finite: NDArray[np.bool_] | None = None

    @property
    def replaced(self) -> bool:
        """Whether there were values that are no numbers."""
        return self.not_finite is not None

    @property
    def signed(self) -> bool:
        """Whether there is a value below 0."""
        return bool(self.low.min() < 0)

    def magnitudes(self) -> NDArray[np.float32]:
        """Return each filter's largest distance from 0, float32 ``(filters,)``."""
        return np.maximum(self.high, -self.low)

    def dead(self, threshold: float) -> NDArray[np.bool_]:
        """Return the filters whose values are all within this of 0, bool ``(filters,)``.

        A filter with values that are no numbers is unknown, so it is not among them.
        """
        dead: NDArray[np.bool_] = self.magnitudes() <= threshold
        return dead if self.not_finite is None else dead & ~self.not_finite

    def usual(self) -> float:
        """Return the mean distance from 0 over all cells of the filters that are not 0 throughout.

        0 where all are.
        """
        filters = np.count_nonzero(self.magnitudes())
        if not filters:
            return 0.0
        mean = float(opencv().mean(self.mean_magnitude)[0])
        return mean * len(self.high) / filters


def measure(maps: Maps) -> Measured:
    """Look at a layer's maps, and replace what is no number.

    Args:
        maps: ``(height, width, filters)``; left unchanged. 0 stands in for NaN, and for infinity
            the layer's largest and smallest number, or 0.
    """
    maps = np.ascontiguousarray(maps, np.float32)
    # Finite numbers that are 0 or more, as behind a ReLU, are in the order of their bits, and all
    # others come behind them: one look is enough.
    bits = _over_cells(np.max, maps.view(np.uint32))
    if bits.max() <= _LARGEST_FLOAT32:
        return Measured(maps, np.zeros(len(bits), np.float32), bits.view(np.float32), _mean(maps))
    finite = np.isfinite(maps)
    not_finite = None
    if not finite.all():
        not_finite = ~_over_cells(np.min, finite)
        low = float(maps.min(where=finite, initial=0.0))
        high = float(maps.max(where=finite, initial=0.0))
        maps = np.nan_to_num(maps, nan=0.0, posinf=high, neginf=low)
    lows = np.minimum(_over_cells(np.min, maps), 0)
    highs = np.maximum(_over_cells(np.max, maps), 0)
    return Measured(maps, lows, highs, _mean(np.abs(maps)), not_finite)


def _over_cells(extreme: Callable[..., NDArray[Any]], maps: NDArray[Any]) -> NDArray[Any]:
    # First along the height: whole rows at a time are ten times as fast as filter by filter.
    height, width, filters = maps.shape
    rows = extreme(maps.reshape(height, width * filters), axis=0)
    return extreme(rows.reshape(width, filters), axis=0)


def _mean(maps: Maps) -> NDArray[np.float32]:
    # Products with a vector are ten times as fast as numpy's mean along a short last axis. One a
    # row: they are too small for BLAS to share them out to threads, which would take time from a
    # drive loop and round otherwise on a machine with another number of cores.
    weights = np.full(maps.shape[2], 1 / maps.shape[2], np.float32)
    mean: NDArray[np.float32] = maps @ weights
    return mean


def to_levels(measured: Measured, low: float, high: float, levels: Levels) -> None:
    """Scale values linearly to levels: ``low`` and less is 0, ``high`` and more the last one.

    Args:
        measured: A layer's maps; left unchanged.
        low: The value at level 0; as ``high``, a value that float32 can hold.
        high: The value at the last level, ``LEVELS - 1``; where it is not above ``low``, all is at
            the middle level, or at level 0 if ``low`` is 0 or more.
        levels: uint8 ``(height, width, filters)``, written into; it may be a part of the rows and
            columns of a larger array.
    """
    maps = measured.maps
    low32, high32 = float(np.float32(low)), float(np.float32(high))
    if high32 - low32 < _NO_RANGE:
        levels[:] = _MIDDLE if low < 0 else 0
        return
    if measured.low.min() < low32 or measured.high.max() > high32:
        maps = np.clip(maps, np.float32(low32), np.float32(high32))
    if low32 > 0 or high32 < 0:  # far from 0, scaled values would lose what sets them apart
        maps, low32, high32 = maps - np.float32(low32), 0.0, high32 - low32
    step = (LEVELS - 1) / (high32 - low32)
    height = len(maps)
    # Of OpenCV's conversions that round and saturate in one pass this is the fastest by far; its
    # absolute value does nothing here, where all is 0 or more.
    opencv().convertScaleAbs(
        maps.reshape(height, -1),
        levels.reshape(height, -1),
        alpha=step,
        beta=-low32 * step,
    )


def each_to_levels(measured: Measured, lows: Maps, highs: Maps, levels: Levels) -> None:
    """As ``to_levels``, with limits of its own for each filter: float32 ``(filters,)`` each."""
    ranges = highs.astype(np.float64) - lows
    steps = np.zeros_like(ranges)
    np.divide(LEVELS - 1, ranges, out=steps, where=ranges >= _NO_RANGE)
    starts = np.where(steps > 0, -lows * steps, np.where(lows < 0, _MIDDLE, 0))
    scaled = np.clip(measured.maps, lows, highs) * steps.astype(np.float32)
    scaled += starts.astype(np.float32)
    np.rint(scaled, out=scaled)
    levels[:] = scaled
