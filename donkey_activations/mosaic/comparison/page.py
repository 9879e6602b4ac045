"""The same filters at several resolutions side by side, so that tiles can be compared."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.arrangement import PlacedPanel
from donkey_activations.mosaic.comparison.column import Column, Seen, Side
from donkey_activations.mosaic.comparison.filter_ranges import Limits
from donkey_activations.mosaic.comparison.flowing_text import FlowingText
from donkey_activations.mosaic.comparison.grid import Subject, TileRow, fit_rows
from donkey_activations.mosaic.comparison.tiles import (
    FONT,
    HEIGHT_PX,
    LAYOUT,
    THEME,
    WIDTH_PX,
    Band,
)
from donkey_activations.mosaic.contact_sheet import spread
from donkey_activations.mosaic.panels.base import Setting
from donkey_activations.mosaic.panels.camera import CameraPanel
from donkey_activations.mosaic.panels.saliency import SaliencyPanel
from donkey_activations.mosaic.saliency import is_sequential
from donkey_activations.mosaic.text import Font

Picture = NDArray[np.uint8]
Filters = Mapping[str, Sequence[int]]

# More of them are too small to be compared at a glance.
MOST_TILES = 8
_FEWEST_TILES = 4
# With these, tiles of the stock pilot's first layer at 640x360 fit in with a pixel for each cell:
# three of them in each of two columns, two in each of three.
_MARGIN_PX, _COLUMN_GAP_PX, _ROW_GAP_PX, _TILE_GAP_PX = 1, 3, 3, 1
# In more columns, a second frame would make both too small.
_MOST_COLUMNS_WITH_TWO_FRAMES = 2

_LOOKS = ", and where the pilot looks (VisualBackProp)"
_LEGEND = "below, the same filters at every size, each from 0 to its largest value at any of them"
_LEGEND_FONT = Font(1.25)
_LEGEND_GAP_PX = 12
_LEAST_LEGEND_PX = 200


class Comparison:
    """A column for each resolution: camera, where the pilot looks, and a few filters of layers.

    A tile and its counterparts are at the same position in their columns, about equally wide, and
    on one scale.

    Attributes:
        size_hw: ``(height, width)`` of every picture in pixels, both even; at most 1080x1920.
        filters: The filters that are shown by the layer's name: as many of those given as are
            legible, the first ones first, and of very many layers some that are spread evenly.
    """

    def __init__(self, sides: Sequence[Side], filters: Filters) -> None:
        """Find all positions.

        Args:
            sides: One or more, of the same pilot.
            filters: The numbers of filters, counted from 0, by the layer's name, the most telling
                first.

        Raises:
            LayoutError: There is no such layer or filter, or there are too many sides.
        """
        _check(sides, filters)
        columns_px = WIDTH_PX - 2 * _MARGIN_PX - (len(sides) - 1) * _COLUMN_GAP_PX
        self._room_px = columns_px // len(sides)
        # Two frames at most: the camera's, and the one with what the pilot looks at.
        self._frames = 2 if len(sides) <= _MOST_COLUMNS_WITH_TWO_FRAMES else 1
        # Whichever smaller size a camera gives, its name is no longer than this one.
        headings = [side.heading((side.frame_hw[0] - 1, side.frame_hw[1])) for side in sides]
        self._top_px = _MARGIN_PX + max(text.height_px(self._room_px) for text in headings)
        frames, rows = self._fit(sides, filters)
        self.filters = {name: tuple(filters[name][: row.tiles]) for name, row in rows.items()}
        heights_px = [FONT.line_height_px + row.height_px + _ROW_GAP_PX for row in rows.values()]
        first_px = self._top_px + frames.height_px + _ROW_GAP_PX
        *tops, end_px = accumulate(heights_px, initial=first_px)
        self.size_hw = end_px + end_px % 2, WIDTH_PX
        self._columns = [
            self._column(number, side, frames, [*zip(rows.items(), tops, strict=True)])
            for number, side in enumerate(sides)
        ]
        self._blank = self._draw_blank(frames)

    def draw(self, seen: Sequence[Seen], limits: Mapping[str, Limits]) -> Picture:
        """Draw one frame at all resolutions.

        Args:
            seen: One for each side; left unchanged.
            limits: Of the filters that are shown, by the layer's name.

        Returns:
            uint8 ``(*size_hw, 3)`` RGB.
        """
        picture = self._blank.copy()
        for column, one in zip(self._columns, seen, strict=True):
            column.draw(picture, one, limits)
        return picture

    def _fit(self, sides: Sequence[Side], filters: Filters) -> tuple[TileRow, dict[str, TileRow]]:
        """Return the row of frames, and those of as many layers as there is room for."""
        by_name = [{layer.name: layer for layer in side.layers} for side in sides]
        for count in range(len(filters), 0, -1):
            names = [list(filters)[number] for number in spread(count, len(filters))]
            frame_sizes = tuple(side.frame_hw for side in sides)
            subjects = [Subject(frame_sizes, self._frames, self._frames)]
            for name in names:
                shapes = tuple((layers[name].height, layers[name].width) for layers in by_name)
                most = min(MOST_TILES, len(filters[name]))
                subjects.append(Subject(shapes, min(_FEWEST_TILES, most), most))
            room_px = HEIGHT_PX - self._top_px - _ROW_GAP_PX
            room_px -= count * (FONT.line_height_px + _ROW_GAP_PX)
            rows = fit_rows(subjects, room_px, self._room_px, _TILE_GAP_PX)
            if rows is not None:
                return rows[0], dict(zip(names, rows[1:], strict=True))
        raise LayoutError(
            f"expected resolutions that are legible side by side in {WIDTH_PX}x{HEIGHT_PX} pixels, "
            f"got {', '.join(f'{s.frame_hw[1]}x{s.frame_hw[0]}' for s in sides)}; name fewer"
        )

    def _column(
        self,
        number: int,
        side: Side,
        frames: TileRow,
        rows: Sequence[tuple[tuple[str, TileRow], int]],
    ) -> Column:
        left = _MARGIN_PX + number * (self._room_px + _COLUMN_GAP_PX)
        height, width = frames.sizes_hw[number]
        setting = Setting(side.frame_hw, side.layers, LAYOUT, (), height, 0)
        shown = [PlacedPanel(CameraPanel(setting, width), self._top_px, left)]
        if self._frames > 1 and is_sequential(side.layers):
            beside = left + frames.pitch_px
            shown.append(PlacedPanel(SaliencyPanel(setting, width), self._top_px, beside))
        by_name = {layer.name: layer for layer in side.layers}
        bands = tuple(
            (Band(by_name[name], self.filters[name], row.zooms[number], row.pitch_px), top)
            for (name, row), top in rows
        )
        return Column(side, _MARGIN_PX, left, self._room_px, tuple(shown), bands)

    def _draw_blank(self, frames: TileRow) -> Picture:
        blank = np.empty((*self.size_hw, 3), np.uint8)
        blank[:] = THEME.background
        for column in self._columns:
            column.write_captions(blank)
        left = _MARGIN_PX + frames.tiles * frames.pitch_px + _LEGEND_GAP_PX
        right = _MARGIN_PX + self._room_px - _LEGEND_GAP_PX
        area = blank[self._top_px :, left : max(left, right)]
        looks = len(self._columns[0].frames) > 1
        words = f"camera{_LOOKS if looks else ''}; {_LEGEND}".split()
        legend = FlowingText([(word, THEME.quiet_text) for word in words], _LEGEND_FONT)
        room_px = area.shape[1]
        if room_px >= _LEAST_LEGEND_PX and legend.height_px(room_px) <= frames.height_px:
            legend.write(area, THEME.background)
        return blank


def _check(sides: Sequence[Side], filters: Filters) -> None:
    if not filters:
        raise LayoutError("expected one layer or more to compare, got none; name some")
    for side in sides:
        counts = {layer.name: layer.filters for layer in side.layers}
        for name, numbers in filters.items():
            if name not in counts:
                raise LayoutError(
                    f"expected layers of this pilot, such as {', '.join(counts)}, got {name!r}"
                )
            if not numbers or not 0 <= min(numbers) <= max(numbers) < counts[name]:
                raise LayoutError(
                    f"{name}: expected filters from 0 to {counts[name] - 1}, got {list(numbers)}"
                )
