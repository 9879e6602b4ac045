"""A layer's maps, as levels, drawn into their slots."""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from donkey_activations.images.frame import opencv
from donkey_activations.mosaic.colours import DEAD, DEAD_MARK, Table
from donkey_activations.mosaic.grid import Grid

Levels = NDArray[np.uint8]
Area = NDArray[np.uint8]


def levels_by_filter(
    shape_hwf: tuple[int, ...], cells_per_pixel: int, fill: Callable[[Levels], None]
) -> Levels:
    """Return levels as ``draw_tiles`` takes them: the edges repeated where the grid reduces.

    Args:
        shape_hwf: ``(height, width, filters)`` of a layer's maps.
        cells_per_pixel: As of the grid's zoom.
        fill: Writes the levels into a uint8 array of that shape.

    Returns:
        uint8 ``(filters, height, width)``, both lengths multiples of the cells per pixel.
    """
    height, width, filters = shape_hwf
    more_rows, more_columns = -height % cells_per_pixel, -width % cells_per_pixel
    levels = np.empty((height + more_rows, width + more_columns, filters), np.uint8)
    fill(levels[:height, :width])
    levels[:height, width:] = levels[:height, width - 1 : width]
    levels[height:] = levels[height - 1]
    by_filter = opencv().transpose(levels.reshape(-1, filters))
    return np.reshape(by_filter, (filters, *levels.shape[:2]))


def draw_dead_tiles(area: Area, tiles: int, grid: Grid, table: Table) -> None:
    """Cross out the first slots of a grid, as those of dead filters, in no value's colour.

    Args:
        area: As of ``draw_tiles``.
        tiles: How many.
        grid: The slots.
        table: The colours, as ``colour_table`` gives them.
    """
    cv2 = opencv()
    tile = np.full((grid.tile_height_px, grid.tile_width_px), DEAD, np.uint8)
    cv2.line(tile, (0, grid.tile_height_px - 1), (grid.tile_width_px - 1, 0), DEAD_MARK)
    rows, columns = np.divmod(np.arange(tiles), grid.columns)
    slots = _slots(area, grid)
    coloured = cv2.applyColorMap(tile, table)
    slots[rows, :, :, columns] = coloured.reshape(slots.shape[1], -1, grid.tile_width_px, 3)


def draw_tiles(
    area: Area, levels: Levels, numbers: NDArray[np.intp], grid: Grid, table: Table
) -> None:
    """Draw tiles into their slots.

    Args:
        area: uint8 ``(at least grid.height_px, at least grid.width_px, 3)`` RGB, a view of the
            picture; what is between the tiles stays as it is.
        levels: uint8 ``(tiles, height, width)``; where the grid reduces, height and width are
            multiples of its cells per pixel.
        numbers: Each tile's slot in the grid, row by row.
        grid: The slots.
        table: The colours, as ``colour_table`` gives them.
    """
    if not len(levels):
        return
    cells = reduced(levels, grid.zoom.cells_per_pixel)
    tiles, height, width = cells.shape
    # All tiles are one tall picture for what OpenCV does, and only as wide as they will be: a row
    # of cells becomes as many rows of pixels as it is high when it is written into its slot.
    tall = cells.reshape(tiles * height, width)
    cv2 = opencv()
    if grid.zoom.pixels_per_cell > 1:
        size = grid.tile_width_px, tiles * height
        tall = cv2.resize(tall, size, interpolation=cv2.INTER_NEAREST)
    coloured = cv2.applyColorMap(tall, table)
    rows, columns = np.divmod(numbers, grid.columns)
    rows_of_cells = coloured.reshape(tiles, height, 1, grid.tile_width_px, 3)
    _slots(area, grid)[rows, :, :, columns] = rows_of_cells


def _slots(area: Area, grid: Grid) -> Area:
    """Return a view: rows of tiles, rows of cells, pixels of a cell's height, columns, width."""
    down, right, channel = area.strides
    cell = grid.zoom.pixels_per_cell
    shape = (grid.rows, grid.tile_height_px // cell, cell, grid.columns, grid.tile_width_px, 3)
    tile_down = (grid.tile_height_px + grid.gap_px) * down
    tile_right = (grid.tile_width_px + grid.gap_px) * right
    steps = (tile_down, cell * down, down, tile_right, right, channel)
    return as_strided(area[: grid.height_px, : grid.width_px], shape, steps)


def reduced(levels: Levels, cells_per_pixel: int) -> Levels:
    """Return pictures ``(tiles, height, width)`` of which each pixel is the mean of a square.

    All tiles are one tall picture for that, which is ten times as fast as one by one.
    """
    if cells_per_pixel == 1:
        return levels
    if cells_per_pixel == 4:  # OpenCV halves six times as fast as it quarters
        levels, cells_per_pixel = reduced(levels, 2), 2
    tiles, height, width = levels.shape
    size = width // cells_per_pixel, tiles * height // cells_per_pixel
    tall = levels.reshape(tiles * height, width)
    cv2 = opencv()
    smaller: Levels = cv2.resize(tall, size, interpolation=cv2.INTER_AREA)
    return smaller.reshape(tiles, height // cells_per_pixel, size[0])
