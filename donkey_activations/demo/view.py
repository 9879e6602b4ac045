"""Draws what the demo's camera sees: sky, a line of hills, the ground in true perspective."""

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.demo.camera import PinholeCamera, Pose
from donkey_activations.demo.course import Course
from donkey_activations.demo.ground import GRASS, paint_ground

Image = NDArray[np.uint8]

# A frame is drawn this many times larger in each direction, or distant lines would flicker.
_OVERSAMPLING = 3
_ZENITH, _HORIZON, _HILLS = (104, 150, 208), (206, 214, 214), (104, 132, 112)
_HILLS_AWAY_M, _HILLS_HIGH_M = 1000.0, 60.0
_HILLS_AROUND = np.array([2, 3, 5, 9, 17])  # whole waves, so that they meet after a full turn
_NOISE = 9


class View:
    """A camera on the course.

    Args:
        course: Where the road runs.
        camera: Resolution and mounting.
        seed: The same seed gives the same pictures.
    """

    def __init__(self, course: Course, camera: PinholeCamera, seed: int) -> None:
        """Paint the ground and the sky once for all pictures."""
        self.camera = camera
        height, width = camera.image_hw
        fine_hw = (height * _OVERSAMPLING, width * _OVERSAMPLING)
        self._fine = dataclasses.replace(camera, image_hw=fine_hw)
        self._horizon = int(np.clip(math.ceil(self._fine.horizon_row), 0, fine_hw[0]))
        self._ground = paint_ground(course, seed)
        self._hill_phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(_HILLS_AROUND))

    def frame(self, pose: Pose, number: int) -> Image:
        """Return the picture from a place.

        Args:
            pose: Where the car stands.
            number: Of the frame: light changes slowly with it, camera noise at once.

        Returns:
            (height, width, 3) uint8, RGB.
        """
        fine = np.empty((*self._fine.image_hw, 3), np.uint8)
        self._draw_sky(fine[: self._horizon], pose)
        self._draw_ground(fine[self._horizon :], pose)
        size = self.camera.image_hw[::-1]
        picture = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
        shape = (*self.camera.image_hw, 3)
        noise = np.random.default_rng(number).integers(0, _NOISE, shape, np.uint8)
        light = float(_light(number))
        lit = cv2.addWeighted(picture, light, noise, 1.0, -_NOISE / 2)
        return np.asarray(lit, np.uint8)

    def _draw_sky(self, picture: Image, pose: Pose) -> None:
        picture[:] = np.linspace(_ZENITH, _HORIZON, len(picture))[:, None]
        azimuth = pose.heading_rad + np.linspace(1.3, -1.3, 200)
        waves = np.sin(np.outer(azimuth, _HILLS_AROUND) + self._hill_phases) / _HILLS_AROUND**0.5
        east = pose.x_m + _HILLS_AWAY_M * np.cos(azimuth)
        north = pose.y_m + _HILLS_AWAY_M * np.sin(azimuth)
        above = _HILLS_HIGH_M * (1 + 0.4 * waves.sum(axis=1)).clip(0.1)
        skyline, _ = self._fine.project(np.column_stack([east, north, above]), pose)
        rows = np.interp(np.arange(picture.shape[1]), *skyline.T)
        picture[np.arange(len(picture))[:, None] >= rows] = _HILLS

    def _draw_ground(self, picture: Image, pose: Pose) -> None:
        down = np.array([[1, 0, 0], [0, 1, self._horizon], [0, 0, 1]])
        cv2.warpPerspective(
            self._ground.picture,
            self._ground.from_world() @ pose.to_world() @ self._fine.to_ground() @ down,
            picture.shape[1::-1],
            dst=picture,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=GRASS,
        )


def _light(number: int) -> float:
    """Return the factor between a frame and the one in full light, 0.7 to 1.15."""
    return 0.93 + 0.13 * math.sin(number / 47) + 0.09 * math.sin(number / 19 + 1)
