"""One record after the other without a tub around it: read, compute, draw, encode, write."""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from turns import serve

from donkey_activations import Controls, open_extractor, render_mosaic
from donkey_activations.mosaic.jpeg import encode_jpeg


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Open the pilot.

    Args:
        case: ``model``, a file; ``images``, files; ``folder`` for the pictures.
    """
    cv2.setNumThreads(1)
    extractor, images = open_extractor(case["model"]), case["images"]
    controls = {"user": Controls(0.1, 0.3)}

    def record(call: int) -> None:
        frame = np.asarray(Image.open(images[call % len(images)]))
        picture = render_mosaic(frame, extractor.layers, extractor(frame), controls=controls)
        Path(case["folder"], f"{call}.jpg").write_bytes(encode_jpeg(picture, 85))

    return record, None


if __name__ == "__main__":
    serve(prepare)
