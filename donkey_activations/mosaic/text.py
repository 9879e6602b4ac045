"""Words and numbers in a picture, on its background only."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import ActivationsError
from donkey_activations.mosaic.colours import Colour

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_LETTERS_PX = 14
_LINE_HEIGHT_PX = 20
_BASELINE_PX = 15
# A little more than the font's own, which is hard to see between digits and letters.
_SPACE_PX = 4
# Pillow's own font has little more than ASCII, and these look alike wherever it is installed.
_UNKNOWN = "?"
_DIGITS = "0123456789"
# A font is not to be used by two threads at once, and nobody says that Pillow sees to it.
_one_at_a_time = Lock()


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
        """Return how wide a text is when it is written."""
        return _width_px(text, self.size)

    def fit(self, phrases: Sequence[str], room_px: int) -> str:
        """Join as many phrases as fit into a room, the first ones first.

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
        """Write one line at the top of an area; what does not fit in is cut off.

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
    left, right = _reach_px(character, size)
    return right - left


@lru_cache(maxsize=256)
def _reach_px(character: str, size: float) -> tuple[int, int]:
    """Return where a letter begins and ends, 0 or less and its width or more.

    Digits do so at the same position, so that numbers do not move from frame to frame.
    """
    with _one_at_a_time:
        font = _letters(size)
        alike = _DIGITS if character in _DIGITS else _writable(character)
        boxes = [font.getbbox(one, anchor="ls") for one in alike]
        widths = [font.getlength(one) for one in alike]
    ends = [*(box[2] for box in boxes), *widths]
    return min(0, *(floor(box[0]) for box in boxes)), ceil(max(ends))


def _writable(character: str) -> str:
    return character if " " <= character <= "~" else _UNKNOWN


# Drawing a letter takes 30 microseconds; most texts come again, and of the rest all letters do.
@lru_cache(maxsize=512)
def _strip(text: str, size: float, colour: Colour, background: Colour) -> NDArray[np.uint8]:
    nothing = np.empty((Font(size).line_height_px, 0, 3), np.uint8)
    glyphs = [_glyph(character, size, colour, background) for character in text]
    return np.concatenate([nothing, *glyphs], axis=1)


@lru_cache(maxsize=1024)
def _glyph(character: str, size: float, colour: Colour, background: Colour) -> NDArray[np.uint8]:
    if character == " ":
        shape = Font(size).line_height_px, _advance_px(character, size), 3
        return np.full(shape, background, np.uint8)
    share = _coverage(character, size)[:, :, np.newaxis] / 255
    glyph: NDArray[np.uint8] = np.rint(
        share * np.array(colour) + (1 - share) * np.array(background)
    ).astype(np.uint8)
    return glyph


def _coverage(character: str, size: float) -> NDArray[np.uint8]:
    """Return how much of each pixel a letter covers, uint8 ``(line height, advance)``."""
    from PIL import Image, ImageDraw

    room = Image.new("L", (_advance_px(character, size), Font(size).line_height_px))
    origin = -_reach_px(character, size)[0], round(_BASELINE_PX * size)
    with _one_at_a_time:
        ImageDraw.Draw(room).text(
            origin, _writable(character), fill=255, font=_letters(size), anchor="ls"
        )
    return np.asarray(room)


@lru_cache(maxsize=16)
def _letters(size: float) -> "FreeTypeFont":
    """Return Pillow's own font, which is the same on every machine.

    Raises:
        ActivationsError: This Pillow cannot draw it.
    """
    from PIL import ImageFont

    try:
        font = ImageFont.load_default(_LETTERS_PX * size)
    except (ImportError, TypeError) as error:
        raise ActivationsError(
            f"expected Pillow 10.1 or newer with FreeType to write words, got another ({error}); "
            "pip install --force-reinstall 'pillow>=10.1'"
        ) from error
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
