"""Draws what the demo's camera sees: ground in true perspective, cones, surroundings, light."""

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.demo.camera import Floats, PinholeCamera, Pose
from donkey_activations.demo.course import Course
from donkey_activations.demo.ground import PX_PER_M, Ground, paint_ground
from donkey_activations.demo.horizon import HAZE, TOP_DEG, Panorama, paint_panorama

Image = NDArray[np.uint8]

CONE_M, CONE_BASE_M = 0.22, 0.16
_SEEN_TO_M = 7.0
_HAZE_M = 14.0
_NOISE = 9


@dataclass(frozen=True)
class _Band:
    """Rows of the picture that take the ground from one level of detail."""

    top: int
    bottom: int
    level: int


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
        self._ground: Ground = paint_ground(course, seed)
        self._to_ground = camera.to_ground()
        self._sky_rows = int(np.clip(math.ceil(camera.horizon_row), 0, camera.image_hw[0]))
        self._bands = _bands(camera, self._sky_rows, len(self._ground.levels))
        self._haze, self._rest = _haze(camera, self._sky_rows)
        self._prepare_sky(seed)
        self._cones_m = _cones(course, seed)
        self._shade = _vignette(camera.image_hw)
        rng = np.random.default_rng(seed)
        hw = camera.image_hw
        self._noise = rng.integers(0, _NOISE, (hw[0] + 64, hw[1] + 64, 3), np.uint8)

    def frame(self, pose: Pose, number: int) -> Image:
        """The picture from a place.

        Args:
            pose: Where the car stands.
            number: Of the frame: light changes slowly with it, camera noise at once.

        Returns:
            (height, width, 3) uint8, RGB.
        """
        picture = np.empty((*self.camera.image_hw, 3), np.uint8)
        self._draw_sky(picture, pose)
        self._draw_ground(picture, pose)
        self._draw_cones(picture, pose)
        return self._expose(picture, number)

    def _prepare_sky(self, seed: int) -> None:
        left, up = np.degrees(self.camera.angles(self._sky_rows))
        self._widest_deg = float(np.abs(left).max()) if left.size else 0.0
        scale = math.radians(self.camera.focal_px)
        self._panorama: Panorama = paint_panorama(scale, 2 * self._widest_deg + 1, seed)
        scale = self._panorama.px_per_deg
        self._sky_column = ((self._widest_deg - left) * scale).astype(np.float32)
        self._sky_row = ((TOP_DEG - up) * scale).astype(np.float32)

    def _draw_sky(self, picture: Image, pose: Pose) -> None:
        if self._sky_rows == 0:
            return
        start_deg = (-math.degrees(pose.heading_rad) - self._widest_deg) % 360
        column = self._sky_column + np.float32(start_deg * self._panorama.px_per_deg)
        picture[: self._sky_rows] = cv2.remap(
            self._panorama.picture,
            column,
            self._sky_row,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _draw_ground(self, picture: Image, pose: Pose) -> None:
        to_world = pose.to_world() @ self._to_ground
        width = self.camera.image_hw[1]
        for band in self._bands:
            shift = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, band.top], [0.0, 0.0, 1.0]])
            picture[band.top : band.bottom] = cv2.warpPerspective(
                self._ground.levels[band.level],
                self._ground.from_world(band.level) @ to_world @ shift,
                (width, band.bottom - band.top),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT,
            )
        below = picture[self._sky_rows : self._sky_rows + len(self._rest)]
        cv2.multiply(below, self._rest, dst=below, scale=1 / 255)
        cv2.add(below, self._haze, dst=below)

    def _draw_cones(self, picture: Image, pose: Pose) -> None:
        away = np.hypot(self._cones_m[:, 0] - pose.x_m, self._cones_m[:, 1] - pose.y_m)
        near = [index for index in np.argsort(-away) if away[index] < _SEEN_TO_M]
        for index in near:
            self._draw_cone(picture, pose, self._cones_m[index], float(away[index]))

    def _draw_cone(self, picture: Image, pose: Pose, foot_m: Floats, away_m: float) -> None:
        toward = (foot_m - (pose.x_m, pose.y_m)) / max(away_m, 1e-6)
        side = np.array([-toward[1], toward[0]]) * CONE_BASE_M / 2
        for low, high, colour in (
            (0.0, 1.0, (236, 98, 28)),
            (0.35, 0.62, (240, 238, 232)),
        ):
            corners = [
                (*(foot_m + sign * (1 - level) * side), level * CONE_M)
                for level, sign in ((low, -1), (low, 1), (high, 1), (high, -1))
            ]
            pixels, depth = self.camera.project(np.array(corners), pose)
            if depth.min() < 0.05:
                return
            fixed = np.round(pixels * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, fixed, colour, cv2.LINE_AA, 4)

    def _expose(self, picture: Image, number: int) -> Image:
        """Sun and clouds, the lens's dark corners, the sensor's noise."""
        cv2.multiply(picture, self._shade, dst=picture, scale=1 / 255)
        picture = cv2.LUT(picture, _light(number)).astype(np.uint8)
        rng = np.random.default_rng(number)
        row, column = rng.integers(0, 64, 2)
        height, width = self.camera.image_hw
        cv2.add(picture, self._noise[row : row + height, column : column + width], dst=picture)
        return picture


def _light(number: int) -> Image:
    """(1, 256, 3) uint8: what becomes of each value, by the light of that moment."""
    cloud = 0.5 + 0.3 * math.sin(number / 47) + 0.2 * math.sin(number / 19 + 1)
    gain = 0.72 + 0.42 * cloud
    warm = 0.05 * math.sin(number / 83)
    gains = np.array([gain * (1 + warm), gain, gain * (1 - warm)])
    values = np.arange(256)[None, :, None] * gains - _NOISE / 2
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _bands(camera: PinholeCamera, first_row: int, levels: int) -> list[_Band]:
    """Split the ground's rows by how much of it one pixel covers."""
    rows = np.arange(first_row, camera.image_hw[0])
    near = _nearness(camera, rows)
    across_m = camera.height_m / near / camera.focal_px
    along_m = camera.height_m / near**2 / camera.focal_px
    covered_px = np.sqrt(across_m * along_m) * PX_PER_M
    wanted = np.clip(np.round(np.log2(np.maximum(covered_px, 1e-6))), 0, levels - 1).astype(int)
    edges = [0, *(np.flatnonzero(np.diff(wanted)) + 1), len(rows)]
    return [
        _Band(first_row + int(top), first_row + int(bottom), int(wanted[top]))
        for top, bottom in itertools.pairwise(edges)
        if bottom > top
    ]


def _nearness(camera: PinholeCamera, rows: NDArray[np.int_]) -> Floats:
    """Height of the camera over the depth of the ground, by row; nearly 0 at the horizon."""
    slopes = camera.to_ground()[2]
    near: Floats = np.maximum(slopes[1] * rows + slopes[2], 1e-6)
    return near


def _haze(camera: PinholeCamera, first_row: int) -> tuple[Image, Image]:
    """What haze adds to each pixel of the ground, and how much of 255 it leaves of it."""
    rows = np.arange(first_row, camera.image_hw[0])
    left = np.exp(-camera.height_m / _nearness(camera, rows) / _HAZE_M)
    rest = np.broadcast_to(left[:, None, None], (len(rows), camera.image_hw[1], 3)) * 255
    haze = (1 - left)[:, None, None] * np.array(HAZE, float)
    whole = np.broadcast_to(haze, rest.shape)
    return whole.astype(np.uint8), rest.astype(np.uint8)


def _vignette(image_hw: tuple[int, int]) -> Image:
    down, across = np.meshgrid(
        np.linspace(-1, 1, image_hw[0]), np.linspace(-1, 1, image_hw[1]), indexing="ij"
    )
    shade = 255 * (1 - 0.12 * (down**2 + across**2))
    return np.repeat(shade[:, :, None], 3, axis=2).astype(np.uint8)


def _cones(course: Course, seed: int) -> Floats:
    """(N, 2) float64, metres: cones beside the road."""
    rng = np.random.default_rng(seed + 1)
    along = np.arange(0.8, course.length_m, 2.3)
    places = (along / course.length_m * len(course.points_m)).astype(int)
    sides = np.where(rng.random(len(along)) < 0.5, -0.8, 0.8)
    return np.array([course.beside(float(s))[p] for s, p in zip(sides, places, strict=True)])
