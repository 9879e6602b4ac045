"""Steering and throttle, of the user and of the pilot."""

from collections.abc import Iterator, Sequence

from donkey_activations.mosaic.colours import Colour
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting

_SPACE_PX = 10
_SHORTEST_SCALE_PX = 48
_SCALES = ("steering", "throttle")
_SIDE_BY_SIDE_FROM_PX = 520


def make(setting: Setting, available_width_px: int) -> Sequence[Panel]:
    """Make the panel, if anybody's controls are known."""
    return [ControlsPanel(setting, available_width_px)] if setting.drivers else []


def is_frame_sized(setting: Setting) -> bool:
    """See ``PanelModule``."""
    return False


class ControlsPanel(Panel):
    """Two scales from -1 to 1, and on each a bar of each driver from 0 to his value."""

    def __init__(self, setting: Setting, available_width_px: int) -> None:
        """Find the positions: scales and name in one line, or below each other."""
        self._setting = setting
        self._font = setting.font
        self._colours = {"user": setting.theme.user, "pilot": setting.theme.pilot}
        self._side_by_side = available_width_px >= _SIDE_BY_SIDE_FROM_PX * self._font.size
        self._line_px = self._font.line_height_px
        names_px = sum(self._font.width_px(driver) + _SPACE_PX for driver in setting.drivers)
        captions = setting.layout.captions
        self._names_px = names_px if captions else 0
        if self._side_by_side:
            self._scale_room_px = (available_width_px - self._names_px - _SPACE_PX) // 2
            lines = 1
        else:
            self._scale_room_px = available_width_px
            lines = 2 + captions
        self._widths_px = self._share_out(self._scale_room_px)
        self.width_px = available_width_px
        self.height_px = lines * self._line_px

    def _share_out(self, available_width_px: int) -> tuple[int, int, int]:
        """Return the widths of label, scale and numbers; the scale is what must be there."""
        label_px = max(map(self._font.width_px, _SCALES)) + _SPACE_PX
        number_px = self._font.width_px("+0.88") + _SPACE_PX
        numbers_px = len(self._setting.drivers) * number_px
        if not self._setting.layout.captions or available_width_px < label_px + _SHORTEST_SCALE_PX:
            return 0, available_width_px, 0
        if available_width_px < label_px + numbers_px + _SHORTEST_SCALE_PX:
            return label_px, available_width_px - label_px, 0
        return label_px, available_width_px - label_px - numbers_px, numbers_px

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        theme = self._setting.theme
        label_px, scale_px, _ = self._widths_px
        for line, name in zip(self._lines(area), _SCALES, strict=True):
            if label_px:
                self._font.write(line, name, 0, theme.text, theme.background)
            scale = line[1:-1, label_px : label_px + scale_px]
            scale[:] = theme.dead
            scale[:, scale_px // 2] = theme.text
            if label_px and name == "steering":
                self._font.write(line, "L", label_px + 2, theme.quiet_text, theme.dead)
                right = label_px + scale_px - self._font.width_px("R") - 2
                self._font.write(line, "R", right, theme.quiet_text, theme.dead)
        if self._names_px:
            names = area[: self._line_px]
            left = 0
            for driver in self._setting.drivers:
                colour = self._colours[driver]
                left = self._font.write(names, driver, left, colour, theme.background) + _SPACE_PX

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        label_px, scale_px, numbers_px = self._widths_px
        background = self._setting.theme.background
        for line, attribute in zip(self._lines(area), _SCALES, strict=True):
            scale = line[:, label_px : label_px + scale_px]
            left = label_px + scale_px + _SPACE_PX
            for number, driver in enumerate(self._setting.drivers):
                value: float = getattr(scene.controls[driver], attribute)
                colour = self._colours[driver]
                self._draw_bar(scale, number, value, colour)
                if numbers_px:
                    end = self._font.write(line, f"{value:+.2f}", left, colour, background)
                    left = end + _SPACE_PX

    def _lines(self, area: Area) -> Iterator[Area]:
        """Return what the two scales and what belongs to them are drawn into."""
        for number in range(len(_SCALES)):
            left = self._names_px + number * (self._scale_room_px + _SPACE_PX)
            top = 0
            if not self._side_by_side:
                left, top = 0, (number + bool(self._names_px)) * self._line_px
            yield area[top : top + self._line_px, left : left + self._scale_room_px]

    def _draw_bar(self, scale: Area, number: int, value: float, colour: Colour) -> None:
        bar_px = (self._line_px - 2) // 2 - 2
        top = 2 + number * (bar_px + 2)
        zero = scale.shape[1] // 2
        end = zero + round(min(max(value, -1.0), 1.0) * (zero - 1))
        first, last = sorted((zero, end))
        scale[top : top + bar_px, first : last + 1] = colour
