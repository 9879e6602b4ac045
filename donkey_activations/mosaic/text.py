"""Words and numbers in a picture, on its background only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv
from donkey_activations.mosaic.colours import Colour

_SCALE = 0.48
_LINE_HEIGHT_PX = 20
_BASELINE_PX = 14
_SPACE_PX = 4
# OpenCV's font has ASCII only.
_UNKNOWN = "?"


@dataclass(frozen=True)
class Font:
    """Letters of one size.

    Attributes:
        size: 1.0 is legible where a pixel of the picture is one of the screen.
    """

    size: float = 1.0

    @property
    def line_height_px(self) -> int:
        """Height of one line."""
        return round(_LINE_HEIGHT_PX * self.size)

    def width_px(self, text: str) -> int:
        """Returns how wide a text is when it is written."""
        return _width_px(text, self.size)

    def fit(self, phrases: Sequence[str], room_px: int) -> str:
        """Joins as many phrases as fit into a room, the first ones first.

        Args:
            phrases: The most important one first.
            room_px: What the text may be wide.
        """
        for number in range(len(phrases), 0, -1):
            text = "   ".join(phrases[:number])
            if self.width_px(text) <= room_px:
                return text
        return ""

    def write(
        self, area: NDArray[np.uint8], text: str, left_px: int, colour: Colour, background: Colour
    ) -> int:
        """Writes one line at the top of an area; what does not fit in is cut off.

        Args:
            area: uint8 ``(at least line_height_px, width, 3)``, written into.
            text: The line.
            left_px: Where it begins, in pixels from the left.
            colour: Of the text.
            background: Of the area.

        Returns:
            Where the text ends, in pixels from the left.
        """
        strip = _strip(text, self.size, colour, background)
        right: int = max(left_px, min(left_px + strip.shape[1], area.shape[1]))
        line = area[: strip.shape[0], left_px:right]
        line[:] = strip[:, : line.shape[1]]
        return right


@lru_cache(maxsize=512)
def _width_px(text: str, size: float) -> int:
    return sum(_advance_px(character, size) for character in text)


@lru_cache(maxsize=256)
def _advance_px(character: str, size: float) -> int:
    if character == " ":
        return round(_SPACE_PX * size)
    cv2 = opencv()
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, _), _ = cv2.getTextSize(_writable(character), font, _SCALE * size, 1)
    return int(width)


def _writable(character: str) -> str:
    return character if " " < character <= "~" else _UNKNOWN


# OpenCV takes 40 microseconds for a text; most come again, and of the rest all characters do.
@lru_cache(maxsize=512)
def _strip(text: str, size: float, colour: Colour, background: Colour) -> NDArray[np.uint8]:
    nothing = np.empty((Font(size).line_height_px, 0, 3), np.uint8)
    glyphs = [_glyph(character, size, colour, background) for character in text]
    return np.concatenate([nothing, *glyphs], axis=1)


@lru_cache(maxsize=1024)
def _glyph(character: str, size: float, colour: Colour, background: Colour) -> NDArray[np.uint8]:
    shape = Font(size).line_height_px, _advance_px(character, size), 3
    glyph = np.full(shape, background, np.uint8)
    if character != " ":
        cv2 = opencv()
        origin = (0, round(_BASELINE_PX * size))
        font = cv2.FONT_HERSHEY_SIMPLEX
        scale, smooth = _SCALE * size, cv2.LINE_AA
        cv2.putText(glyph, _writable(character), origin, font, scale, colour, 1, smooth)
    return glyph
