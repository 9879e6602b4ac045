"""The camera's frame."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.frames import opencv
from donkey_activations.mosaic.grid import Zoom, largest_zoom
from donkey_activations.mosaic.panels.base import Area, Panel, Scene, Setting


def make(setting: Setting, room_px: int) -> Sequence[Panel]:
    """Makes the panel."""
    return [CameraPanel(setting, room_px)]


def fit_frame(setting: Setting, room_px: int) -> Zoom:
    """Returns the zoom at which a frame is shown in a room of that width."""
    height, width = setting.frame_hw
    return largest_zoom(height, width, setting.frame_height_px, room_px)


def resize(frame: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Enlarges without blur and reduces by area, so that no pixel is dropped or invented."""
    if frame.shape[:2] == size_hw:
        return frame
    cv2 = opencv()
    method = cv2.INTER_NEAREST if size_hw[0] > frame.shape[0] else cv2.INTER_AREA
    resized: NDArray[np.uint8] = cv2.resize(frame, size_hw[::-1], interpolation=method)
    return resized


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
            height, width = self._setting.frame_hw
            font = self._setting.font
            words = font.fit(["camera", f"{width} x {height}"], self.width_px)
            font.write(area, words, 0, theme.text, theme.background)

    def draw(self, area: Area, scene: Scene) -> None:
        """See ``Panel``."""
        area[self._top :, : self._size_hw[1]] = resize(scene.frame, self._size_hw)
