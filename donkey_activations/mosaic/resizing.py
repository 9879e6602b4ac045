"""Pictures at another size, by whole numbers where the layout has the choice."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv


def resize(picture: NDArray[Any], size_hw: tuple[int, int]) -> NDArray[Any]:
    """Enlarges without blur and reduces by area, so that no pixel is dropped or invented."""
    if picture.shape[:2] == size_hw:
        return picture
    resized = np.empty((*size_hw, *picture.shape[2:]), picture.dtype)
    resize_into(resized, picture)
    return resized


def resize_into(area: NDArray[Any], picture: NDArray[Any]) -> None:
    """Does the same to the size of an area, and writes into it."""
    height, width = area.shape[:2]
    cv2 = opencv()
    method = cv2.INTER_NEAREST if height > picture.shape[0] else cv2.INTER_AREA
    cv2.resize(picture, (width, height), dst=area, interpolation=method)
