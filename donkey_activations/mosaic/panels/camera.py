"""The camera's frame."""

from collections.abc import Sequence

from donkey_activations.mosaic.grid import Zoom, largest_zoom
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting

# Of the ratio of width and height: what it may be off where a size is made of whole pixels.
_ROUNDING = 1.02


def make(setting: Setting, available_width_px: int) -> Sequence[Panel]:
    """Make the panel."""
    return [CameraPanel(setting, available_width_px)]


def is_frame_sized(setting: Setting) -> bool:
    """See ``PanelModule``."""
    return True


def fit_frame(setting: Setting, available_width_px: int) -> Zoom:
    """Return the zoom at which a frame is shown in a room of that width."""
    height, width = setting.frame_hw
    return largest_zoom(height, width, setting.frame_height_px, available_width_px)


class CameraPanel(Panel):
    """The frame as the network gets it, pixel by pixel."""

    def __init__(self, setting: Setting, available_width_px: int) -> None:
        """Find the size."""
        self._setting = setting
        self._zoom = zoom = fit_frame(setting, available_width_px)
        height, width = (zoom.length_px(pixels) for pixels in setting.frame_hw)
        self._size_hw = height, width
        self._top = setting.caption_height_px
        self.height_px = self._top + height
        self.width_px = max(width, available_width_px)

    def draw_once(self, area: Area) -> None:
        """See ``Panel``."""
        if self._top:
            theme = self._setting.theme
            self._setting.font.write(area, self._words(), 0, theme.text, theme.background)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        area[self._top :, : self._size_hw[1]] = scene.frame_in(self._size_hw)

    def _words(self) -> str:
        setting = self._setting
        seen = _size(setting.frame_hw)
        sizes = [seen]
        if setting.camera_hw is not None:
            sizes = [_size(setting.camera_hw), f"seen as {seen}"]
            if _differ(setting.camera_hw, setting.frame_hw):
                sizes.append("not in proportion")
        if setting.unfed_inputs:
            sizes.append(f"without {', '.join(setting.unfed_inputs)} (0)")
        if setting.trained_hw is None:
            zoomed = f"camera   {seen} ({self._zoom.words})"
            if len(sizes) == 1 and setting.font.width_px(zoomed) <= self.width_px:
                return zoomed
            return setting.font.fit(["camera", *sizes], self.width_px)
        # A picture that is not what the pilot computes says that before all else.
        mark = f"not the pilot's {_size(setting.trained_hw)}"
        short_mark = f"not {_size(setting.trained_hw)}"
        rest = (["camera", seen, mark], [seen, mark], [mark], [short_mark])
        for words in (["camera", *sizes, mark], [*sizes, mark], *rest):
            text = "   ".join(words)
            if setting.font.width_px(text) <= self.width_px:
                break
        return text


def _size(size_hw: tuple[int, int]) -> str:
    return f"{size_hw[1]} x {size_hw[0]}"


def _differ(one_hw: tuple[int, int], other_hw: tuple[int, int]) -> bool:
    """Return whether the proportions of two sizes do so by more than rounding does."""
    one, other = one_hw[1] * other_hw[0], other_hw[1] * one_hw[0]
    return max(one, other) > _ROUNDING * min(one, other)
