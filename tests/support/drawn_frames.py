"""Camera frames that differ visibly from one to the next, and tubs made of them."""

from pathlib import Path

import numpy as np
from donkeycar.parts.tub_v2 import Tub
from numpy.typing import NDArray

STOCK_INPUTS = ["cam/image_array", "user/angle", "user/throttle", "user/mode"]
STOCK_TYPES = ["image_array", "float", "float", "str"]


def draw_frame(index: int, height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    """A shaded floor with a yellow and a blue bar whose places tell the frame's index.

    The yellow bar jumps by a fifth of the width from frame to frame, the blue one by a sixth of
    the height, and both drift, so that frames a few steps apart differ in thousands of pixels.
    """
    frame = np.empty((height, width, 3), dtype=np.uint8)
    frame[:] = np.linspace(40, 120, height, dtype=np.uint8)[:, None, None]
    bar_width, bar_height = width // 10, height // 8
    left = (index * (width // 5) + index * 3) % (width - bar_width)
    top = (index * (height // 6) + index * 2) % (height - bar_height)
    frame[top : top + bar_height] = (30, 60, 220)
    frame[:, left : left + bar_width] = (250, 220, 40)
    return frame


def write_frame_tub(path: Path, count: int, height: int = 120, width: int = 160) -> Path:
    """A stock tub of drawn frames, written by Donkeycar itself."""
    tub = Tub(str(path), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    for index in range(count):
        angle = float(np.sin(index / 7))
        values = [draw_frame(index, height, width), angle, 0.3, "user"]
        tub.write_record(dict(zip(STOCK_INPUTS, values, strict=True)))
    tub.close()
    return path
