import math

import numpy as np
import pytest

from donkey_activations.demo.camera import PinholeCamera, Pose

LEVEL = PinholeCamera((120, 160), view_deg=90.0, height_m=0.25, pitch_deg=0.0)
ORIGIN = Pose(0.0, 0.0, 0.0)


def place(camera, point_m, pose=ORIGIN):
    pixels, depth = camera.project(np.array([point_m]), pose)
    return pytest.approx(tuple(pixels[0]), abs=1e-9), depth[0]


def test_half_the_width_at_45_degrees_is_the_focal_length():
    assert LEVEL.focal_px == pytest.approx(80.0)
    assert LEVEL.centre_px == (79.5, 59.5)
    assert LEVEL.horizon_row == pytest.approx(59.5)


@pytest.mark.parametrize(
    ("point_m", "pixel"),
    [
        ((2.0, 0.0, 0.0), (79.5, 59.5 + 80 * 0.25 / 2)),
        ((2.0, 0.5, 0.0), (79.5 - 80 * 0.5 / 2, 69.5)),
        ((2.0, -0.5, 0.25), (79.5 + 80 * 0.5 / 2, 59.5)),
    ],
    ids=["ahead on the ground", "to the left on the ground", "to the right at lens height"],
)
def test_a_level_camera_shows_points_where_the_rule_of_three_says(point_m, pixel):
    seen, depth = place(LEVEL, point_m)
    assert seen == pixel
    assert depth == pytest.approx(2.0)


def test_the_car_takes_the_camera_along():
    seen, _ = place(LEVEL, (3.0 - 0.5, 4.0 + 2.0, 0.0), Pose(3.0, 4.0, math.pi / 2))
    assert seen == (79.5 - 20.0, 69.5)


def test_looking_down_the_axis_meets_the_ground_in_the_middle_of_the_picture():
    camera = PinholeCamera((121, 161), pitch_deg=30.0, height_m=0.3)
    ahead_m = 0.3 / math.tan(math.radians(30.0))
    seen, depth = place(camera, (ahead_m, 0.0, 0.0))
    assert seen == (80.0, 60.0)
    assert depth == pytest.approx(0.3 / math.sin(math.radians(30.0)))


def test_what_lies_behind_has_no_depth():
    _, depth = place(LEVEL, (-1.0, 0.0, 0.0))
    assert depth < 0


def test_the_ground_seen_in_a_pixel_projects_back_into_it():
    camera = PinholeCamera((360, 640))
    pixels = np.array([[10.0, 340.0], [320.0, 200.0], [600.0, 110.0]])
    ground = np.column_stack([pixels, np.ones(3)]) @ camera.to_ground().T
    forward_left = ground[:, :2] / ground[:, 2:]
    points = np.column_stack([forward_left, np.zeros(3)])
    assert camera.project(points, ORIGIN)[0] == pytest.approx(pixels)


def test_a_pose_puts_forward_and_left_into_the_world():
    world = Pose(1.0, 2.0, math.pi / 2).to_world() @ np.array([3.0, 0.5, 1.0])
    assert world == pytest.approx([0.5, 5.0, 1.0])
