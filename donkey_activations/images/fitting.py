"""Images made a pilot's frames, as Donkeycar itself makes them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from donkey_activations.errors import FrameError
from donkey_activations.images.reading import read_recorded_image


def fit_to_pilot(
    image: NDArray[np.uint8], input_shape: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], bool]:
    """Make a pilot's frame of an image, with the very bits that Donkeycar's training makes of it.

    Args:
        image: uint8 ``(height, width, 3)`` RGB; left unchanged.
        input_shape: ``(height, width, channels)`` in pixels that the pilot takes.

    Returns:
        The frame, uint8 of that shape, and whether it had to be resized.

    Raises:
        FrameError: The pilot takes neither grey nor RGB.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise FrameError(
            f"the pilot takes {channels} channels, an image has 3 or is made grey; "
            "give a pilot for RGB or grey frames"
        )
    resized = image.shape[:2] != (height, width)
    picture = Image.fromarray(image)
    # Donkeycar resizes first and makes it grey afterwards.
    if resized:
        picture = picture.resize((width, height))
    if channels == 1:
        picture = picture.convert("L")
    return np.array(picture).reshape(input_shape), resized


def read_resized(path: Path, channels: int, size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Read an image of a tub at another size than its own, to the bit as Donkeycar does.

    Args:
        path: The image.
        channels: 3 for RGB, 1 for grey.
        size_hw: The wanted height and width in pixels.

    Raises:
        FrameError: As ``read_image`` does.
    """
    frame, _ = fit_to_pilot(read_recorded_image(path, 3), (*size_hw, channels))
    return frame
