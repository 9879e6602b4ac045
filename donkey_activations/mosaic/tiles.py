"""A layer's maps, as levels, laid out in their grid."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv
from donkey_activations.mosaic.colours import DEAD, DEAD_MARK, GAP
from donkey_activations.mosaic.grid import Grid, Zoom

Levels = NDArray[np.uint8]


def lay_out(levels: Levels, dead: NDArray[np.bool_], grid: Grid) -> Levels:
    """Puts the tiles into their places.

    Args:
        levels: uint8 ``(tiles, height, width)``, at most as many as the grid has places.
        dead: bool ``(tiles,)``; these are drawn as such, apart from those that are only dark.
        grid: The places.

    Returns:
        uint8 ``(grid.height_px, grid.width_px)``: levels, and what ``colours`` sets apart.
    """
    tiles = zoomed(levels, grid.zoom)
    tiles[dead] = _dead_tile(grid.tile_height_px, grid.tile_width_px)
    gap = grid.gap_px
    height, width = grid.tile_height_px + gap, grid.tile_width_px + gap
    band = np.full((grid.rows, height, grid.columns, width), GAP, np.uint8)
    inside = band[:, : grid.tile_height_px, :, : grid.tile_width_px]
    full_rows, rest = divmod(len(tiles), grid.columns)
    in_full_rows = tiles[: len(tiles) - rest]
    inside[:full_rows] = in_full_rows.reshape(full_rows, grid.columns, *tiles.shape[1:]).swapaxes(
        1, 2
    )
    if rest:
        inside[full_rows, :, :rest] = tiles[len(tiles) - rest :].swapaxes(0, 1)
    return band.reshape(grid.rows * height, grid.columns * width)[: grid.height_px, : grid.width_px]


def zoomed(levels: Levels, zoom: Zoom) -> Levels:
    """Returns pictures ``(tiles, height, width)`` at another size, in an array of its own.

    Enlarged, a cell is a square of one level; reduced, a pixel is the mean of a square of cells.
    All tiles are one tall picture for that, which is ten times as fast as one by one.
    """
    cells = zoom.cells_per_pixel
    if not len(levels):
        return np.empty((0, *map(zoom.length_px, levels.shape[1:])), np.uint8)
    if zoom == Zoom():
        return levels.copy()
    if cells == 1:
        return _resized(levels, Fraction(zoom.pixels_per_cell), opencv().INTER_NEAREST)
    levels = _filled_up(levels, cells)
    if cells == 4:  # OpenCV halves six times as fast as it quarters
        levels, cells = _resized(levels, Fraction(1, 2), opencv().INTER_AREA), 2
    return _resized(levels, Fraction(1, cells), opencv().INTER_AREA)


def _resized(levels: Levels, factor: Fraction, method: int) -> Levels:
    tiles, height, width = levels.shape
    size = int(width * factor), int(tiles * height * factor)
    tall = opencv().resize(levels.reshape(tiles * height, width), size, interpolation=method)
    resized: Levels = tall.reshape(tiles, -1, size[0])
    return resized


def _filled_up(levels: Levels, cells: int) -> Levels:
    """Repeats the last row and column until squares of so many cells fill the picture."""
    tiles, height, width = levels.shape
    more_rows, more_columns = -height % cells, -width % cells
    if not more_rows and not more_columns:
        return levels
    filled = np.empty((tiles, height + more_rows, width + more_columns), np.uint8)
    filled[:, :height, :width] = levels
    filled[:, height:, :width] = levels[:, -1:]
    filled[:, :, width:] = filled[:, :, width - 1 : width]
    return filled


def _dead_tile(height: int, width: int) -> Levels:
    """A tile that is crossed out from corner to corner."""
    tile = np.full((height, width), DEAD, np.uint8)
    opencv().line(tile, (0, height - 1), (width - 1, 0), DEAD_MARK)
    return tile
