"""Feature map values to the levels that are coloured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv
from donkey_activations.mosaic.colours import LEVELS

Maps = NDArray[np.float32]

# Below this the levels divided by a range leave what float32 can hold.
_NO_RANGE = 1e-30

_CACHE_VALUES = 100_000


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest value of each filter in one frame, and 0.

    Attributes:
        low: float32 ``(filters,)``, 0 or less.
        high: float32 ``(filters,)``, 0 or more.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @property
    def signed(self) -> bool:
        """Whether there is a value below 0."""
        return bool(self.low.min() < 0)

    def magnitudes(self) -> NDArray[np.float32]:
        """Returns each filter's largest distance from 0, float32 ``(filters,)``."""
        return np.maximum(self.high, -self.low)


def only_numbers(maps: Maps) -> tuple[Maps, Extremes, bool]:
    """Finds the extremes of a layer's maps, and replaces what is no number.

    Args:
        maps: ``(height, width, filters)``; left unchanged.

    Returns:
        The maps as contiguous float32, with 0 for NaN and the layer's largest and smallest number
        for infinity; their extremes; whether anything was replaced.
    """
    maps = np.ascontiguousarray(maps, np.float32)
    extremes = _extremes(maps)
    if np.isfinite(extremes.low).all() and np.isfinite(extremes.high).all():
        return maps, extremes, False
    finite = np.isfinite(maps)
    low = float(maps.min(where=finite, initial=0.0))
    high = float(maps.max(where=finite, initial=0.0))
    numbers = np.nan_to_num(maps, nan=0.0, posinf=high, neginf=low)
    return numbers, _extremes(numbers), True


def _extremes(maps: Maps) -> Extremes:
    # Whole rows at a time are ten times as fast as filter by filter, and some rows after others
    # stay in the processor's cache for the second look at them.
    height, width, filters = maps.shape
    rows = maps.reshape(height, width * filters)
    high = np.zeros(width * filters, np.float32)
    low = np.zeros_like(high)
    rows_at_once = max(1, _CACHE_VALUES // rows.shape[1])
    for first in range(0, height, rows_at_once):
        some = rows[first : first + rows_at_once]
        np.maximum(high, some.max(axis=0), out=high)
        if not some.min() >= 0:  # behind a ReLU nothing is, and the lows stay 0
            np.minimum(low, some.min(axis=0), out=low)
    by_filter = (width, filters)
    return Extremes(low.reshape(by_filter).min(axis=0), high.reshape(by_filter).max(axis=0))


def to_levels(maps: Maps, extremes: Extremes, low: float, high: float) -> NDArray[np.uint8]:
    """Scales values linearly to levels: ``low`` and less is 0, ``high`` and more the last one.

    Args:
        maps: Contiguous float32 ``(height, width, filters)``, finite; left unchanged.
        extremes: Theirs.
        low: The value at level 0.
        high: The value at the last level, ``LEVELS - 1``; where it is not above ``low`` all is 0.

    Returns:
        uint8 ``(height, width, filters)``.
    """
    if high - low < _NO_RANGE:
        return np.zeros(maps.shape, np.uint8)
    if extremes.low.min() < low or extremes.high.max() > high:
        maps = np.clip(maps, low, high)
    if low > 0 or high < 0:  # far from 0, scaled values would lose what sets them apart
        maps, low, high = maps - np.float32(low), 0.0, high - low
    step = (LEVELS - 1) / (high - low)
    # Of OpenCV's conversions that round and saturate in one pass this is the fastest by far; its
    # absolute value does nothing here, where all is 0 or more.
    cv2 = opencv()
    flat = maps.reshape(maps.shape[0], -1)
    levels: NDArray[np.uint8] = cv2.convertScaleAbs(flat, alpha=step, beta=-low * step)
    return levels.reshape(maps.shape)


def each_to_levels(maps: Maps, lows: Maps, highs: Maps) -> NDArray[np.uint8]:
    """As ``to_levels``, with limits of its own for each filter: float32 ``(filters,)`` each."""
    ranges = highs.astype(np.float64) - lows
    steps = np.zeros_like(ranges)
    np.divide(LEVELS - 1, ranges, out=steps, where=ranges >= _NO_RANGE)
    scaled = np.clip(maps, lows, highs) * steps.astype(np.float32)
    scaled -= (lows * steps).astype(np.float32)
    levels: NDArray[np.uint8] = np.rint(scaled, out=scaled).astype(np.uint8)
    return levels
