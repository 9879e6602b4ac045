"""One column of a comparison: what the filters see at one resolution."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import FeatureMaps, LayerInfo
from donkey_activations.mosaic.arrangement import PlacedPanel
from donkey_activations.mosaic.comparison.filter_ranges import Limits
from donkey_activations.mosaic.comparison.flowing_text import FlowingText
from donkey_activations.mosaic.comparison.tiles import FONT, THEME, Band
from donkey_activations.mosaic.panels.base import Scene

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Side:
    """One resolution.

    Attributes:
        frame_hw: ``(height, width)`` of the frames that the filters see, in pixels.
        layers: The pilot's layers at this resolution.
        trained_hw: ``(height, width)`` that the pilot was trained at, where it is another.
    """

    frame_hw: tuple[int, int]
    layers: tuple[LayerInfo, ...]
    trained_hw: tuple[int, int] | None = None

    def heading(self, recorded_hw: tuple[int, int]) -> FlowingText:
        """Return what stands above the column.

        Args:
            recorded_hw: ``(height, width)`` in pixels of the frame that the camera gave.
        """
        height, width = self.frame_hw
        phrases = [(f"{width}x{height}", THEME.text)]
        # A picture that is not what the pilot computes says that before all else.
        if self.trained_hw is not None:
            mark = f"not the pilot's {self.trained_hw[1]}x{self.trained_hw[0]}"
            phrases.append((mark, THEME.quiet_text))
        if recorded_hw[0] < height or recorded_hw[1] < width:
            mark = f"enlarged from {recorded_hw[1]}x{recorded_hw[0]}: no new detail"
            phrases.append((mark, THEME.pilot))
        return FlowingText(phrases, FONT, space="   ")


@dataclass(frozen=True, eq=False)
class Seen:
    """One frame at one resolution.

    Attributes:
        frame: uint8 ``(height, width, 3)`` RGB.
        maps: Of all layers of the side, float32 ``(height, width, filters)`` each.
        recorded_hw: ``(height, width)`` in pixels of the frame that the camera gave.
    """

    frame: Picture
    maps: FeatureMaps
    recorded_hw: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Column:
    """All that is in one column.

    Attributes:
        side: The resolution.
        top_px: The first row.
        left_px: The first pixel of a row.
        width_px: Number of pixels in a row.
        frames: The panels that show the frame.
        bands: The tiles of each layer, and in which row their caption begins.
    """

    side: Side
    top_px: int
    left_px: int
    width_px: int
    frames: tuple[PlacedPanel, ...]
    bands: tuple[tuple[Band, int], ...]

    def write_captions(self, picture: Picture) -> None:
        """Draw what is the same in all frames.

        Args:
            picture: uint8 RGB, the whole comparison, written into.
        """
        for band, top in self.bands:
            band.write_caption(self._from(top, picture), self.side.frame_hw)

    def draw(self, picture: Picture, seen: Seen, limits: Mapping[str, Limits]) -> None:
        """Draw one frame.

        Args:
            picture: uint8 RGB, the whole comparison with its captions, written into.
            seen: The frame and its maps; left unchanged.
            limits: Of the filters that are shown, by the layer's name.
        """
        heading = self.side.heading(seen.recorded_hw)
        heading.write(self._from(self.top_px, picture), THEME.background)
        scene = Scene(seen.frame, self.side.layers, tuple(seen.maps))
        for placed in self.frames:
            placed.panel.draw(placed.area(picture), scene)
        names = (layer.name for layer in self.side.layers)
        maps = dict(zip(names, seen.maps, strict=True))
        for band, top in self.bands:
            name = band.layer.name
            band.draw(self._from(top + FONT.line_height_px, picture), maps[name], limits[name])

    def _from(self, top_px: int, picture: Picture) -> Picture:
        return picture[top_px:, self.left_px : self.left_px + self.width_px]
