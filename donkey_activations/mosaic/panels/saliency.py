"""Where the network looks, over the camera's frame."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.images.frame import opencv
from donkey_activations.mosaic.colours import LEVELS, Table, colour_table
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting
from donkey_activations.mosaic.panels.camera import fit_frame
from donkey_activations.mosaic.resizing import resize, resize_into
from donkey_activations.mosaic.saliency import is_sequential, to_range, visual_back_prop
from donkey_activations.mosaic.text import Font

_DIMMED = 0.6
_FIRST_COLOUR = 0.25
_RAMP_PX = 48
_SPACE_PX = 12
_GREY = 96

# From the longest on: what there is room for.
_WORDS = ("where it looks (VisualBackProp)", "where it looks", "saliency")
_NO_WORDS = (
    "where it looks: not defined, layers branch",
    "no saliency: layers branch",
    "no saliency",
)


def make(setting: Setting, available_width_px: int) -> Sequence[Panel]:
    """Make the panel, or say why there is none."""
    if is_sequential(setting.layers):
        return [SaliencyPanel(setting, available_width_px)]
    return [NoSaliencyPanel(setting, available_width_px)]


def is_frame_sized(setting: Setting) -> bool:
    """See ``PanelModule``."""
    return is_sequential(setting.layers)


class SaliencyPanel(Panel):
    """The frame in grey, and on it what has to do with the last layer's maps."""

    def __init__(self, setting: Setting, available_width_px: int) -> None:
        """Find the size."""
        self._setting = setting
        zoom = fit_frame(setting, available_width_px)
        height, width = (zoom.length_px(pixels) for pixels in setting.frame_hw)
        self._size_hw = height, width
        self._blend_hw = min(self._size_hw, setting.frame_hw)
        self._top = setting.caption_height_px
        self.height_px = self._top + height
        self.width_px = max(width, available_width_px)
        self._colours, self._opacity = _overlay(setting)

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        if not self._top:
            return
        theme, font = self._setting.theme, self._setting.font
        width = self._size_hw[1]
        left = width - font.width_px("less ") - _RAMP_PX - font.width_px(" more")
        words = _longest(_WORDS, font, left - _SPACE_PX)
        font.write(
            area, words or _longest(_WORDS, font, self.width_px), 0, theme.text, theme.background
        )
        if not words:
            return
        left = font.write(area, "less ", left, theme.quiet_text, theme.background)
        ramp = np.linspace(0, LEVELS - 1, _RAMP_PX).astype(np.uint8)[np.newaxis]
        ramp = np.repeat(ramp, self._top - 8, axis=0)
        right = left + _RAMP_PX
        area[4 : self._top - 4, left:right] = self._blend(np.full_like(ramp, _GREY), ramp)
        font.write(area, " more", right, theme.quiet_text, theme.background)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        means = [scene.measured[layer.name].mean_magnitude for layer in scene.layers]
        salient = visual_back_prop(scene.layers, means, self._setting.frame_hw)
        # All as small as it can be: reduced before frame and saliency are blended, enlarged after.
        levels = to_range(resize(salient, self._blend_hw), LEVELS - 1)
        # Strides leave a grid of dots as fine as pixels, which says nothing about the road.
        cv2 = opencv()
        levels = cv2.GaussianBlur(levels, (5, 5), 0)
        grey = cv2.cvtColor(scene.frame_in(self._blend_hw), cv2.COLOR_RGB2GRAY)
        resize_into(area[self._top :, : self._size_hw[1]], self._blend(grey, levels))

    def _blend(self, grey: NDArray[np.uint8], levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        cv2 = opencv()
        shining = cv2.multiply(grey, cv2.LUT(levels, self._opacity), scale=_DIMMED / 255)
        coloured = cv2.applyColorMap(levels, self._colours)
        blended: NDArray[np.uint8] = cv2.add(cv2.cvtColor(shining, cv2.COLOR_GRAY2RGB), coloured)
        return blended


def _longest(words: Sequence[str], font: Font, available_width_px: int) -> str:
    return next((text for text in words if font.width_px(text) <= available_width_px), "")


def _overlay(setting: Setting) -> tuple[Table, NDArray[np.uint8]]:
    """Return the overlay's colours, as strong as they cover, and how much of the frame is left."""
    table = colour_table(setting.layout.colormap, setting.theme).astype(np.float64)
    # Not from its first colour on, which is as dark as the frame.
    table[:LEVELS] = table[np.linspace(_FIRST_COLOUR * LEVELS, LEVELS - 1, LEVELS).astype(int)]
    covers = np.linspace(0, 1, LEVELS) ** 0.65
    covers = np.append(covers, [0, 0, 0])
    colours = (table * covers[:, np.newaxis, np.newaxis]).round().astype(np.uint8)
    return colours, ((1 - covers) * 255).round().astype(np.uint8)


class NoSaliencyPanel(Panel):
    """Says that VisualBackProp is not defined for this pilot."""

    def __init__(self, setting: Setting, available_width_px: int) -> None:
        """Take one line."""
        self._setting = setting
        self.height_px = setting.caption_height_px
        self.width_px = available_width_px

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        if self.height_px:
            theme, font = self._setting.theme, self._setting.font
            words = _longest(_NO_WORDS, font, self.width_px)
            font.write(area, words, 0, theme.quiet_text, theme.background)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
