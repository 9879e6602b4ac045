"""Which value has which colour: a ramp with numbers, at the end of a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import copysign
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from donkey_activations.mosaic.colours import LEVELS, Theme, colour_table
from donkey_activations.mosaic.text import Font

Area = NDArray[np.uint8]

RAMP_PX = 64
# The longest that is drawn wherever there is room for words at all.
LONGEST = "0  0.00123"
_SPACE_PX = 3
_EDGE_PX = 4


class Stop(NamedTuple):
    """A position on the ramp, from 0 to 1, and what stands there."""

    share: float
    words: str


@dataclass(frozen=True)
class Scale:
    """How a layer's values become colours.

    Attributes:
        low: The value of the first colour.
        high: The value of the last one.
        gamma: As of ``colour_table``.
        colormap: Its name.
        own: Whether each filter has a range of its own instead.
    """

    low: float
    high: float
    gamma: float
    colormap: str
    own: bool = False

    @property
    def signed(self) -> bool:
        """Whether 0 is in the middle of the range."""
        return self.low < 0

    def value_at(self, share: float) -> float:
        """Return the value whose colour is at a position in the colormap, from 0 to 1."""
        if not self.signed:
            return self.low + (self.high - self.low) * float(share ** (1 / self.gamma))
        from_zero = 2 * share - 1
        return copysign(self.high * float(abs(from_zero) ** (1 / self.gamma)), from_zero)

    def stops(self) -> tuple[Stop, ...]:
        """Return the numbers of a legend; all but the first and the last can be left out."""
        if self.own:
            return _OWN_SIGNED if self.signed else _OWN
        # 0 is added so that there is no -0.
        low, high = f"{self.low + 0.0:.3g}", f"{self.high + 0.0:.3g}"
        if self.low == self.high:
            return Stop(0.0, low), Stop(1.0, high)
        if not self.signed:
            return Stop(0.0, low), Stop(0.5, f"{self.value_at(0.5):.2g}"), Stop(1.0, high)
        half = f"{self.value_at(0.75):.2g}"
        stops = Stop(0.0, low), Stop(0.25, f"-{half}"), Stop(0.5, "0"), Stop(0.75, half)
        return *stops, Stop(1.0, high)


_OWN = Stop(0.0, "0"), Stop(1.0, "own max")
_OWN_SIGNED = Stop(0.0, "-own"), _OWN[-1]


@dataclass(frozen=True)
class Legend:
    """A ramp of colours and its numbers, in the colours of a theme.

    Attributes:
        font: The letters.
        theme: The colours.
    """

    font: Font
    theme: Theme

    def draw(self, line: Area, scale: Scale, from_px: int) -> None:
        """Draw a legend that ends where the line does, as much of it as there is room for.

        Its colours are at equal distances in brightness, so the numbers between its ends say how
        values are spread over them.

        Args:
            line: uint8 ``(height of a line, width, 3)`` RGB, written into.
            scale: What it explains.
            from_px: Where the line is free from.
        """
        stops = scale.stops()
        if len(stops) > 2:
            words_px = sum([self.font.width_px(stop.words) for stop in stops])
            if from_px + RAMP_PX + words_px + 2 * _SPACE_PX * (len(stops) - 1) >= line.shape[1]:
                stops = stops[0], stops[-1]
        self._draw(line, stops, scale.colormap, from_px)

    def _draw(self, line: Area, stops: Sequence[Stop], colormap: str, from_px: int) -> None:
        """Draw from the right, and stops where there is no room for the next piece."""
        font, theme = self.font, self.theme
        rows = slice(_EDGE_PX, font.line_height_px - _EDGE_PX)
        right = line.shape[1]
        for number in range(len(stops) - 1, -1, -1):
            share, words = stops[number]
            left = right - font.width_px(words)
            if left < from_px:
                return
            font.write(line, words, left, theme.quiet_text, theme.background)
            if not number:
                return
            ramp = _ramp(colormap, theme, stops[number - 1].share, share)
            right = left - _SPACE_PX - len(ramp)
            if right < from_px:
                return
            line[rows, right : right + len(ramp)] = ramp
            right -= _SPACE_PX


@lru_cache(maxsize=64)
def _ramp(colormap: str, theme: Theme, first: float, last: float) -> NDArray[np.uint8]:
    """Return a part of the colormap, uint8 ``(width, 3)`` RGB."""
    positions = np.linspace(first, last, round((last - first) * RAMP_PX)) * (LEVELS - 1)
    ramp: NDArray[np.uint8] = colour_table(colormap, theme)[positions.round().astype(np.intp), 0]
    return ramp
