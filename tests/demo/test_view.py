import math

import numpy as np
import pytest

from donkey_activations.demo.camera import PinholeCamera, Pose
from donkey_activations.demo.course import winding_course
from donkey_activations.demo.ground import DASH_M, EDGE_M, GAP_M
from donkey_activations.demo.view import View

SEED = 3
COURSE = winding_course(SEED)


def pixel_by_hand(camera, point_m, pose):
    """The pinhole formula, worked anew: turn, move, tilt, divide."""
    along = point_m[0] - pose.x_m, point_m[1] - pose.y_m
    forward = along[0] * math.cos(pose.heading_rad) + along[1] * math.sin(pose.heading_rad)
    right = along[0] * math.sin(pose.heading_rad) - along[1] * math.cos(pose.heading_rad)
    tilt = math.radians(camera.pitch_deg)
    angle_below = math.atan2(camera.height_m, forward)
    distance = math.hypot(camera.height_m, forward)
    depth = distance * math.cos(angle_below - tilt)
    low = distance * math.sin(angle_below - tilt)
    focal = camera.image_hw[1] / 2 / math.tan(math.radians(camera.view_deg / 2))
    height, width = camera.image_hw
    return (width - 1) / 2 + focal * right / depth, (height - 1) / 2 + focal * low / depth


def pose_at(along_m):
    x_m, y_m = COURSE.at(along_m)
    index = round(along_m / COURSE.length_m * len(COURSE.points_m))
    return Pose(float(x_m), float(y_m), float(COURSE.heading_rad[index]))


@pytest.fixture(scope="module", params=[(120, 160), (360, 640)], ids=["160x120", "640x360"])
def view(request):
    return View(COURSE, PinholeCamera(request.param), SEED)


def test_dashes_of_the_centre_line_appear_where_the_pinhole_formula_puts_them(view):
    count = round(COURSE.length_m / (DASH_M + GAP_M))
    period_m = COURSE.length_m / count
    looked_at = 0
    for number in range(2, count - 3, 3):
        pose = pose_at(number * period_m - 0.5)
        frame = view.frame(pose, number).astype(int)
        dash = COURSE.at(number * period_m + DASH_M / 2)
        column, row = pixel_by_hand(view.camera, dash, pose)
        red, _, blue = frame[round(row), round(column)]
        assert red > 1.5 * blue, f"no yellow at {column:.1f}, {row:.1f} of frame {number}"
        gap = COURSE.at(number * period_m + DASH_M + GAP_M / 2)
        column, row = pixel_by_hand(view.camera, gap, pose)
        red, _, blue = frame[round(row), round(column)]
        assert red < 1.5 * blue, f"yellow at {column:.1f}, {row:.1f} of frame {number}"
        looked_at += 1
    assert looked_at > 10


@pytest.mark.parametrize("side", [-1, 1])
def test_the_edge_lines_are_the_brightest_of_the_road_across(view, side):
    pose = pose_at(6.0)
    index = round(6.8 / COURSE.length_m * len(COURSE.points_m))
    frame = view.frame(pose, 0).astype(int).sum(axis=2)
    column, row = pixel_by_hand(view.camera, COURSE.beside(side * EDGE_M)[index], pose)
    inside, _ = pixel_by_hand(view.camera, COURSE.beside(side * (EDGE_M - 0.15))[index], pose)
    assert frame[round(row), round(column)] > 1.4 * frame[round(row), round(inside)]


def test_a_frame_is_what_a_donkeycar_camera_gives(view):
    frame = view.frame(pose_at(1.0), 0)
    assert frame.shape == (*view.camera.image_hw, 3)
    assert frame.dtype == np.uint8


def test_a_frame_is_decided_by_seed_pose_and_number():
    camera = PinholeCamera((120, 160))
    one, same, other = (View(COURSE, camera, seed) for seed in (1, 1, 2))
    pose = pose_at(2.0)
    assert np.array_equal(one.frame(pose, 5), same.frame(pose, 5))
    assert not np.array_equal(one.frame(pose, 5), other.frame(pose, 5))
    assert not np.array_equal(one.frame(pose, 5), one.frame(pose, 6))


def test_the_light_varies_over_a_drive(view):
    means = [view.frame(pose_at(3.0), number).mean() for number in range(0, 400, 20)]
    assert max(means) > 1.25 * min(means)


@pytest.mark.parametrize("image_hw", [(64, 64), (64, 1280), (640, 64)])
def test_odd_resolutions_are_drawn_too(image_hw):
    assert View(COURSE, PinholeCamera(image_hw), SEED).frame(pose_at(0.0), 0).std() > 20


def test_a_full_turn_sees_the_same_surroundings_again(view):
    pose = pose_at(4.0)
    turned = Pose(pose.x_m, pose.y_m, pose.heading_rad + 2 * math.pi)
    difference = view.frame(pose, 0).astype(int) - view.frame(turned, 0)
    assert np.abs(difference).mean() < 0.1


def test_the_hills_stay_where_they_are_when_the_car_turns(view):
    def hill_rows(heading_rad):
        pose = Pose(0.0, 0.0, heading_rad)
        column, _ = pixel_by_hand(
            view.camera, (1000.0 * math.cos(0.2), 1000.0 * math.sin(0.2)), pose
        )
        above = view.frame(pose, 0)[: int(view.camera.horizon_row), round(column)].astype(int)
        return np.count_nonzero(above[:, 1] > above[:, 2])  # the sky is rather blue than green

    rows = [hill_rows(heading_rad) for heading_rad in (-0.3, 0.0, 0.4)]
    assert min(rows) > 1
    assert max(rows) - min(rows) <= 0.02 * view.camera.image_hw[0]
