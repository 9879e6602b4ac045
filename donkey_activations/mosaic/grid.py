"""Where the tiles of a layer go."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Protocol, TypeVar

# Of a tile's longer side.
_SMALLEST_TILE_PX = 16
_LARGEST_CELL_PX = 32
# OpenCV halves ten times as fast as it divides by 3.
HALVINGS = (64, 32, 16, 8, 4, 2)


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
        """Return how many pixels so many cells take; a rest at the edge is a pixel, too."""
        return ceil(cells / self.cells_per_pixel) * self.pixels_per_cell


@dataclass(frozen=True)
class Grid:
    """The slots of a layer's tiles, in pixels."""

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

    @property
    def legibility(self) -> tuple[float, int]:
        """Pixels of a row for each cell, at most 1; and a tile's area."""
        return 1 / self.zoom.cells_per_pixel, self.tile_height_px * self.tile_width_px


class _Sized(Protocol):
    @property
    def height_px(self) -> int: ...

    @property
    def legibility(self) -> tuple[float, int]: ...


_Row = TypeVar("_Row", bound=_Sized)


def largest_zoom(height: int, width: int, room_height_px: int, room_width_px: int) -> Zoom:
    """Return the largest zoom at which one picture of so many cells fits into a room."""
    enlarged = min(room_height_px // height, room_width_px // width)
    if enlarged >= 1:
        return Zoom(pixels_per_cell=enlarged)
    return Zoom(cells_per_pixel=max(ceil(height / room_height_px), ceil(width / room_width_px)))


def fit_grids(
    shapes: Sequence[tuple[int, int, int]], room_height_px: int, room_width_px: int, gap_px: int
) -> tuple[Grid, ...]:
    """Share a height out between layers, so that all of them are as legible as can be.

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
    ladders = [_from_small_to_large(shape, room_width_px, gap_px) for shape in shapes]
    return grow_evenly(ladders, room_height_px)


def grow_evenly(ladders: Sequence[Sequence[_Row]], room_height_px: int) -> tuple[_Row, ...]:
    """Share a height out between rows: the one that is reduced most grows first.

    Args:
        ladders: The sizes that each row can have, one or more, from small to large.
        room_height_px: Height of all rows together; exceeded only by the smallest of each.

    Returns:
        One size a row.
    """
    chosen = [0] * len(ladders)
    free_px = room_height_px - sum(sizes[0].height_px for sizes in ladders)
    growing = set(range(len(ladders)))
    while growing:
        row = min(growing, key=lambda n: (*ladders[n][chosen[n]].legibility, n))
        sizes, larger = ladders[row], chosen[row] + 1
        more_px = sizes[larger].height_px - sizes[larger - 1].height_px if sizes[larger:] else 0
        if not sizes[larger:] or more_px > free_px:
            growing.remove(row)
        else:
            chosen[row] = larger
            free_px -= more_px
    return tuple(sizes[number] for sizes, number in zip(ladders, chosen, strict=True))


def _from_small_to_large(
    shape: tuple[int, int, int], room_width_px: int, gap_px: int
) -> list[Grid]:
    """Return the grids that a layer can have, those too small to be legible left out."""
    height, width, _ = shape
    most = max(height, width) // _SMALLEST_TILE_PX
    zooms = [Zoom(cells_per_pixel=cells) for cells in HALVINGS if cells <= most]
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
