"""Colormaps, and the colours of a picture's theme. All colours are RGB."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.images.frame import opencv

Colour = tuple[int, int, int]
Table = NDArray[np.uint8]

# A tile is bytes until it is coloured: the levels of its values, an odd number so that 0 can be in
# the middle, and two that are no values. The last byte is not used.
LEVELS = 253
DEAD = 253
DEAD_MARK = 254

_REVERSED = "_r"
_GREY = "gray"
_BLUE_ORANGE = "blue_orange"


# Compared as objects, since tables are looked up by it many times a picture.
@dataclass(frozen=True, eq=False)
class Theme:
    """The colours around the maps.

    ``signed`` is ``blue_orange``, from the least value over 0 to the largest; these two colours
    stay apart for every kind of colour blindness.
    """

    background: Colour
    text: Colour
    quiet_text: Colour
    dead: Colour
    dead_mark: Colour
    user: Colour
    pilot: Colour
    signed: tuple[Colour, Colour, Colour, Colour, Colour]


THEMES = {
    "dark": Theme(
        background=(38, 41, 48),
        text=(240, 240, 240),
        quiet_text=(192, 196, 204),
        dead=(48, 52, 61),
        dead_mark=(74, 79, 91),
        user=(86, 180, 233),
        pilot=(240, 180, 60),
        signed=((150, 220, 255), (20, 90, 200), (0, 0, 0), (200, 80, 10), (255, 225, 130)),
    ),
    "light": Theme(
        background=(244, 244, 241),
        text=(24, 24, 28),
        quiet_text=(96, 98, 104),
        dead=(226, 226, 222),
        dead_mark=(178, 178, 174),
        user=(0, 114, 178),
        pilot=(200, 120, 0),
        signed=((0, 40, 120), (80, 150, 220), (255, 255, 255), (240, 150, 60), (120, 50, 0)),
    ),
}


def check_colormap(key: str, name: object) -> None:
    """Check the name of a colormap.

    Raises:
        LayoutError: There is none of this name.
    """
    if not isinstance(name, str) or name.removesuffix(_REVERSED) not in _names():
        raise LayoutError(
            f"{key}: expected one of {', '.join(sorted(_names()))}, perhaps with _r behind it, "
            f"got {name!r}"
        )


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    prefix = "COLORMAP_"
    names = (name for name in dir(opencv()) if name.startswith(prefix))
    return frozenset({_GREY, _BLUE_ORANGE, *(n.removeprefix(prefix).lower() for n in names)})


@lru_cache(maxsize=64)
def colour_table(name: str, theme: Theme, gamma: float = 1.0, *, signed: bool = False) -> Table:
    """Return the colours of all bytes that a tile can hold.

    Args:
        name: A colormap that ``check_colormap`` knows.
        theme: The colours of what is no value.
        gamma: A level at a share ``x`` of the range has the colour at the share ``x ** gamma``.
        signed: Whether the range begins in the middle level and goes both ways.

    Returns:
        uint8 ``(256, 1, 3)`` RGB, as ``cv2.applyColorMap`` takes it; the first ``LEVELS`` are the
        colormap, from its first colour to its last.
    """
    forward = name.removesuffix(_REVERSED)
    ramp = np.linspace(0, 255, LEVELS).round().astype(np.uint8)[:, np.newaxis]
    if forward == _GREY:
        colours = np.repeat(ramp[:, :, np.newaxis], 3, axis=2)
    elif forward == _BLUE_ORANGE:
        colours = _diverging(theme.signed)
    else:
        cv2 = opencv()
        number = getattr(cv2, f"COLORMAP_{forward.upper()}")
        colours = cv2.applyColorMap(ramp, number)[:, :, ::-1]
    if forward != name:
        colours = colours[::-1]
    colours = colours[_shares(gamma, signed)]
    rest = np.array([[theme.dead], [theme.dead_mark], [theme.background]], np.uint8)
    return np.ascontiguousarray(np.concatenate([colours, rest]))


def _diverging(anchors: tuple[Colour, ...]) -> Table:
    positions = np.linspace(0, len(anchors) - 1, LEVELS)
    channels = zip(*anchors, strict=True)
    shades = [np.interp(positions, range(len(anchors)), channel) for channel in channels]
    return np.stack(shades, axis=-1).round().astype(np.uint8)[:, np.newaxis]


def _shares(gamma: float, signed: bool) -> NDArray[np.intp]:
    """Return the index in the colormap of each level."""
    shares = np.linspace(-1 if signed else 0, 1, LEVELS)
    shares = np.sign(shares) * np.abs(shares) ** gamma
    if signed:
        shares = (shares + 1) / 2
    positions: NDArray[np.intp] = (shares * (LEVELS - 1)).round().astype(np.intp)
    return positions
