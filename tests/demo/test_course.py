import math

import numpy as np
import pytest

from donkey_activations.demo.course import MAX_CURVATURE_PER_M, Course, winding_course


def circle(radius_m=2.0):
    turn = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    return Course.through(radius_m * np.column_stack([np.cos(turn), np.sin(turn)]))


def test_a_circle_has_its_known_length_curvature_and_direction():
    course = circle()
    assert course.length_m == pytest.approx(4 * math.pi, rel=1e-4)
    assert course.curvature_per_m == pytest.approx(0.5, rel=1e-2)
    assert course.heading_rad[0] == pytest.approx(math.pi / 2, abs=1e-2)
    assert course.at(math.pi) == pytest.approx([0.0, 2.0], abs=1e-2)


def test_the_other_way_round_bends_to_the_other_side():
    assert circle().reversed().curvature_per_m == pytest.approx(-0.5, rel=1e-2)


def test_distances_wrap_around():
    course = circle()
    assert course.at(course.length_m + 1.0) == pytest.approx(course.at(1.0))
    assert course.at(np.array([0.5, -0.5])).shape == (2, 2)


def test_beside_goes_to_the_left_which_is_the_inside_of_a_left_bend():
    assert np.linalg.norm(circle().beside(0.5), axis=1) == pytest.approx(1.5, abs=1e-3)


def test_the_nearest_place_of_a_point_on_the_course_is_that_place():
    course = winding_course(0)
    assert course.nearest_m(course.at(7.0)) == pytest.approx(7.0, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_a_winding_course_bends_both_ways_and_never_too_sharply(seed):
    course = winding_course(seed)
    assert course.curvature_per_m.min() < -0.2
    assert 0.2 < course.curvature_per_m.max() <= MAX_CURVATURE_PER_M
    assert course.curvature_per_m.min() >= -MAX_CURVATURE_PER_M


def test_a_seed_gives_one_course_and_another_seed_another():
    assert np.array_equal(winding_course(1).points_m, winding_course(1).points_m)
    assert not np.array_equal(winding_course(1).points_m, winding_course(2).points_m)
