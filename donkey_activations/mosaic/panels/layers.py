"""One band of tiles a layer."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic import scaling, tile_order
from donkey_activations.mosaic.brightness import USUAL_GAMMA, gamma_for
from donkey_activations.mosaic.colours import colour_table
from donkey_activations.mosaic.grid import Grid, fit_grids
from donkey_activations.mosaic.layout import LayerStyle
from donkey_activations.mosaic.legend import LONGEST, RAMP_PX, Legend, Scale
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting
from donkey_activations.mosaic.scaling import Measured
from donkey_activations.mosaic.tiles import draw_dead_tiles, draw_tiles, levels_by_filter


def make(setting: Setting, available_width_px: int) -> Sequence[Panel]:
    """Make one panel for each layer that the layout shows.

    Raises:
        LayoutError: The layout names a layer or a filter that there is not.
    """
    by_name = {layer.name: layer for layer in setting.layers}
    layout = setting.layout
    shown = layout.layers if isinstance(layout.layers, tuple) else tuple(by_name)
    for key, names in (("layers", shown), ("per_layer", layout.per_layer)):
        for name in names:
            if name not in by_name:
                near = get_close_matches(name, by_name, 1) or by_name
                raise LayoutError(
                    f"{key}: expected layers of this pilot, such as {', '.join(near)}, got {name!r}"
                )
    layers = [by_name[name] for name in shown]
    grids = fit_grids(
        [(layer.height, layer.width, _tiles(layer, setting)) for layer in layers],
        setting.layers_height_px,
        available_width_px,
        layout.gap_px,
    )
    return [
        BandPanel(setting, layer, grid, available_width_px)
        for layer, grid in zip(layers, grids, strict=True)
    ]


def is_frame_sized(setting: Setting) -> bool:
    """See ``PanelModule``."""
    return False


def _tiles(layer: LayerInfo, setting: Setting) -> int:
    style = setting.layout.style_of(layer.name)
    try:
        return tile_order.slot_count(layer.filters, style, _left_out(layer, setting))
    except LayoutError as error:
        raise LayoutError(f"{layer.name}: {error}") from error


def _left_out(layer: LayerInfo, setting: Setting) -> frozenset[int]:
    silent = setting.silent.get(layer.name)
    return frozenset() if silent is None else silent.filters


class BandPanel(Panel):
    """The maps of one layer."""

    def __init__(
        self, setting: Setting, layer: LayerInfo, grid: Grid, available_width_px: int
    ) -> None:
        """Find the positions of words and tiles."""
        self._setting = setting
        self._layer = layer
        self._style: LayerStyle = setting.layout.style_of(layer.name)
        self._left_out = _left_out(layer, setting)
        self._grid = grid
        self._font = setting.font
        self._legend = Legend(self._font, setting.theme)
        words_px = available_width_px - RAMP_PX - self._font.width_px(LONGEST)
        self._lines = (
            1 if words_px > self._font.width_px(layer.name + self._live(layer.filters)) else 2
        )
        self._top = self._lines * setting.caption_height_px
        self.height_px = self._top + self._grid.height_px
        self.width_px = available_width_px
        self._words_px = words_px
        self._words = self._what_it_is()
        self._words_end_px = 0

    def _what_it_is(self) -> str:
        layer = self._layer
        shape = f"{layer.width}x{layer.height}x{layer.filters}"
        phrases = [layer.name, f"{shape} ({self._grid.zoom.words})"]
        missing = ""
        if self._left_out:
            frames = self._setting.silent[layer.name].frames
            missing = f"{len(self._left_out)} of {layer.filters} never fire in {frames} frames"
            phrases.append(missing)
        if layer.receptive_field is not None:
            height, width = layer.receptive_field
            phrases.append(f"sees {width}x{height} px")
        if self._style.order != "network":
            phrases.append(f"most {self._style.order} first")
        available_width_px = self.width_px
        if self._lines == 1:
            available_width_px = self._words_px - self._font.width_px(self._live(layer.filters))
        words = self._font.fit(phrases, available_width_px)
        if missing not in words:
            words = self._font.fit([layer.name, missing], available_width_px)
        return words or layer.name

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
            tiles = tile_order.slot_count(self._layer.filters, self._style, self._left_out)
            draw_dead_tiles(area[self._top :], tiles, self._grid, table)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        measured = scene.measured[self._layer.name]
        scale = self._scale(measured, scene)
        theme = self._setting.theme
        table = colour_table(scale.colormap, theme, scale.gamma, signed=scale.signed)
        dead = measured.dead(self._setting.layout.dead_threshold)
        chosen = tile_order.choose(measured.maps, dead, self._style, self._left_out)
        live = np.flatnonzero(~dead[chosen])
        levels = self._levels(measured, scale)[chosen[live]]
        draw_tiles(area[self._top :], levels, live, self._grid, table)
        if self._top:
            line = area[self._top - self._setting.caption_height_px :]
            end = self._write_live(line, int((~dead).sum()), measured)
            self._legend.draw(line, scale, end)

    def _scale(self, measured: Measured, scene: Scene) -> Scale:
        layout, wanted = self._setting.layout, self._style.scaling
        gamma = USUAL_GAMMA if layout.gamma is None else layout.gamma
        if isinstance(wanted, tuple):
            low, high = wanted
            if low < 0:
                low, high = -max(-low, abs(high)), max(-low, abs(high))
        else:
            high, usual = float(measured.magnitudes().max()), measured.usual()
            run = scene.run.get(self._layer.name) if wanted == "run" else None
            if run is not None and run.top:
                high, usual = run.top, usual if run.usual is None else run.usual
            low = -high if measured.signed else 0.0
            if layout.gamma is None and wanted != "filter" and high:
                gamma = gamma_for(usual / high)
        colormap = layout.signed_colormap if low < 0 else layout.colormap
        return Scale(low, high, gamma, colormap, wanted == "filter")

    def _levels(self, measured: Measured, scale: Scale) -> NDArray[np.uint8]:
        """Return uint8 ``(filters, height, width)``, the edges repeated where the grid reduces."""

        def fill(inside: NDArray[np.uint8]) -> None:
            if scale.own:
                tops = measured.magnitudes()
                lows = -tops if scale.signed else np.zeros_like(tops)
                scaling.each_to_levels(measured, lows, tops, inside)
            else:
                scaling.to_levels(measured, scale.low, scale.high, inside)

        return levels_by_filter(measured.maps.shape, self._grid.zoom.cells_per_pixel, fill)

    def _write_live(self, line: Area, live: int, measured: Measured) -> int:
        """Write how many filters are live; returns where the words in this line end.

        It is left out where there is no room beside a legend. That values are no numbers is said in
        any case.
        """
        theme, end = self._setting.theme, self._words_end_px
        words, available_width_px = self._live(live), self._words_px
        colour = theme.quiet_text
        if measured.not_finite is not None:
            number = np.count_nonzero(measured.not_finite)
            colour = theme.text
            for words, available_width_px in (
                (f"   NaN or infinity in {number} of {self._layer.filters}", self._words_px),
                ("   not finite!", self.width_px),
            ):
                if end + self._font.width_px(words) <= available_width_px:
                    break
        if end + self._font.width_px(words) > available_width_px:
            return end
        return self._font.write(line, words, end, colour, theme.background)
