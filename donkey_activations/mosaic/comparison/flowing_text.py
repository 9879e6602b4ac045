"""Text of more than one line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.mosaic.colours import Colour
from donkey_activations.mosaic.text import Font


@dataclass(frozen=True)
class FlowingText:
    """Pieces that stand beside each other, and below each other where the room ends.

    Attributes:
        pieces: Each with its colour; a piece is never broken.
        font: The letters.
        space: What is between two pieces of a line.
    """

    pieces: Sequence[tuple[str, Colour]]
    font: Font
    space: str = " "

    def height_px(self, room_px: int) -> int:
        """Return how high the text is in a room of that width."""
        lines = 1 + max((line for line, _ in self._positions(room_px)), default=-1)
        return lines * self.font.line_height_px

    def write(self, area: NDArray[np.uint8], background: Colour) -> None:
        """Write the text from the top left corner on; what does not fit in is cut off.

        Args:
            area: uint8 ``(at least height_px, width, 3)`` RGB, written into.
            background: Of the area.
        """
        positions = self._positions(area.shape[1])
        for (text, colour), (line, left_px) in zip(self.pieces, positions, strict=True):
            below = area[line * self.font.line_height_px :]
            self.font.write(below, text, left_px, colour, background)

    def _positions(self, room_px: int) -> list[tuple[int, int]]:
        """Return line and left edge of each piece."""
        positions = []
        line = left_px = 0
        for text, _ in self.pieces:
            width_px = self.font.width_px(text)
            if left_px and left_px + width_px > room_px:
                line, left_px = line + 1, 0
            positions.append((line, left_px))
            left_px += width_px + self.font.width_px(self.space)
        return positions
