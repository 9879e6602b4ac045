"""The course that the demo drives on: a closed, winding line on flat ground.

World coordinates are metres on the ground, x east, y north; headings are radians, counter-clockwise
from x; a curvature is positive where the course bends to the left.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MEAN_RADIUS_M = 4.0
MAX_CURVATURE_PER_M = 0.8
_POINTS = 2048


@dataclass(frozen=True)
class Course:
    """The centre line, sampled at equal distances; the last point lies before the first.

    Attributes:
        points_m: (N, 2) float64, metres.
        heading_rad: (N,) float64, the direction of travel, without jumps (it winds up).
        curvature_per_m: (N,) float64, positive to the left.
        length_m: Once around.
    """

    points_m: Floats
    heading_rad: Floats
    curvature_per_m: Floats
    length_m: float

    @classmethod
    def through(cls, corners_m: Floats) -> Self:
        """Return the course that follows a dense closed polygon.

        Args:
            corners_m: (M, 2) float64, metres, M large, the first corner not repeated.

        Returns:
            The course, sampled at equal distances.
        """
        closed = np.vstack([corners_m, corners_m[:1]])
        travelled = np.concatenate(
            [[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))]
        )
        length_m = float(travelled[-1])
        even = np.arange(_POINTS) * (length_m / _POINTS)
        points = np.column_stack([np.interp(even, travelled, closed[:, i]) for i in (0, 1)])
        ahead = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
        heading = np.unwrap(np.arctan2(ahead[:, 1], ahead[:, 0]))
        turn = np.angle(np.exp(1j * (np.roll(heading, -1) - np.roll(heading, 1))))
        return cls(points, heading, turn / (2 * length_m / _POINTS), length_m)

    def reversed(self) -> "Course":
        """Return the same line, driven the other way round."""
        return Course.through(self.points_m[::-1])

    def at(self, distance_m: float | Floats) -> Floats:
        """Points at distances along the course (wrapping around).

        Args:
            distance_m: One distance or (K,) float64, metres.

        Returns:
            (2,) or (K, 2) float64, metres.
        """
        count = len(self.points_m)
        position = np.asarray(distance_m) / self.length_m * count
        index = np.floor(position).astype(int)
        share = (position - index)[..., None]
        before, after = self.points_m[index % count], self.points_m[(index + 1) % count]
        points: Floats = (1 - share) * before + share * after
        return points

    def beside(self, offset_m: float) -> Floats:
        """Return a line parallel to the centre line.

        Args:
            offset_m: Metres to the left (negative: to the right).

        Returns:
            (N, 2) float64, metres.
        """
        left = np.column_stack([-np.sin(self.heading_rad), np.cos(self.heading_rad)])
        return self.points_m + offset_m * left

    def nearest_m(self, point_m: Floats) -> float:
        """How far along the course the point nearest to ``point_m`` (2,) lies, in metres."""
        squares = np.sum((self.points_m - point_m) ** 2, axis=1)
        return float(np.argmin(squares)) * self.length_m / len(self.points_m)


def winding_course(seed: int) -> Course:
    """Return a course with bends to both sides and none sharper than 1.25 m.

    Args:
        seed: The same seed gives the same course.

    Returns:
        A course of about 25 to 35 m, counter-clockwise.
    """
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 2 * np.pi, 4)
    weights = np.array([0.20, 0.22, 0.10, 0.05]) * rng.uniform(0.8, 1.2, 4)
    turn = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False)
    waves = sum(
        weight * np.cos((k + 2) * turn + phase)
        for k, (weight, phase) in enumerate(zip(weights, phases, strict=True))
    )
    strength = 1.0
    while True:
        radius = MEAN_RADIUS_M * (1 + strength * waves)
        course = Course.through(
            np.column_stack([1.25 * radius * np.cos(turn), radius * np.sin(turn)])
        )
        if np.abs(course.curvature_per_m).max() <= MAX_CURVATURE_PER_M:
            return course
        strength *= 0.95
