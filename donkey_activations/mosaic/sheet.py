"""Where the panels of a picture go."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.panels import make_panels
from donkey_activations.mosaic.panels.base import Panel, Setting
from donkey_activations.mosaic.panels.camera import fit_frame

_MARGIN_PX = 4
_PICTURES = {"camera", "saliency"}
_LAYERS = "layers"
_LEFT_SHARE = 0.36
_HIGHEST_FRAME_SHARE = 0.4
# The rest is for their captions and the controls.
_FRAMES_SHARE = 0.84


@dataclass(frozen=True, eq=False)
class Place:
    """A panel, and where its upper left corner is in the picture, in pixels."""

    panel: Panel
    top_px: int
    left_px: int

    def area(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Returns the panel's part of the picture, as a view."""
        rows = slice(self.top_px, self.top_px + self.panel.height_px)
        return picture[rows, self.left_px : self.left_px + self.panel.width_px]


@dataclass(frozen=True, eq=False)
class Sheet:
    """All that is the same from frame to frame.

    Attributes:
        blank: uint8 ``(H, W, 3)`` RGB, what every frame's picture begins with.
        places: The panels that go onto it.
    """

    blank: NDArray[np.uint8]
    places: tuple[Place, ...]


@lru_cache(maxsize=8)
def sheet(
    frame_hw: tuple[int, int],
    layers: tuple[LayerInfo, ...],
    layout: Layout,
    drivers: tuple[str, ...],
    trained_hw: tuple[int, int] | None = None,
) -> Sheet:
    """Lays out the panels.

    Args:
        frame_hw: ``(height, width)`` of the camera's frame in pixels.
        layers: The pilot's layers.
        layout: The look.
        drivers: Whose controls are known.
        trained_hw: ``(height, width)`` of the pilot's own input, where the frame has another size.

    Raises:
        LayoutError: The layout does not fit these layers.
    """
    wanted = _wanted_height(layout)
    frame_height = _frame_height(layout, wanted)
    setting = Setting(
        frame_hw, layers, layout, drivers, frame_height, layout.layers_height_px, trained_hw
    )
    if wanted is not None:
        # The tiles get what the other panels and the captions leave.
        rooms = range(0, wanted, 2)
        fitting = bisect_right(
            rooms,
            wanted,
            key=lambda room: _height_px(list(_places(replace(setting, layers_height_px=room)))),
        )
        setting = replace(setting, layers_height_px=rooms[max(0, fitting - 1)])
    places = list(_places(setting))
    height = _height_px(places)
    if layout.height_px is not None and height > layout.height_px:
        raise LayoutError(
            f"height_px: expected {height} or more for this camera and these layers, "
            f"got {layout.height_px}"
        )
    height = max(height, wanted or 0)
    blank = np.empty((height, layout.width_px, 3), np.uint8)
    blank[:] = setting.theme.background
    for place in places:
        place.panel.draw_once(place.area(blank))
    blank.flags.writeable = False
    return Sheet(blank, tuple(places))


def _wanted_height(layout: Layout) -> int | None:
    if layout.height_px is None and layout.arrangement == "beside":
        return round(layout.width_px * 9 / 16)
    return layout.height_px


def _frame_height(layout: Layout, wanted_height: int | None) -> int:
    if layout.arrangement == "stacked" or wanted_height is None:
        return round(layout.width_px * _HIGHEST_FRAME_SHARE)
    frames = sum(name in _PICTURES for name in layout.panels)
    return round(wanted_height * _FRAMES_SHARE / max(1, frames))


def _height_px(places: Sequence[Place]) -> int:
    ends = (place.top_px + place.panel.height_px for place in places)
    return max(ends, default=_MARGIN_PX) + _MARGIN_PX


def _places(setting: Setting) -> Iterator[Place]:
    layout = setting.layout
    room = layout.width_px - 2 * _MARGIN_PX
    if layout.arrangement == "stacked" or _LAYERS not in layout.panels:
        yield from _column(setting, layout.panels, _MARGIN_PX, room, side_by_side=True)
        return
    others = tuple(name for name in layout.panels if name != _LAYERS)
    left_room = _left_room(setting, round(room * _LEFT_SHARE)) if others else 0
    yield from _column(setting, others, _MARGIN_PX, left_room, side_by_side=False)
    left = _MARGIN_PX + left_room + (2 * _MARGIN_PX if others else 0)
    right_room = layout.width_px - _MARGIN_PX - left
    yield from _column(setting, (_LAYERS,), left, right_room, side_by_side=False)


def _left_room(setting: Setting, room_px: int) -> int:
    """The camera is enlarged by a whole number; what that leaves is better used for the layers."""
    frame_px = fit_frame(setting, room_px).length_px(setting.frame_hw[1])
    return max(frame_px, room_px // 2)


def _column(
    setting: Setting, names: Sequence[str], left_px: int, room_px: int, *, side_by_side: bool
) -> Iterator[Place]:
    top = _MARGIN_PX
    for are_pictures, group in groupby(names, key=lambda name: name in _PICTURES):
        row = list(group)
        if not (are_pictures and side_by_side):
            for name in row:
                for panel in make_panels(name, setting, room_px):
                    yield Place(panel, top, left_px)
                    top += panel.height_px + _MARGIN_PX
            continue
        share = (room_px - (len(row) - 1) * _MARGIN_PX) // len(row)
        panels = [panel for name in row for panel in make_panels(name, setting, share)]
        for number, panel in enumerate(panels):
            yield Place(panel, top, left_px + number * (share + _MARGIN_PX))
        top += max(panel.height_px for panel in panels) + _MARGIN_PX
