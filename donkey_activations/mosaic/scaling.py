"""Feature map values to brightness."""

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv

# Below this 255 / top leaves the range of float32.
_NOTHING_FIRES = 1e-30


def brightest(maps: NDArray[np.float32]) -> float:
    """Returns the largest finite value of a layer's maps, at least 0.

    Args:
        maps: float32 ``(height, width, filters)``; NaN and infinity are passed over.
    """
    top = float(np.max(maps, initial=0.0))
    if np.isfinite(top):
        return top
    return float(np.max(maps, initial=0.0, where=np.isfinite(maps)))


def to_brightness(
    maps: NDArray[np.float32], top: float, full_brightness: int = 255
) -> NDArray[np.uint8]:
    """Scales values from 0 to ``top`` linearly to 0 to 255 or less, so that tiles can be compared.

    Args:
        maps: float32 ``(height, width, filters)``; left unchanged.
        top: The value shown at full brightness, 0 or more; where it is 0 all is dark.
        full_brightness: What ``top`` becomes, 1 to 255.

    Returns:
        uint8 of the same shape; negative values and NaN are 0, infinity is
        ``full_brightness``.
    """
    if top < _NOTHING_FIRES:
        return np.zeros(maps.shape, np.uint8)
    cv2 = opencv()
    flat = np.minimum(maps, np.float32(top)).reshape(maps.shape[0], -1)
    # One pass that rounds and saturates; a NaN saturates to 0.
    scaled: NDArray[np.uint8] = cv2.multiply(flat, full_brightness / top, dtype=cv2.CV_8U)
    return scaled.reshape(maps.shape)
