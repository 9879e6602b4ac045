"""A wall clock that is set while the car drives, as on a Pi without a clock of its own."""

from pathlib import Path

from faulted_drives import assert_no_record_points_to_a_torn_picture, assert_the_car_came_first
from limited_drives import drive_with_limits


def test_a_clock_that_jumps_forwards_and_backwards_costs_nothing(
    model: Path, tmp_path: Path
) -> None:
    jumped = drive_with_limits("wall clock", model, tmp_path)
    assert_the_car_came_first(jumped.ours, jumped.stock)
    assert jumped.failed == 0
    stamps = [record["_timestamp_ms"] for record in jumped.ours.records()]
    assert max(stamps) - min(stamps) > 10**11
    assert_no_record_points_to_a_torn_picture(jumped.ours, model)
