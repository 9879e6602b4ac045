"""The ground of the demo, seen from above: grass, asphalt, lane lines."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.demo.camera import Floats
from donkey_activations.demo.course import Course

Image = NDArray[np.uint8]

ROAD_M, EDGE_M, LINE_M = 1.1, 0.46, 0.045
DASH_M, GAP_M = 0.28, 0.22
GRASS = (77, 110, 53)
_PX_PER_M = 160
_MARGIN_M = 3.5
_ASPHALT, _WHITE, _YELLOW = (92, 92, 98), (232, 232, 226), (238, 190, 40)
_GRAINS_M = (0.03, 0.2, 1.2)
_FIXED_POINT = 4


@dataclass(frozen=True)
class Ground:
    """A picture of the ground from above.

    Attributes:
        picture: RGB uint8 (h, w, 3).
        corner_m: World x and y of the centre of the top left pixel; rows run south.
    """

    picture: Image
    corner_m: tuple[float, float]

    def from_world(self) -> Floats:
        """(3, 3) float64: from world (x, y, 1) in metres to (column, row, 1) of the picture."""
        x_m, y_m = self.corner_m
        scale = float(_PX_PER_M)
        return np.array([[scale, 0, -scale * x_m], [0, -scale, scale * y_m], [0, 0, 1]])


def paint_ground(course: Course, seed: int) -> Ground:
    """Paint the course and the grass around it.

    Args:
        course: Where the road runs.
        seed: The same seed gives the same picture.

    Returns:
        The ground, 3.5 m wider than the course on each side.
    """
    low, high = course.points_m.min(0) - _MARGIN_M, course.points_m.max(0) + _MARGIN_M
    width, height = np.ceil((high - low) * _PX_PER_M).astype(int)
    ground = Ground(np.full((height, width, 3), GRASS, np.uint8), (float(low[0]), float(high[1])))
    _stroke(ground, course.points_m, _ASPHALT, ROAD_M, closed=True)
    for side in (-EDGE_M, EDGE_M):
        _stroke(ground, course.beside(side), _WHITE, LINE_M, closed=True)
    dashes = round(course.length_m / (DASH_M + GAP_M))
    for number in range(dashes):
        along_m = number * course.length_m / dashes + np.linspace(0, DASH_M, 8)
        _stroke(ground, course.at(along_m), _YELLOW, LINE_M, closed=False)
    _roughen(ground.picture, np.random.default_rng(seed))
    return ground


def _stroke(
    ground: Ground, line_m: Floats, colour: tuple[int, ...], width_m: float, *, closed: bool
) -> None:
    pixels = cv2.perspectiveTransform(line_m[None], ground.from_world())
    fixed = np.round(pixels * 2**_FIXED_POINT).astype(np.int32)
    width_px = round(width_m * _PX_PER_M)
    cv2.polylines(ground.picture, fixed, closed, colour, width_px, cv2.LINE_AA, _FIXED_POINT)


def _roughen(picture: Image, rng: np.random.Generator) -> None:
    """Make a picture lighter and darker in spots of several sizes, modified in place."""
    height, width = picture.shape[:2]
    light = np.ones((height, width), np.float32)
    for grain_m in _GRAINS_M:
        grain_px = round(grain_m * _PX_PER_M)
        size = (height // grain_px + 2, width // grain_px + 2)
        spots = rng.uniform(-0.12, 0.12, size).astype(np.float32)
        cv2.add(light, cv2.resize(spots, (width, height)), dst=light)
    cv2.multiply(picture, cv2.merge([light] * 3), dst=picture, dtype=cv2.CV_8U)
