"""The picture of all maps of a frame: drawing, its JPEG, both, or what bounds them from below.

The bound is no picture of anything: as many pixels coloured in one call, and the JPEG of a mosaic.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from turns import serve

from donkey_activations import Controls, open_extractor, render_mosaic
from donkey_activations.mosaic.jpeg import encode_jpeg

_QUALITY = 85
_FRAMES = 4


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Compute the maps, once.

    Args:
        case: ``model`` and ``frames``, files, and ``work``: ``draw``, ``jpeg``, ``both``,
            ``bound``.
    """
    cv2.setNumThreads(1)
    extractor, frames = open_extractor(case["model"]), np.load(case["frames"])[:_FRAMES]
    maps = [tuple(one.copy() for one in extractor(frame)) for frame in frames]

    def draw(call: int) -> Any:
        place = call % len(frames)
        controls = {"user": Controls(call % 200 / 100 - 1, 0.3)}
        return render_mosaic(frames[place], extractor.layers, maps[place], controls=controls)

    mosaic = draw(0)
    levels = np.ascontiguousarray(mosaic[:, :, 0])

    def bound(_: int) -> Any:
        cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
        return encode_jpeg(mosaic, _QUALITY)

    works: dict[str, Callable[[int], Any]] = {
        "draw": draw,
        "jpeg": lambda _: encode_jpeg(mosaic, _QUALITY),
        "both": lambda call: encode_jpeg(draw(call), _QUALITY),
        "bound": bound,
    }
    return works[case["work"]], None


if __name__ == "__main__":
    serve(prepare)
