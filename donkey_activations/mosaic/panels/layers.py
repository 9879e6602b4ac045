"""One band of tiles a layer."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic import choice, scaling
from donkey_activations.mosaic.colours import LEVELS, Table, colour_table
from donkey_activations.mosaic.grid import Grid, fit_grids
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting
from donkey_activations.mosaic.scaling import Measured
from donkey_activations.mosaic.tiles import draw_dead_tiles, draw_tiles, levels_by_filter

_RAMP_PX = 64
_LONGEST_LEGEND = "0  0.00123"


def make(setting: Setting, room_px: int) -> Sequence[Panel]:
    """Makes one panel for each layer that the layout shows.

    Raises:
        LayoutError: The layout names a layer or a filter that there is not.
    """
    by_name = {layer.name: layer for layer in setting.layers}
    layout = setting.layout
    shown = tuple(by_name) if layout.layers is None else layout.layers
    for key, names in (("layers", shown), ("per_layer", layout.per_layer)):
        for name in names:
            if name not in by_name:
                near = get_close_matches(name, by_name, 1) or by_name
                raise LayoutError(
                    f"{key}: expected layers of this pilot, such as {', '.join(near)}, got {name!r}"
                )
    layers = [by_name[name] for name in shown]
    grids = fit_grids(
        [(layer.height, layer.width, _tiles(layer, layout)) for layer in layers],
        setting.layers_height_px,
        room_px,
        layout.gap_px,
    )
    return [
        BandPanel(setting, layer, grid, room_px) for layer, grid in zip(layers, grids, strict=True)
    ]


def _tiles(layer: LayerInfo, layout: Layout) -> int:
    try:
        return choice.places(layer.filters, layout.style_of(layer.name))
    except LayoutError as error:
        raise LayoutError(f"{layer.name}: {error}") from error


class BandPanel(Panel):
    """The maps of one layer."""

    def __init__(self, setting: Setting, layer: LayerInfo, grid: Grid, room_px: int) -> None:
        """Finds the places of words and tiles."""
        self._setting = setting
        self._layer = layer
        self._style: LayerStyle = setting.layout.style_of(layer.name)
        self._grid = grid
        self._font = setting.font
        words_px = room_px - _RAMP_PX - self._font.width_px(_LONGEST_LEGEND)
        self._lines = (
            1 if words_px > self._font.width_px(layer.name + self._live(layer.filters)) else 2
        )
        self._top = self._lines * setting.caption_height_px
        self.height_px = self._top + self._grid.height_px
        self.width_px = room_px
        self._words_px = words_px
        self._words = self._what_it_is()
        self._words_end_px = 0

    def _what_it_is(self) -> str:
        layer = self._layer
        zoom = self._grid.zoom
        shown = f"x{zoom.pixels_per_cell}"
        if zoom.cells_per_pixel > 1:
            shown = f"1/{zoom.cells_per_pixel}"
        phrases = [layer.name, f"{layer.width}x{layer.height}x{layer.filters} ({shown})"]
        if layer.receptive_field is not None:
            height, width = layer.receptive_field
            phrases.append(f"sees {width}x{height} px")
        if self._style.order != "network":
            phrases.append(f"most {self._style.order} first")
        room_px = self.width_px
        if self._lines == 1:
            room_px = self._words_px - self._font.width_px(self._live(layer.filters))
        return self._font.fit(phrases, room_px) or layer.name

    def _live(self, live: int) -> str:
        return f"   {live} of {self._layer.filters} live"

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        theme = self._setting.theme
        if self._top:
            end = self._font.write(area, self._words, 0, theme.text, theme.background)
            self._words_end_px = end if self._lines == 1 else 0
        if not self._style.hide_dead:
            table = colour_table(self._setting.layout.colormap, theme)
            tiles = choice.places(self._layer.filters, self._style)
            draw_dead_tiles(area[self._top :], tiles, self._grid, table)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        measured = scene.measured[self._layer.name]
        low, high = self._limits(measured, scene)
        layout = self._setting.layout
        signed = low < 0
        colormap = layout.signed_colormap if signed else layout.colormap
        table = colour_table(colormap, self._setting.theme, layout.gamma, signed=signed)
        dead = measured.magnitudes() <= layout.dead_threshold
        chosen = choice.choose(measured.maps, dead, self._style)
        live = np.flatnonzero(~dead[chosen])
        levels = self._levels(measured, low, high)[chosen[live]]
        draw_tiles(area[self._top :], levels, live, self._grid, table)
        if self._top:
            line = area[self._top - self._setting.caption_height_px :]
            end = self._write_live(line, int((~dead).sum()), measured.replaced)
            self._draw_legend(line, (low, high), table, end)

    def _limits(self, measured: Measured, scene: Scene) -> tuple[float, float]:
        """Returns the values of the first and the last level; 0 is in the middle if any is less."""
        if isinstance(self._style.scaling, tuple):
            low, high = self._style.scaling
            return (low, high) if low >= 0 else (-max(-low, abs(high)), max(-low, abs(high)))
        top = float(measured.magnitudes().max())
        if self._style.scaling == "run":
            top = scene.run_tops.get(self._layer.name) or top
        return (-top, top) if measured.signed else (0.0, top)

    def _levels(self, measured: Measured, low: float, high: float) -> NDArray[np.uint8]:
        """Returns uint8 ``(filters, height, width)``, the edges repeated where the grid reduces."""

        def fill(inside: NDArray[np.uint8]) -> None:
            if self._style.scaling == "filter":
                tops = measured.magnitudes()
                lows = -tops if low < 0 else np.zeros_like(tops)
                scaling.each_to_levels(measured, lows, tops, inside)
            else:
                scaling.to_levels(measured, low, high, inside)

        return levels_by_filter(measured.maps.shape, self._grid.zoom.cells_per_pixel, fill)

    def _write_live(self, line: Area, live: int, replaced: bool) -> int:
        """Writes it where there is room; returns where the words in this line end."""
        theme, end = self._setting.theme, self._words_end_px
        words = "   not finite!" if replaced else self._live(live)
        if end + self._font.width_px(words) > self._words_px:
            return end
        return self._font.write(line, words, end, theme.quiet_text, theme.background)

    def _draw_legend(
        self, line: Area, limits: tuple[float, float], table: Table, words_end_px: int
    ) -> None:
        theme = self._setting.theme
        low, high = f"{limits[0]:.3g} ", f" {limits[1]:.3g}"
        if self._style.scaling == "filter":
            low, high = "-own " if limits[0] < 0 else "0 ", " own max"
        # From the right, as much of it as there is room for.
        ramp_end = self.width_px - self._font.width_px(high)
        if ramp_end < words_end_px:
            return
        self._font.write(line, high, ramp_end, theme.quiet_text, theme.background)
        ramp_start = ramp_end - _RAMP_PX
        if ramp_start < words_end_px:
            return
        line[4 : self._setting.caption_height_px - 4, ramp_start:ramp_end] = table[_RAMP_LEVELS, 0]
        left = ramp_start - self._font.width_px(low)
        if left > words_end_px:
            self._font.write(line, low, left, theme.quiet_text, theme.background)


_RAMP_LEVELS = np.linspace(0, LEVELS - 1, _RAMP_PX).round().astype(np.intp)
