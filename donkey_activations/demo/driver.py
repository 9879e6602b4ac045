"""Who drives in the demo: steering that follows the course, from geometry alone.

The label of a record is what a driver should do where the car is (pure pursuit). What the car
does is that plus slow wandering, so the tub holds records beside the line and the way back to it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from donkey_activations.demo.camera import Floats, Pose
from donkey_activations.demo.course import Course

RATE_HZ = 20.0
WHEELBASE_M = 0.26
FULL_LOCK_RAD = math.radians(25.0)
LOOK_AHEAD_M = 0.8
SLOWEST_M_S, FASTEST_M_S = 0.9, 1.7
_HAND_NOISE = 0.015
_WANDER = 0.16
_WANDER_S = 0.7


@dataclass(frozen=True)
class Moment:
    """One record's worth of driving.

    Attributes:
        pose: Where the car stands.
        steering: -1 (full left) to 1 (full right).
        throttle: 0 to 1.
    """

    pose: Pose
    steering: float
    throttle: float


def pursue(course: Course, pose: Pose) -> float:
    """Return the steering that leads the car onto the course a little ahead.

    Args:
        course: The course, in the direction of travel.
        pose: Where the car stands.

    Returns:
        Steering, -1 (full left) to 1 (full right).
    """
    here = np.array([pose.x_m, pose.y_m])
    goal = course.at(course.nearest_m(here) + LOOK_AHEAD_M)
    return _steering(_left_of(pose, goal - here))


def drive(course: Course, records: int, seed: int) -> Iterator[Moment]:
    """Drive a number of records, half of them the other way round.

    Args:
        course: The course.
        records: How many moments.
        seed: The same seed gives the same drive.

    Yields:
        One moment each 1/20 s, in order.
    """
    rng = np.random.default_rng(seed)
    first = records - records // 2
    yield from _one_way(course, first, rng)
    yield from _one_way(course.reversed(), records - first, rng)


def _one_way(course: Course, records: int, rng: np.random.Generator) -> Iterator[Moment]:
    start = course.at(0.0)
    pose = Pose(float(start[0]), float(start[1]), float(course.heading_rad[0]))
    wander = 0.0
    keep = math.exp(-1 / (RATE_HZ * _WANDER_S))
    for _ in range(records):
        right = pursue(course, pose)
        speed = _speed(course, course.nearest_m(np.array([pose.x_m, pose.y_m])))
        share = (speed - SLOWEST_M_S) / (FASTEST_M_S - SLOWEST_M_S)
        hand = float(rng.normal(0, _HAND_NOISE))
        yield Moment(pose, float(np.clip(right + hand, -1, 1)), 0.2 + 0.25 * share)
        wander = keep * wander + math.sqrt(1 - keep**2) * float(rng.normal(0, _WANDER))
        pose = _roll(pose, float(np.clip(right + wander, -1, 1)), speed)


def _roll(pose: Pose, steering: float, speed_m_s: float) -> Pose:
    step_m = speed_m_s / RATE_HZ
    turn = -step_m * math.tan(steering * FULL_LOCK_RAD) / WHEELBASE_M
    middle = pose.heading_rad + turn / 2
    return Pose(
        pose.x_m + step_m * math.cos(middle),
        pose.y_m + step_m * math.sin(middle),
        pose.heading_rad + turn,
    )


def _left_of(pose: Pose, offset_m: Floats) -> float:
    """Return the curvature, positive to the left, of the arc from the pose through a point."""
    cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
    left = cos * offset_m[1] - sin * offset_m[0]
    return float(2 * left / (offset_m @ offset_m))


def _steering(curvature_per_m: float) -> float:
    wheel_rad = math.atan(WHEELBASE_M * curvature_per_m)
    return max(-1.0, min(1.0, -wheel_rad / FULL_LOCK_RAD))


def _speed(course: Course, along_m: float) -> float:
    """Slower where the next metre bends."""
    count = len(course.curvature_per_m)
    points_per_m = count / course.length_m
    ahead = (int(along_m * points_per_m) + np.arange(int(1.2 * points_per_m))) % count
    bend = min(1.0, float(np.abs(course.curvature_per_m[ahead]).mean()) / 0.7)
    return FASTEST_M_S - (FASTEST_M_S - SLOWEST_M_S) * bend
