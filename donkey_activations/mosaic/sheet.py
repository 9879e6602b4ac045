"""All that is the same in the pictures of one pilot, drawn once."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.arrangement import MARGIN_PX, PlacedPanel, arrange
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.panels.base import Setting
from donkey_activations.mosaic.tile_order import Silent

# Of the picture's width: what a frame may take in height, where the height is free and where not.
_HIGHEST_FRAME_SHARE = 0.6
_LOW_FRAME_SHARE = 0.4
# Of the picture's height, beside the layers; the rest is for captions and the controls.
_FRAMES_SHARE = 0.84


@dataclass(frozen=True, eq=False)
class Sheet:
    """All that is the same from frame to frame.

    Attributes:
        blank: uint8 ``(H, W, 3)`` RGB, what every frame's picture begins with.
        panels: The panels that go onto it.
    """

    blank: NDArray[np.uint8]
    panels: tuple[PlacedPanel, ...]


@lru_cache(maxsize=8)
def sheet(
    frame_hw: tuple[int, int],
    layers: tuple[LayerInfo, ...],
    layout: Layout,
    drivers: tuple[str, ...],
    *,
    trained_hw: tuple[int, int] | None = None,
    camera_hw: tuple[int, int] | None = None,
    unfed_inputs: tuple[str, ...] = (),
    silent: tuple[Silent, ...] = (),
) -> Sheet:
    """Lay out the panels.

    Args:
        frame_hw: ``(height, width)`` of the camera's frame in pixels.
        layers: The pilot's layers.
        layout: The look.
        drivers: Whose controls are known.
        trained_hw: ``(height, width)`` of the pilot's own input, where the frame has another size.
        camera_hw: ``(height, width)`` of what the frame was made of, where that had another size.
        unfed_inputs: Names of inputs that were 0 because nobody fed them.
        silent: Filters that are left out because they never fire.

    Raises:
        LayoutError: The layout does not fit these layers.
    """
    wanted = _wanted_height(layout)
    setting = Setting(
        frame_hw,
        layers,
        layout,
        drivers,
        _frame_height(layout, wanted),
        layout.layers_height_px,
        trained_hw,
        camera_hw,
        {one.layer: one for one in silent},
        unfed_inputs,
    )
    if wanted is not None:
        setting = _with_largest_layers(setting, wanted)
    panels = list(arrange(setting))
    height = _height_px(panels)
    if layout.height_px is not None and height > layout.height_px:
        raise LayoutError(
            f"height_px: expected {height} or more for this camera and these layers, "
            f"got {layout.height_px}"
        )
    return Sheet(_blank(setting, panels, max(height, wanted or 0)), tuple(panels))


def _with_largest_layers(setting: Setting, height_px: int) -> Setting:
    """Return the setting whose tiles get what the other panels and the captions leave."""

    def needed_px(layers_height_px: int) -> int:
        return _height_px(list(arrange(replace(setting, layers_height_px=layers_height_px))))

    heights_px = range(0, height_px, 2)
    fitting = bisect_right(heights_px, height_px, key=needed_px)
    return replace(setting, layers_height_px=heights_px[max(0, fitting - 1)])


def _blank(setting: Setting, panels: Sequence[PlacedPanel], height_px: int) -> NDArray[np.uint8]:
    """Return the picture with all that does not change from frame to frame, read-only."""
    blank = np.empty((height_px, setting.layout.width_px, 3), np.uint8)
    blank[:] = setting.theme.background
    for placed in panels:
        placed.panel.draw_once(placed.area(blank))
    blank.flags.writeable = False
    return blank


def _wanted_height(layout: Layout) -> int | None:
    if layout.height_px is None and layout.arrangement == "beside":
        return round(layout.width_px * 9 / 16)
    return layout.height_px


def _frame_height(layout: Layout, wanted_height: int | None) -> int:
    """Return what the frames below each other may take in height."""
    if wanted_height is None:
        return round(layout.width_px * _HIGHEST_FRAME_SHARE)
    if layout.arrangement == "stacked":
        return round(layout.width_px * _LOW_FRAME_SHARE)
    return round(wanted_height * _FRAMES_SHARE)


def _height_px(panels: Sequence[PlacedPanel]) -> int:
    ends = (placed.top_px + placed.panel.height_px for placed in panels)
    return max(ends, default=MARGIN_PX) + MARGIN_PX
