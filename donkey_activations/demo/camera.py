"""A pinhole camera on a car: where a point of the world lies in the picture, and the reverse."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """Where the car stands.

    Attributes:
        x_m: Metres east.
        y_m: Metres north.
        heading_rad: Direction of travel, counter-clockwise from x.
    """

    x_m: float
    y_m: float
    heading_rad: float

    def to_world(self) -> Floats:
        """(3, 3) float64: from (forward, left, 1) on the ground, in metres, to (x, y, 1)."""
        cos, sin = math.cos(self.heading_rad), math.sin(self.heading_rad)
        return np.array([[cos, -sin, self.x_m], [sin, cos, self.y_m], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class PinholeCamera:
    """A camera above the car's origin, looking ahead and a little down.

    The centre of the top left pixel has the coordinates (0, 0).

    Attributes:
        image_hw: Height and width of the picture, pixels.
        view_deg: Angle between the left and the right edge.
        height_m: Height of the lens above the ground.
        pitch_deg: How far it looks down from the horizontal.
    """

    image_hw: tuple[int, int]
    view_deg: float = 100.0
    height_m: float = 0.25
    pitch_deg: float = 18.0

    @property
    def focal_px(self) -> float:
        """Focal length in pixels, the same in both directions."""
        return self.image_hw[1] / 2 / math.tan(math.radians(self.view_deg) / 2)

    @property
    def centre_px(self) -> tuple[float, float]:
        """Column and row of the optical axis."""
        return (self.image_hw[1] - 1) / 2, (self.image_hw[0] - 1) / 2

    @property
    def horizon_row(self) -> float:
        """The row in which the ground ends, infinitely far away."""
        return self.centre_px[1] - self.focal_px * math.tan(math.radians(self.pitch_deg))

    def project(self, points_m: Floats, pose: Pose) -> tuple[Floats, Floats]:
        """Where points of the world appear.

        Args:
            points_m: (N, 3) float64: x, y and height above the ground, metres.
            pose: Where the car stands.

        Returns:
            (N, 2) float64, column and row in pixels, and (N,) float64, the depth along the
            optical axis in metres. A point with a depth of zero or less is behind the lens; its
            pixel means nothing.
        """
        cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
        east, north = points_m[:, 0] - pose.x_m, points_m[:, 1] - pose.y_m
        forward, left = cos * east + sin * north, cos * north - sin * east
        above = points_m[:, 2] - self.height_m
        down_cos, down_sin = self._pitch()
        depth = down_cos * forward - down_sin * above
        low = -down_sin * forward - down_cos * above
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        column = self.centre_px[0] - self.focal_px * left / safe
        row = self.centre_px[1] + self.focal_px * low / safe
        return np.column_stack([column, row]), depth

    def to_ground(self) -> Floats:
        """(3, 3) float64: from (column, row, 1) below the horizon to (forward, left, 1) metres.

        The last component has to be divided out.
        """
        down_cos, down_sin = self._pitch()
        to_ray = np.array(
            [
                [1 / self.focal_px, 0.0, -self.centre_px[0] / self.focal_px],
                [0.0, 1 / self.focal_px, -self.centre_px[1] / self.focal_px],
                [0.0, 0.0, 1.0],
            ]
        )
        meet = np.array(
            [
                [0.0, -self.height_m * down_sin, self.height_m * down_cos],
                [-self.height_m, 0.0, 0.0],
                [0.0, down_cos, down_sin],
            ]
        )
        matrix: Floats = meet @ to_ray
        return matrix

    def _pitch(self) -> tuple[float, float]:
        pitch = math.radians(self.pitch_deg)
        return math.cos(pitch), math.sin(pitch)
