"""What every panel offers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.colours import THEMES, Theme
from donkey_activations.mosaic.controls import Controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.resizing import resize
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.scaling import Measured, measure
from donkey_activations.mosaic.text import Font
from donkey_activations.mosaic.tile_order import Silent

Area = NDArray[np.uint8]

_USUAL_WIDTH_PX = {"stacked": 664, "beside": 1280}


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
        trained_hw: ``(height, width)`` of the pilot's own input, where the frame has another size.
        camera_hw: ``(height, width)`` of what the frame was made of, where that had another size.
        silent: Filters that are left out because they never fire, by the layer's name.
        unfed_inputs: Names of inputs that were 0 because nobody fed them.
    """

    frame_hw: tuple[int, int]
    layers: tuple[LayerInfo, ...]
    layout: Layout
    drivers: tuple[str, ...]
    frame_height_px: int
    layers_height_px: int
    trained_hw: tuple[int, int] | None = None
    camera_hw: tuple[int, int] | None = None
    silent: Mapping[str, Silent] = field(default_factory=dict)
    unfed_inputs: tuple[str, ...] = ()

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


@dataclass(frozen=True, eq=False)
class Scene:
    """One frame.

    Attributes:
        frame: uint8 ``(height, width, 3)`` RGB.
        layers: The pilot's layers.
        maps: Their maps, ``(height, width, filters)`` each.
        controls: By driver, ``user`` or ``pilot``.
        run: What is known of layers over the run, by the layer's name.
    """

    frame: NDArray[np.uint8]
    layers: tuple[LayerInfo, ...]
    maps: tuple[NDArray[np.float32], ...]
    controls: Mapping[str, Controls] = field(default_factory=dict)
    run: Mapping[str, LayerRun] = field(default_factory=dict)

    @cached_property
    def _resized(self) -> dict[tuple[int, int], NDArray[np.uint8]]:
        height, width = self.frame.shape[:2]
        return {(height, width): self.frame}

    def frame_in(self, size_hw: tuple[int, int]) -> NDArray[np.uint8]:
        """Return the frame at another size; it is resized once, whoever asks."""
        if size_hw not in self._resized:
            self._resized[size_hw] = resize(self.frame, size_hw)
        return self._resized[size_hw]

    @cached_property
    def measured(self) -> dict[str, Measured]:
        """The layers' maps by the layer's name."""
        return {
            layer.name: measure(maps) for layer, maps in zip(self.layers, self.maps, strict=True)
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
        """Draw what is the same in all frames.

        Args:
            area: uint8 ``(height_px, width_px, 3)`` RGB, filled with the background.
        """

    @abstractmethod
    def draw(self, area: Area, scene: Scene) -> None:
        """Draw what is this frame's.

        Args:
            area: uint8 ``(height_px, width_px, 3)`` RGB, as ``draw_once`` has left it.
            scene: The frame.
        """


class PanelModule(Protocol):
    """What a module of ``mosaic.panels`` offers, or one of another distribution's."""

    def make(self, setting: Setting, available_width_px: int) -> Sequence[Panel]:
        """Make what one name in the layout's ``panels`` stands for.

        Args:
            setting: What is the same in all frames.
            available_width_px: The width that a panel may take, 1 or more.

        Returns:
            The panels, from the top down: one, several, or none where there is nothing to show.

        Raises:
            LayoutError: The layout asks for what the pilot does not have.
        """

    def is_frame_sized(self, setting: Setting) -> bool:
        """Return whether it shows a picture as large as the camera's frame, beside which it stands.

        Any other panel is a row of its own.

        Args:
            setting: What is the same in all frames.
        """
