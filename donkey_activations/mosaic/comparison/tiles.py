"""One layer's tiles in one column of a comparison."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.formatting import percent
from donkey_activations.mosaic.brightness import USUAL_GAMMA
from donkey_activations.mosaic.colours import THEMES, colour_table
from donkey_activations.mosaic.comparison.filter_ranges import Limits
from donkey_activations.mosaic.grid import Grid, Zoom
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.scaling import each_to_levels, measure
from donkey_activations.mosaic.text import Font
from donkey_activations.mosaic.tiles import draw_tiles, levels_by_filter

Area = NDArray[np.uint8]

# The largest that every screen shows; its words are legible on one of 1280x720, too.
WIDTH_PX, HEIGHT_PX = 1920, 1080
FONT = Font(1.5)
LAYOUT = Layout(arrangement="beside", width_px=WIDTH_PX, captions=False)
THEME = THEMES[LAYOUT.theme]


@dataclass(frozen=True)
class Band:
    """A caption, and below it the maps of a few filters.

    Attributes:
        layer: The layer at this resolution.
        filters: The numbers of the filters shown, counted from 0.
        zoom: How cells become pixels.
        pitch_px: From where a tile begins to where the next one does.
    """

    layer: LayerInfo
    filters: tuple[int, ...]
    zoom: Zoom
    pitch_px: int

    def write_caption(self, area: Area, frame_hw: tuple[int, int]) -> None:
        """Write the line above the tiles.

        Args:
            area: uint8 ``(at least a line, width, 3)`` RGB, written into.
            frame_hw: ``(height, width)`` in pixels of the frames at this resolution.
        """
        cells = f"{self.layer.width}x{self.layer.height} cells"
        if self.zoom.cells_per_pixel > 1:
            cells += f" (1/{self.zoom.cells_per_pixel})"
        phrases = [self.layer.name, cells]
        if self.layer.receptive_field is not None:
            height, width = self.layer.receptive_field
            share = percent(height * width / (frame_hw[0] * frame_hw[1]))
            phrases += [f"one sees {width}x{height} px", f"{share} of the view"]
        words = FONT.fit(phrases, area.shape[1]) or self.layer.name
        FONT.write(area, words, 0, THEME.text, THEME.background)

    def draw(self, area: Area, maps: NDArray[np.float32], limits: Limits) -> None:
        """Draw the tiles of one frame.

        Args:
            area: uint8 ``(height, width, 3)`` RGB with room for the tiles, written into.
            maps: All of the layer, float32 ``(height, width, filters)``; left unchanged.
            limits: Of the filters shown.
        """
        measured = measure(np.take(maps, self.filters, axis=2))
        levels = levels_by_filter(
            measured.maps.shape,
            self.zoom.cells_per_pixel,
            lambda inside: each_to_levels(measured, limits.lows, limits.highs, inside),
        )
        signed = bool(limits.lows.min() < 0)
        colormap = LAYOUT.signed_colormap if signed else LAYOUT.colormap
        table = colour_table(colormap, THEME, USUAL_GAMMA, signed=signed)
        draw_tiles(area, levels, np.arange(len(self.filters)), self._grid(), table)

    def _grid(self) -> Grid:
        height = self.zoom.length_px(self.layer.height)
        width = self.zoom.length_px(self.layer.width)
        return Grid(1, len(self.filters), height, width, self.pitch_px - width, self.zoom)
