"""Where the tiles of a layer go."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2

# Of a tile's longer side.
_SMALLEST_TILE_PX = 16
_LARGEST_CELL_PX = 32
# OpenCV halves ten times as fast as it divides by 3.
_HALVINGS = (64, 32, 16, 8, 4, 2)


@dataclass(frozen=True)
class Zoom:
    """How cells become pixels, always by a whole number so that none is dropped or smeared.

    Attributes:
        pixels_per_cell: Width and height of the square that a cell becomes; 1 where maps are
            reduced.
        cells_per_pixel: Width and height of the square of cells whose mean a pixel is; 1 where
            maps are enlarged.
    """

    pixels_per_cell: int = 1
    cells_per_pixel: int = 1

    @property
    def words(self) -> str:
        """What a caption says of it: ``x2``, or ``1/2`` where two cells are a pixel."""
        if self.cells_per_pixel > 1:
            return f"1/{self.cells_per_pixel}"
        return f"x{self.pixels_per_cell}"

    def length_px(self, cells: int) -> int:
        """Returns how many pixels so many cells take; a rest at the edge is a pixel, too."""
        return ceil(cells / self.cells_per_pixel) * self.pixels_per_cell


@dataclass(frozen=True)
class Grid:
    """The places of a layer's tiles, in pixels."""

    rows: int
    columns: int
    tile_height_px: int
    tile_width_px: int
    gap_px: int
    zoom: Zoom

    @property
    def height_px(self) -> int:
        """Height of all rows with the gaps between them."""
        return self.rows * (self.tile_height_px + self.gap_px) - self.gap_px

    @property
    def width_px(self) -> int:
        """Width of all columns with the gaps between them."""
        return self.columns * (self.tile_width_px + self.gap_px) - self.gap_px


def largest_zoom(height: int, width: int, room_height_px: int, room_width_px: int) -> Zoom:
    """Returns the largest zoom at which one picture of so many cells fits into a room."""
    enlarged = min(room_height_px // height, room_width_px // width)
    if enlarged >= 1:
        return Zoom(pixels_per_cell=enlarged)
    return Zoom(cells_per_pixel=max(ceil(height / room_height_px), ceil(width / room_width_px)))


def fit_grids(
    shapes: Sequence[tuple[int, int, int]], room_height_px: int, room_width_px: int, gap_px: int
) -> tuple[Grid, ...]:
    """Shares a height out between layers, so that all of them are as legible as can be.

    The layer that is reduced most grows first, because it loses most, so that no layer is shown in
    less detail than one that has less; among equals the one with the smallest tiles.

    Args:
        shapes: ``(height, width, tiles)`` of each layer: its maps in cells, and how many are shown.
        room_height_px: Height of all grids together; where tiles would get too small to be legible,
            it is exceeded.
        room_width_px: Width of each grid, never exceeded.
        gap_px: Space between two tiles.

    Returns:
        One grid a layer.
    """
    sizes = [_from_small_to_large(shape, room_width_px, gap_px) for shape in shapes]
    chosen = [0] * len(sizes)
    taken_px = sum(grids[0].height_px for grids in sizes)
    growing = set(range(len(sizes)))
    while growing:
        layer = min(growing, key=lambda n: (*_legibility(sizes[n][chosen[n]]), n))
        grids, number = sizes[layer], chosen[layer]
        if number + 1 == len(grids):
            growing.remove(layer)
            continue
        more_px = grids[number + 1].height_px - grids[number].height_px
        if taken_px + more_px > room_height_px:
            growing.remove(layer)
            continue
        chosen[layer] += 1
        taken_px += more_px
    return tuple(grids[number] for grids, number in zip(sizes, chosen, strict=True))


def _legibility(grid: Grid) -> tuple[float, int]:
    return 1 / grid.zoom.cells_per_pixel, grid.tile_height_px * grid.tile_width_px


def _from_small_to_large(
    shape: tuple[int, int, int], room_width_px: int, gap_px: int
) -> list[Grid]:
    """Returns the grids that a layer can have, those too small to be legible left out."""
    height, width, _ = shape
    most = max(height, width) // _SMALLEST_TILE_PX
    zooms = [Zoom(cells_per_pixel=cells) for cells in _HALVINGS if cells <= most]
    zooms += [Zoom(pixels_per_cell=pixels) for pixels in range(1, _LARGEST_CELL_PX + 1)]
    fitting = [zoom for zoom in zooms if zoom.length_px(width) <= room_width_px]
    narrowest = Zoom(cells_per_pixel=2 ** ceil(log2(width / room_width_px)))
    return [_grid(shape, room_width_px, gap_px, zoom) for zoom in fitting or [narrowest]]


def _grid(shape: tuple[int, int, int], room_width_px: int, gap_px: int, zoom: Zoom) -> Grid:
    height, width, tiles = shape
    tile_height, tile_width = zoom.length_px(height), zoom.length_px(width)
    most = max(1, (room_width_px + gap_px) // (tile_width + gap_px))
    rows = ceil(tiles / most)
    # As many in each row as in the others, or nearly so.
    return Grid(rows, ceil(tiles / rows), tile_height, tile_width, gap_px, zoom)
