"""A peer's whole process: images in, its pictures out.

    python -m peers.images with_keract pilot.h5 folder 1.jpg 2.jpg

Prints a JSON object: seconds until the pilot is open, and of each image.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module

import numpy as np
from PIL import Image

from peers.warm import scaled


def draw(peer_name: str, model: str, folder: str, images: list[str]) -> Iterator[float]:
    """Yield the time when the pilot is open, and then when each image is drawn."""
    peer = import_module(f"peers.{peer_name}")
    pilot = peer.load(model)
    yield time.perf_counter()
    for path in images:
        image = scaled(np.asarray(Image.open(path)))
        if hasattr(peer, "image"):
            peer.image(pilot, image, folder)
        else:
            peer.picture(peer.maps(pilot, image), folder)
        yield time.perf_counter()


def main() -> None:
    """Draw the images of the command line."""
    start = time.perf_counter()
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints
    peer, model, folder, *images = sys.argv[1:]
    ends = [start, *draw(peer, model, folder, images)]
    opened_s, *images_s = np.diff(ends).tolist()
    json.dump({"opened_s": opened_s, "images_s": images_s}, report)


if __name__ == "__main__":
    main()
