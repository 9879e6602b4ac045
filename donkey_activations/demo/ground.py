"""The ground of the demo, seen from above: grass, asphalt, lane lines, shadows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.demo.camera import Floats
from donkey_activations.demo.course import Course

Image = NDArray[np.uint8]

PX_PER_M = 160
ROAD_M, EDGE_M, LINE_M = 1.1, 0.46, 0.045
DASH_M, GAP_M = 0.28, 0.22
_MARGIN_M = 3.5
_GRASS, _GRASS_DARK = (96, 128, 62), (58, 92, 44)
_ASPHALT, _WHITE, _YELLOW = (92, 92, 98), (232, 232, 226), (238, 190, 40)
_FIXED_POINT = 4


@dataclass(frozen=True)
class Ground:
    """A picture of the ground from above.

    Attributes:
        levels: RGB uint8 pictures (h, w, 3), each half the size of the one before.
        corner_m: World x and y of the centre of the top left pixel; rows run south.
    """

    levels: tuple[Image, ...]
    corner_m: tuple[float, float]

    def from_world(self, level: int) -> Floats:
        """(3, 3) float64: from world (x, y, 1) in metres to (column, row, 1) of a level."""
        scale = PX_PER_M / 2**level
        shift = 0.5 / 2**level - 0.5  # pixel centres move when pixels are merged
        return np.array(
            [
                [scale, 0.0, shift - scale * self.corner_m[0]],
                [0.0, -scale, shift + scale * self.corner_m[1]],
                [0.0, 0.0, 1.0],
            ]
        )


def paint_ground(course: Course, seed: int) -> Ground:
    """Paint the course and what lies around it.

    Args:
        course: Where the road runs.
        seed: The same seed gives the same picture.

    Returns:
        The ground, 3.5 m wider than the course on each side.
    """
    rng = np.random.default_rng(seed)
    low, high = course.points_m.min(0) - _MARGIN_M, course.points_m.max(0) + _MARGIN_M
    corner = (float(low[0]), float(high[1]))
    width, height = np.ceil((high - low) * PX_PER_M).astype(int)
    picture = _grass((int(height), int(width)), rng)
    _paint_road(picture, course, corner, rng)
    _paint_lines(picture, course, corner)
    light = _shadows(picture.shape[:2], course, corner, rng)
    light *= 1 + 0.10 * _noise(picture.shape[:2], rng, (2, 5, 60))
    for channel in range(3):
        np.copyto(
            picture[:, :, channel],
            np.clip(picture[:, :, channel] * light, 0, 255).astype(np.uint8),
        )
    levels = [picture]
    while min(levels[-1].shape[:2]) > 40:
        levels.append(_half(levels[-1]))
    return Ground(tuple(levels), corner)


def _half(picture: Image) -> Image:
    even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return cv2.resize(even, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _noise(
    hw: tuple[int, ...], rng: np.random.Generator, grain_px: tuple[int, ...]
) -> NDArray[np.float32]:
    """(h, w) float32 around zero, about -1 to 1, with structure of several sizes."""
    total = np.zeros((hw[0], hw[1]), np.float32)
    for grain in grain_px:
        coarse = rng.uniform(-1, 1, (hw[0] // grain + 2, hw[1] // grain + 2)).astype(np.float32)
        fine = cv2.resize(coarse, (hw[1], hw[0]), interpolation=cv2.INTER_LINEAR)
        total += fine.astype(np.float32)
    return total / np.float32(len(grain_px) ** 0.5)


def _grass(hw: tuple[int, int], rng: np.random.Generator) -> Image:
    share = np.clip(0.5 + 0.6 * _noise(hw, rng, (4, 30, 200)), 0, 1)
    picture = np.empty((*hw, 3), np.uint8)
    for channel, (light, dark) in enumerate(zip(_GRASS, _GRASS_DARK, strict=True)):
        picture[:, :, channel] = dark + (light - dark) * share
    return picture


def _pixels(line_m: Floats, corner: tuple[float, float]) -> NDArray[np.int32]:
    columns = (line_m[:, 0] - corner[0]) * PX_PER_M
    rows = (corner[1] - line_m[:, 1]) * PX_PER_M
    fixed = np.column_stack([columns, rows]) * 2**_FIXED_POINT
    whole: NDArray[np.int32] = np.round(fixed).astype(np.int32)
    return whole


def _stroke(
    picture: Image, line: NDArray[np.int32], colour: tuple[int, ...], width_m: float, closed: bool
) -> None:
    cv2.polylines(
        picture,
        [line],
        closed,
        colour,
        max(1, round(width_m * PX_PER_M)),
        cv2.LINE_AA,
        _FIXED_POINT,
    )


def _paint_road(
    picture: Image, course: Course, corner: tuple[float, float], rng: np.random.Generator
) -> None:
    for offset_m in (-0.75, 0.75):  # worn strips beside the road
        earth = _pixels(course.beside(offset_m), corner)
        for start in rng.integers(0, len(earth), 9):
            part = np.take(earth, range(start, start + 160), axis=0, mode="wrap")
            _stroke(picture, part, (138, 118, 84), 0.35, closed=False)
    _stroke(picture, _pixels(course.points_m, corner), _ASPHALT, ROAD_M, closed=True)
    for offset_m, grey in ((-0.22, 84), (0.25, 86)):  # tyre marks
        _stroke(picture, _pixels(course.beside(offset_m), corner), (grey,) * 3, 0.1, closed=True)


def _paint_lines(picture: Image, course: Course, corner: tuple[float, float]) -> None:
    for side in (-EDGE_M, EDGE_M):
        _stroke(picture, _pixels(course.beside(side), corner), _WHITE, LINE_M, closed=True)
    count = round(course.length_m / (DASH_M + GAP_M))
    period_m = course.length_m / count
    for number in range(count):
        along = number * period_m + np.linspace(0, DASH_M, 8)
        _stroke(picture, _pixels(course.at(along), corner), _YELLOW, LINE_M, closed=False)


def _shadows(
    hw: tuple[int, ...], course: Course, corner: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """(h, w) float32, 1 in the sun, less under the trees along the road."""
    small = 4
    shade = np.ones((hw[0] // small, hw[1] // small), np.float32)
    for along_m in np.arange(1.5, course.length_m, 2.6):
        middle = course.at(float(along_m)) + rng.normal(0, 0.6, 2)
        column, row = _pixels(middle[None], corner)[0] / 2**_FIXED_POINT / small
        for _ in range(6):
            spot = rng.normal((column, row), 0.22 * PX_PER_M / small, 2).round().astype(int)
            axes = (rng.uniform(0.08, 0.4, 2) * PX_PER_M / small).round().astype(int)
            cv2.ellipse(
                shade,
                spot.tolist(),
                axes.tolist(),
                float(rng.uniform(0, 180)),
                0,
                360,
                (float(rng.uniform(0.5, 0.7)),),
                -1,
            )
    soft = cv2.GaussianBlur(shade, (0, 0), 1.5)
    return cv2.resize(soft, (hw[1], hw[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
