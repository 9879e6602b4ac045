from fractions import Fraction
from pathlib import Path

import pytest

from donkey_activations.films.time_axis import TimeAxis, as_recorded, steady
from donkey_activations.films.video import FilmError
from donkey_activations.tubs.records import Record


def records(*times_ms: int | None) -> list[Record]:
    return [Record(index, Path("image.jpg"), time, {}) for index, time in enumerate(times_ms)]


def shown(axis: TimeAxis, places: list[int]) -> list[float]:
    """When the pictures of these places are shown, in milliseconds."""
    return [
        float(1000 * axis.tick(place, number, places[0]) * axis.tick_s)
        for number, place in enumerate(places)
    ]


def test_pictures_are_shown_when_their_records_were_made() -> None:
    made = records(1_602_421_393_803, 1_602_421_393_853, 1_602_421_393_910, 1_602_421_394_010)
    axis = as_recorded(made, range(4), 1)
    assert shown(axis, [0, 1, 2, 3]) == [0, 50, 107, 207]
    assert axis.remark == ""


def test_gaps_of_more_than_a_second_are_cut_to_one_second() -> None:
    made = records(0, 50, 1050, 2051, 90_000_000, 90_000_100)
    assert shown(as_recorded(made, range(6), 1), [*range(6)]) == [0, 50, 1050, 2050, 3050, 3150]


def test_a_record_that_is_left_out_takes_its_time_all_the_same() -> None:
    made = records(*range(0, 4000, 400))
    axis = as_recorded(made, [2, 5, 8], 1)
    assert shown(axis, [2, 5, 8]) == [0, 1200, 2400]
    assert axis.rate == Fraction(2, 2) / Fraction(12, 10)


def test_a_film_begins_with_its_first_picture_also_where_records_before_cannot_be_read() -> None:
    axis = as_recorded(records(0, 60, 100), range(3), 1)
    assert shown(axis, [1, 2]) == [0, 40]


@pytest.mark.parametrize(
    ("speed", "expected"), [(2, [0, 25, 55]), (0.5, [0, 100, 220]), (3, [0, 17, 37])]
)
def test_speed_divides_the_times(speed: float, expected: list[float]) -> None:
    assert shown(as_recorded(records(0, 50, 110), range(3), speed), [0, 1, 2]) == expected


def test_no_picture_is_shown_at_the_time_of_another() -> None:
    made = records(0, 50, 50, 50, 51, 100, 150)
    assert shown(as_recorded(made, range(7), 1), [*range(7)]) == [0, 50, 51, 52, 53, 100, 150]
    assert shown(as_recorded(made, range(7), 1000), [*range(7)]) == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("times_ms", "reason"),
    [
        ((0, None, 100), "some have no time"),
        ((None, None, None), "some have no time"),
        ((100, 150, 40), "their times go backwards"),
        ((7, 7, 7), "3 in 0 s"),
        ((0, 3, 6), "3 in 0.006 s"),
    ],
)
def test_records_without_their_times_are_taken_as_20_a_second_and_it_says_so(
    times_ms: tuple[int | None, ...], reason: str
) -> None:
    axis = as_recorded(records(*times_ms), range(3), 1)
    assert shown(axis, [0, 1, 2]) == [0, 50, 100]
    assert axis.rate == 20
    assert reason in axis.remark
    assert "20 a second" in axis.remark


def test_only_the_times_of_what_is_shown_matter() -> None:
    made = records(None, 0, 50, 100, 20)
    axis = as_recorded(made, [1, 2, 3], 1)
    assert shown(axis, [1, 2, 3]) == [0, 50, 100]
    assert axis.remark == ""


@pytest.mark.parametrize("times_ms", [(5,), (None,)])
def test_one_picture_is_a_film(times_ms: tuple[int | None]) -> None:
    axis = as_recorded(records(*times_ms), [0], 1)
    assert shown(axis, [0]) == [0]
    assert axis.last_ticks == 50


@pytest.mark.parametrize(
    ("fps", "tick_s"), [(20, Fraction(1, 20)), (29.97, Fraction(100, 2997)), (0.5, Fraction(2))]
)
def test_steady_pictures_follow_each_other_also_where_records_are_passed_over(
    fps: float, tick_s: Fraction
) -> None:
    axis = steady(fps)
    assert axis.tick_s == tick_s
    assert shown(axis, [3, 9, 11]) == [0, float(1000 * tick_s), float(2000 * tick_s)]
    assert axis.last_ticks == 1


@pytest.mark.parametrize("fps", [0, -1, 0.01, 1000, float("nan"), float("inf")])
def test_a_rate_that_no_film_has_is_refused(fps: float) -> None:
    with pytest.raises(FilmError, match="--fps: expected"):
        steady(fps)


@pytest.mark.parametrize("speed", [0, -2, float("nan"), float("inf"), 1e9])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(FilmError, match="--speed: expected"):
        as_recorded(records(0, 50), range(2), speed)
