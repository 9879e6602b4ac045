"""A film's encoding alone: mosaics that are drawn already, in the layout and size of a film."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from turns import serve

from donkey_activations import Controls, open_extractor, render_mosaic
from donkey_activations.films.film import FILM_LAYOUT
from donkey_activations.films.video import VideoFile


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Draw a mosaic of each frame, and begin a film.

    Args:
        case: ``model`` and ``frames``, files, and ``folder`` for the film.
    """
    cv2.setNumThreads(1)
    extractor = open_extractor(case["model"])
    mosaics = [
        render_mosaic(
            frame,
            extractor.layers,
            extractor(frame),
            FILM_LAYOUT,
            controls={"user": Controls(0, 0)},
        )
        for frame in np.load(case["frames"])
    ]
    path = Path(case["folder"]) / "encoding.mp4"
    height, width = mosaics[0].shape[:2]
    video = VideoFile(path, (height, width), Fraction(1, 20), Fraction(20))
    written = iter(range(10**9))

    def write(call: int) -> None:
        video.write(mosaics[call % len(mosaics)], next(written))

    return write, None


if __name__ == "__main__":
    serve(prepare)
