"""How large tiles are that show the same at several resolutions, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from donkey_activations.mosaic.grid import HALVINGS, Zoom, grow_evenly

_SMALLEST_TILE_PX = 64
_WIDEST_GAP_PX = 8
_LEAST_FOR_DETAIL = 2


@dataclass(frozen=True)
class Subject:
    """What one row of tiles shows.

    Attributes:
        shapes_hw: ``(height, width)`` of one picture in cells, at each resolution.
        least: So many tiles there are at least; two will do where fewer are the price of a pixel
            for each cell.
        most: And so many at most.
    """

    shapes_hw: tuple[tuple[int, int], ...]
    least: int
    most: int


@dataclass(frozen=True)
class TileRow:
    """A row of tiles, in pixels; those of every resolution have the same pitch.

    Attributes:
        subject: What it shows.
        zooms: How cells become pixels, at each resolution.
        tiles: How many there are.
        gap_px: Space between two of the widest tiles.
    """

    subject: Subject
    zooms: tuple[Zoom, ...]
    tiles: int
    gap_px: int

    @cached_property
    def sizes_hw(self) -> tuple[tuple[int, int], ...]:
        """``(height, width)`` of a tile in pixels, at each resolution."""
        return tuple(
            (zoom.length_px(height), zoom.length_px(width))
            for zoom, (height, width) in zip(self.zooms, self.subject.shapes_hw, strict=True)
        )

    @property
    def height_px(self) -> int:
        """Height of the highest tile."""
        return max(height for height, _ in self.sizes_hw)

    @property
    def pitch_px(self) -> int:
        """From where a tile begins to where the next one does."""
        return max(width for _, width in self.sizes_hw) + self.gap_px

    @property
    def legibility(self) -> tuple[float, int]:
        """Pixels of a row for each cell where these are finest, at most 1; and a tile's area."""
        worst = max(zoom.cells_per_pixel for zoom in self.zooms)
        return 1 / worst, self.height_px * self.pitch_px


def fit_rows(
    subjects: Sequence[Subject], room_height_px: int, room_width_px: int, gap_px: int
) -> tuple[TileRow, ...] | None:
    """Share a height out between rows, so that all of them are as legible as can be.

    Cells become squares of a whole number of pixels, so that tiles of different resolutions are
    nearly as wide as each other, and not quite. The row that is reduced most grows first, among
    equals the one with the smallest tiles; larger tiles mean fewer of them.

    Args:
        subjects: What each row shows.
        room_height_px: Height of all rows together.
        room_width_px: Width of each row.
        gap_px: The least space between two tiles.

    Returns:
        One row a subject; None where not even small ones fit.
    """
    ladders = [_from_small_to_large(subject, room_width_px, gap_px) for subject in subjects]
    if not all(ladders):
        return None
    rows = grow_evenly(ladders, room_height_px)
    return rows if sum(row.height_px for row in rows) <= room_height_px else None


def _from_small_to_large(subject: Subject, room_width_px: int, gap_px: int) -> list[TileRow]:
    height, width = max(subject.shapes_hw, key=lambda shape: shape[0] * shape[1])
    zooms = [Zoom(cells_per_pixel=cells) for cells in HALVINGS if cells <= min(height, width)]
    zooms += [Zoom(pixels_per_cell=pixels) for pixels in range(1, room_width_px // width + 1)]
    rows = []
    for zoom in zooms:
        wanted_px = zoom.length_px(width)
        if wanted_px < _SMALLEST_TILE_PX:
            continue
        nearest = tuple(_nearest_zoom(cells, wanted_px) for _, cells in subject.shapes_hw)
        row = TileRow(subject, nearest, subject.most, gap_px)
        tiles = min(subject.most, (room_width_px + gap_px) // row.pitch_px)
        least = subject.least
        if zoom.pixels_per_cell == 1:
            least = min(least, _LEAST_FOR_DETAIL)
        if tiles >= least:
            rest_px = room_width_px + gap_px - tiles * row.pitch_px
            gap = min(_WIDEST_GAP_PX, gap_px + rest_px // max(1, tiles - 1))
            rows.append(replace(row, tiles=tiles, gap_px=gap))
    return rows


def _nearest_zoom(cells: int, wanted_px: int) -> Zoom:
    """Return the zoom at which so many cells come nearest to a width."""
    if cells <= wanted_px:
        return Zoom(pixels_per_cell=round(wanted_px / cells))
    return Zoom(cells_per_pixel=round(cells / wanted_px))
