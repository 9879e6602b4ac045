"""A contact sheet: a few pictures of a run on one page."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.mosaic.resizing import resize
from donkey_activations.mosaic.text import Font

Picture = NDArray[np.uint8]

WIDEST_PX = 2000
_GAP_PX, _CAPTION_PX, _TITLE_PX = 12, 26, 40
_PAPER, _INK = 24, (235, 235, 235)
_CAPTION_FONT, _TITLE_FONT = Font(1.0), Font(1.5)


def spread(count: int, of: int) -> list[int]:
    """Return positions spread evenly over a run, its first and its last among them.

    Args:
        count: How many are wanted; fewer, where the run is shorter.
        of: Length of the run.
    """
    positions: list[int] = np.linspace(0, of - 1, min(count, of)).round().astype(int).tolist()
    return positions


def tile(picture: Picture, caption: str, columns: int) -> Picture:
    """Make a picture as small as it is on the sheet, with a line of text above it.

    Args:
        picture: uint8 ``(height, width, 3)``, in any order of colours; left unchanged.
        caption: One line; what is not ASCII becomes a question mark.
        columns: Tiles in a row of the sheet.

    Returns:
        The tile, in the same order of colours.
    """
    width_px = (WIDEST_PX - _GAP_PX) // columns - _GAP_PX
    scale = min(1.0, width_px / picture.shape[1])
    size = (max(1, round(picture.shape[0] * scale)), round(picture.shape[1] * scale))
    drawn = np.full((size[0] + _CAPTION_PX, size[1], 3), _PAPER, np.uint8)
    drawn[_CAPTION_PX:] = resize(picture, size)
    _write(drawn[4:], caption, _CAPTION_FONT)
    return drawn


def page(tiles: Sequence[Picture], title: str, columns: int) -> Picture:
    """Put tiles below a title, row by row.

    Args:
        tiles: What ``tile`` made for as many columns; one or more.
        title: One line; what is not ASCII becomes a question mark.
        columns: Tiles in a row.

    Returns:
        uint8 ``(height, width, 3)``, at most ``WIDEST_PX`` wide.
    """
    rows = [
        _row(tiles[first : first + columns], columns) for first in range(0, len(tiles), columns)
    ]
    widest_px = max(row.shape[1] for row in rows)
    below = [_on_paper(row, widest_px) for row in rows]
    head = np.full((_TITLE_PX, widest_px, 3), _PAPER, np.uint8)
    _write(head[5:], title, _TITLE_FONT)
    return np.vstack([head, *below])


def _row(tiles: Sequence[Picture], columns: int) -> Picture:
    """Side by side on paper; a short last row is filled up with paper."""
    width_px = max(tile.shape[1] for tile in tiles)
    height_px = max(tile.shape[0] for tile in tiles)
    row = np.full(
        (height_px + _GAP_PX, columns * (width_px + _GAP_PX) + _GAP_PX, 3), _PAPER, np.uint8
    )
    for number, drawn in enumerate(tiles):
        left = _GAP_PX + number * (width_px + _GAP_PX)
        row[: drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return row


def _on_paper(row: Picture, width_px: int) -> Picture:
    missing_px = width_px - row.shape[1]
    return np.pad(row, ((0, 0), (0, missing_px), (0, 0)), constant_values=_PAPER)


def _write(area: Picture, text: str, font: Font) -> None:
    font.write(area, text, _GAP_PX, _INK, (_PAPER, _PAPER, _PAPER))
