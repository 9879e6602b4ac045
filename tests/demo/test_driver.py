import math

import numpy as np
import pytest

from donkey_activations.demo.camera import Pose
from donkey_activations.demo.course import Course, winding_course
from donkey_activations.demo.driver import FULL_LOCK_RAD, WHEELBASE_M, drive, pursue

TURN = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
LEFT_BEND = Course.through(2.0 * np.column_stack([np.cos(TURN), np.sin(TURN)]))


def test_a_left_bend_of_two_metres_takes_the_wheel_angle_of_its_circle():
    right = pursue(LEFT_BEND, Pose(2.0, 0.0, math.pi / 2))
    assert right == pytest.approx(-math.atan(WHEELBASE_M / 2.0) / FULL_LOCK_RAD, rel=0.02)


def test_a_right_bend_is_steered_to_the_right_which_is_positive():
    assert pursue(LEFT_BEND.reversed(), Pose(2.0, 0.0, -math.pi / 2)) > 0.2


@pytest.mark.parametrize(("offset_m", "sign"), [(-0.3, -1), (0.3, 1)])
def test_a_car_beside_the_line_is_steered_back_to_it(offset_m, sign):
    on_line = pursue(LEFT_BEND, Pose(2.0, 0.0, math.pi / 2))
    # on this course, further out (greater x) is to the right of the line
    beside = pursue(LEFT_BEND, Pose(2.0 - offset_m, 0.0, math.pi / 2))
    assert math.copysign(1, beside - on_line) == sign


def test_steering_never_leaves_its_range():
    assert pursue(LEFT_BEND, Pose(2.0, 0.0, 0.0)) == -1.0
    assert pursue(LEFT_BEND, Pose(2.0, 0.0, math.pi)) == 1.0


def test_a_drive_stays_on_the_road_leaves_the_line_and_turns_both_ways():
    course = winding_course(3)
    moments = list(drive(course, 800, 3))
    off_m = [
        np.linalg.norm(course.points_m - (m.pose.x_m, m.pose.y_m), axis=1).min() for m in moments
    ]
    steering = np.array([moment.steering for moment in moments])
    assert max(off_m) < 0.4
    assert max(off_m) > 0.08
    assert steering.min() < -0.3
    assert steering.max() > 0.3
    assert all(0.1 < moment.throttle < 0.6 for moment in moments)


def test_a_drive_is_decided_by_its_seed():
    course = winding_course(3)
    assert list(drive(course, 50, 1)) == list(drive(course, 50, 1))
    assert list(drive(course, 50, 1)) != list(drive(course, 50, 2))


@pytest.mark.parametrize("records", [0, 1, 7])
def test_a_drive_has_as_many_moments_as_asked_for(records):
    assert len(list(drive(winding_course(3), records, 3))) == records
