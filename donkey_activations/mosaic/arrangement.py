"""Where the panels of a picture go, so that little of it stays empty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extensions import ExtensionPoint
from donkey_activations.mosaic import panels
from donkey_activations.mosaic.grid import Zoom
from donkey_activations.mosaic.panels.base import Panel, PanelModule, Setting
from donkey_activations.mosaic.panels.camera import fit_frame

MARGIN_PX = 4

PANEL_MODULES: ExtensionPoint[PanelModule] = ExtensionPoint(panels.__name__, PanelModule)

_LAYERS = "layers"
_LEFT_SHARE = 0.36
# A camera so narrow that its row would be emptier than this stands beside the layers instead, where
# the picture is wide enough for both.
_EMPTY_SHARE = 0.5
_NARROWEST_PX = 480
# A frame that is narrower has a row of its own, where that makes it larger.
_LEGIBLE_PX = 120
# Of the picture's width: what such a camera may take in height.
_NARROW_FRAME_SHARE = 0.75


@dataclass(frozen=True, eq=False)
class PlacedPanel:
    """A panel, and where its upper left corner is in the picture, in pixels."""

    panel: Panel
    top_px: int
    left_px: int

    def area(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the panel's part of the picture, as a view."""
        rows = slice(self.top_px, self.top_px + self.panel.height_px)
        return picture[rows, self.left_px : self.left_px + self.panel.width_px]


def arrange(setting: Setting) -> Iterator[PlacedPanel]:
    """Arrange every panel in the picture.

    Args:
        setting: What is the same in all frames. Its ``frame_height_px`` is what all frames below
            each other may take; a frame in a row of its own may take as much.

    Raises:
        LayoutError: The layout asks for what the pilot does not have.
        ExtensionError: It names another distribution's panel, which cannot be used.
    """
    layout = setting.layout
    room = layout.width_px - 2 * MARGIN_PX
    is_beside = layout.arrangement == "beside"
    if _LAYERS not in layout.panels:
        frames = max(1, len(_pictures(setting))) if is_beside else 1
        low = replace(setting, frame_height_px=round(setting.frame_height_px / frames))
        yield from _rows(low, layout.panels, MARGIN_PX, room, side_by_side=True)
    elif is_beside:
        yield from _beside(setting, round(room * _LEFT_SHARE))
    elif _would_be_empty(setting, room):
        high = replace(setting, frame_height_px=round(room * _NARROW_FRAME_SHARE))
        yield from _beside(high, room // 2)
    else:
        side_by_side = not _is_clearer_below(setting, room)
        yield from _rows(setting, layout.panels, MARGIN_PX, room, side_by_side=side_by_side)


def _pictures(setting: Setting) -> tuple[str, ...]:
    """Return the names of the panels that are as large as the camera's frame."""
    return tuple(
        name for name in setting.layout.panels if PANEL_MODULES.load(name).is_frame_sized(setting)
    )


def _would_be_empty(setting: Setting, available_width_px: int) -> bool:
    layout, frames = setting.layout, len(_pictures(setting))
    # In a height that is given, and in an order of one's own, each row is a row.
    is_free = layout.height_px is None and layout.panels[-1] == _LAYERS
    if not frames or not is_free or layout.width_px < _NARROWEST_PX:
        return False
    zoom = fit_frame(setting, _share(available_width_px, frames))
    return _width_px(setting, zoom, frames) < (1 - _EMPTY_SHARE) * available_width_px


def _is_clearer_below(setting: Setting, available_width_px: int) -> bool:
    """Return whether pictures beside each other are too small, and larger below each other."""
    frames = len(_pictures(setting))
    if frames < 2 or setting.layout.height_px is not None:
        return False
    beside, below = (
        fit_frame(setting, _share(available_width_px, frames)),
        fit_frame(setting, available_width_px),
    )
    return _width_px(setting, beside, 1) < _LEGIBLE_PX and _size(below) > _size(beside)


def _beside(setting: Setting, left_px: int) -> Iterator[PlacedPanel]:
    """Put the layers to the right of all others, which get up to so many pixels."""
    others = tuple(name for name in setting.layout.panels if name != _LAYERS)
    left_room = 0
    if others:
        frames = max(1, len(_pictures(setting)))
        below = replace(setting, frame_height_px=round(setting.frame_height_px / frames))
        zoom, share_px = fit_frame(below, left_px), _share(left_px, frames)
        side_zoom = fit_frame(setting, share_px)
        side_by_side = _is_one_row(setting) and _size(side_zoom) > _size(zoom)
        if side_by_side:
            frames_px = _width_px(setting, side_zoom, frames)
        else:
            setting, frames_px = below, _width_px(setting, zoom, 1)
        # The frame is enlarged by a whole number; what that leaves is better used for the layers.
        left_room = max(frames_px, left_px // 2)
        yield from _rows(setting, others, MARGIN_PX, left_room, side_by_side=side_by_side)
    left = MARGIN_PX + left_room + (2 * MARGIN_PX if others else 0)
    right_room = setting.layout.width_px - MARGIN_PX - left
    yield from _rows(setting, (_LAYERS,), left, right_room, side_by_side=False)


def _is_one_row(setting: Setting) -> bool:
    """Return whether the pictures follow one another in the layout."""
    pictures = _pictures(setting)
    groups = [is_one for is_one, _ in groupby(setting.layout.panels, key=pictures.__contains__)]
    return groups.count(True) == 1


def _share(available_width_px: int, frames: int) -> int:
    return max(1, (available_width_px - (frames - 1) * MARGIN_PX) // frames)


def _width_px(setting: Setting, zoom: Zoom, frames: int) -> int:
    return frames * zoom.length_px(setting.frame_hw[1]) + (frames - 1) * MARGIN_PX


def _size(zoom: Zoom) -> float:
    return zoom.pixels_per_cell / zoom.cells_per_pixel


def _rows(
    setting: Setting,
    names: Sequence[str],
    left_px: int,
    available_width_px: int,
    *,
    side_by_side: bool,
) -> Iterator[PlacedPanel]:
    top = MARGIN_PX
    pictures = _pictures(setting)
    for are_pictures, group in groupby(names, key=pictures.__contains__):
        row = list(group)
        if not (are_pictures and side_by_side):
            for name in row:
                for panel in PANEL_MODULES.load(name).make(setting, available_width_px):
                    yield PlacedPanel(panel, top, left_px)
                    top += panel.height_px + MARGIN_PX
            continue
        share = _share(available_width_px, len(row))
        pictures_in_row = [
            panel for name in row for panel in PANEL_MODULES.load(name).make(setting, share)
        ]
        for number, panel in enumerate(pictures_in_row):
            yield PlacedPanel(panel, top, left_px + number * (share + MARGIN_PX))
        top += max((panel.height_px for panel in pictures_in_row), default=0) + MARGIN_PX
