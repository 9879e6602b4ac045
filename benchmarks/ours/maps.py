"""Feature maps of a frame, from uint8 frames, as the drive loop has them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from turns import serve

from donkey_activations import open_extractor


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Open the pilot.

    Args:
        case: ``model`` and ``frames``, files, and ``threads``.
    """
    extractor = open_extractor(case["model"], threads=case["threads"])
    frames = np.load(case["frames"])
    names = [layer.name for layer in extractor.layers]
    means = [float(maps.mean()) for maps in extractor(frames[0])]
    return lambda call: extractor(frames[call % len(frames)]), dict(zip(names, means, strict=True))


if __name__ == "__main__":
    serve(prepare)
