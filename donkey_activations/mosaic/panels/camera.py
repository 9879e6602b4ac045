"""The camera's frame."""

from collections.abc import Sequence

from donkey_activations.mosaic.grid import Zoom, largest_zoom
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting


def make(setting: Setting, room_px: int) -> Sequence[Panel]:
    """Makes the panel."""
    return [CameraPanel(setting, room_px)]


def fit_frame(setting: Setting, room_px: int) -> Zoom:
    """Returns the zoom at which a frame is shown in a room of that width."""
    height, width = setting.frame_hw
    return largest_zoom(height, width, setting.frame_height_px, room_px)


class CameraPanel(Panel):
    """The frame as the network gets it, pixel by pixel."""

    def __init__(self, setting: Setting, room_px: int) -> None:
        """Finds the size."""
        self._setting = setting
        zoom = fit_frame(setting, room_px)
        height, width = (zoom.length_px(pixels) for pixels in setting.frame_hw)
        self._size_hw = height, width
        self._top = setting.caption_height_px
        self.height_px = self._top + height
        self.width_px = max(width, room_px)

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        if self._top:
            theme = self._setting.theme
            self._setting.font.write(area, self._words(), 0, theme.text, theme.background)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        area[self._top :, : self._size_hw[1]] = scene.frame_in(self._size_hw)

    def _words(self) -> str:
        height, width = self._setting.frame_hw
        phrases = ["camera", f"{width} x {height}"]
        if self._setting.trained_hw is None:
            return self._setting.font.fit(phrases, self.width_px)
        height, width = self._setting.trained_hw
        # A picture that is not what the pilot computes says that before all else.
        mark = f"not the pilot's {width} x {height}"
        for words in ([*phrases, mark], [phrases[1], mark], [mark]):
            text = "   ".join(words)
            if self._setting.font.width_px(text) <= self.width_px:
                break
        return text
