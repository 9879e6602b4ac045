"""What every panel offers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.colours import THEMES, Theme
from donkey_activations.mosaic.controls import Controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.scaling import Extremes, Maps, only_numbers
from donkey_activations.mosaic.text import Font

Area = NDArray[np.uint8]

_USUAL_WIDTH_PX = {"stacked": 656, "beside": 1280}


@dataclass(frozen=True)
class Setting:
    """What is the same in all frames.

    Attributes:
        frame_hw: ``(height, width)`` of the camera's frame in pixels.
        layers: The pilot's layers.
        layout: The look.
        drivers: Whose controls are known: ``user``, ``pilot``, both or none.
        frame_height_px: What the camera's frame may take in height, here and in every panel.
        layers_height_px: What the tiles of all layers together may take in height.
    """

    frame_hw: tuple[int, int]
    layers: tuple[LayerInfo, ...]
    layout: Layout
    drivers: tuple[str, ...]
    frame_height_px: int
    layers_height_px: int

    @property
    def theme(self) -> Theme:
        """The colours."""
        return THEMES[self.layout.theme]

    @property
    def font(self) -> Font:
        """The letters: larger in a wide picture, which is shown smaller or seen from farther."""
        usual_px = _USUAL_WIDTH_PX[self.layout.arrangement]
        return Font(max(1.0, round(4 * self.layout.width_px / usual_px) / 4))

    @property
    def caption_height_px(self) -> int:
        """Height of one line of text; 0 without captions."""
        return self.font.line_height_px if self.layout.captions else 0


@dataclass(frozen=True)
class Numbers:
    """A layer's maps in one frame, finite, and what they are made of."""

    maps: Maps
    extremes: Extremes
    replaced: bool

    @property
    def magnitudes(self) -> Maps:
        """The distances from 0, float32 ``(height, width, filters)``."""
        return np.abs(self.maps) if self.extremes.signed else self.maps


@dataclass(frozen=True, eq=False)
class Scene:
    """One frame.

    Attributes:
        frame: uint8 ``(height, width, 3)`` RGB.
        layers: The pilot's layers.
        maps: Their maps, ``(height, width, filters)`` each.
        controls: By driver, ``user`` or ``pilot``.
        run_tops: The value at full brightness over the run, by the layer's name.
    """

    frame: NDArray[np.uint8]
    layers: tuple[LayerInfo, ...]
    maps: tuple[NDArray[np.float32], ...]
    controls: Mapping[str, Controls] = field(default_factory=dict)
    run_tops: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> dict[str, Numbers]:
        """The layers' maps as finite numbers, by the layer's name."""
        return {
            layer.name: Numbers(*only_numbers(maps))
            for layer, maps in zip(self.layers, self.maps, strict=True)
        }


class Panel(ABC):
    """A rectangle of the picture.

    Attributes:
        height_px: Its height.
        width_px: Its width.
    """

    height_px: int
    width_px: int

    @abstractmethod
    def draw_once(self, area: Area) -> None:
        """Draws what is the same in all frames.

        Args:
            area: uint8 ``(height_px, width_px, 3)`` RGB, filled with the background.
        """

    @abstractmethod
    def draw(self, area: Area, scene: Scene) -> None:
        """Draws what is this frame's.

        Args:
            area: uint8 ``(height_px, width_px, 3)`` RGB, as ``draw_once`` has left it.
            scene: The frame.
        """
