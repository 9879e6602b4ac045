"""Which of a network's inputs the camera's frame goes to, and what the others are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import ModelError

_DONKEYCARS_IMAGE = "img_in"
# Colour before grey, and before a fourth channel.
_CHANNELS = (3, 1, 4)


@dataclass(frozen=True)
class NetworkInput:
    """An input of a network.

    Attributes:
        name: Its name, ``""`` where it has none.
        shape: Its lengths with the batch in front; what is open is 1 or less.
    """

    name: str
    shape: tuple[int, ...]


def camera_input(inputs: Sequence[NetworkInput]) -> int:
    """Return the index of the input that the camera's frame goes to.

    The rule is the same for every format: an input of Donkeycar's own name for it, ``img_in``; else
    the one with the channels of a camera, colour before grey; else the largest; else the first by
    name, since converters change the order.

    Args:
        inputs: All inputs of the pilot that take part in its feature maps.

    Raises:
        ModelError: None takes an image of 1, 3 or 4 channels.
    """
    images = [
        number
        for number, one in enumerate(inputs)
        if len(one.shape) in (4, 5) and one.shape[-1] in _CHANNELS
    ]
    if not images:
        got = ", ".join(f"{one.name} {one.shape}".strip() for one in inputs) or "no input"
        raise ModelError(
            "expected an input for the camera's image, (1, height, width, channels) with 1, 3 or 4 "
            f"channels, got {got}; give a pilot that one camera's frame is enough for"
        )
    return min(images, key=lambda number: _order(inputs[number]))


def _order(image: NetworkInput) -> tuple[bool, int, int, str]:
    height, width, channels = image.shape[-3:]
    named = _DONKEYCARS_IMAGE in image.name
    return not named, _CHANNELS.index(channels), -height * width, image.name


def nothing_for(detail: Any) -> NDArray[Any]:
    """Return what an input is given that nobody feeds: the number 0 in all of its places.

    Args:
        detail: LiteRT's description of the input, with ``shape``, ``dtype`` and ``quantization``.
    """
    scale, zero_point = detail["quantization"]
    return np.full(detail["shape"], zero_point if scale else 0, detail["dtype"])
