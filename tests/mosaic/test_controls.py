from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donkey_activations.mosaic.controls import CHANNELS, Controls, known_controls

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ({}, {}),
        ({"user/angle": 0.5, "user/throttle": -0.25}, {"user": Controls(0.5, -0.25)}),
        ({"pilot/angle": -1, "pilot/throttle": 1}, {"pilot": Controls(-1.0, 1.0)}),
        (
            {"user/angle": 0, "user/throttle": 0, "pilot/angle": 0.1, "pilot/throttle": 0.2},
            {"user": Controls(0.0, 0.0), "pilot": Controls(0.1, 0.2)},
        ),
        ({"user/angle": 0.5}, {}),
        ({"user/throttle": 0.5, "pilot/angle": 0.5}, {}),
        ({"user/angle": 0.5, "user/throttle": None}, {}),
        (
            {
                "user/angle": None,
                "user/throttle": None,
                "pilot/angle": np.float32(0.5),
                "pilot/throttle": np.float64(0.25),
            },
            {"pilot": Controls(0.5, 0.25)},
        ),
        ({"user/angle": "0.5", "user/throttle": "-1e-1"}, {"user": Controls(0.5, -0.1)}),
        ({"angle": 0.5, "throttle": 0.5, "user/mode": "user"}, {}),
    ],
)
def test_only_drivers_with_steering_and_throttle_are_known(
    values: Mapping[str, Any], known: Mapping[str, Controls]
) -> None:
    before = dict(values)
    assert known_controls(values) == known
    assert dict(values) == before


@pytest.mark.parametrize(
    "unknown",
    [
        None, "", "left", float("nan"), float("inf"), -float("inf"), [], [0.1], {}, 10**400,
        1j, np.zeros(3), np.float32("nan"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["pilot/angle", "pilot/throttle"])
def test_what_is_no_finite_number_makes_its_driver_unknown_and_no_other(
    unknown: object, channel: str
) -> None:
    values = {name: 0.5 for names in CHANNELS.values() for name in names}
    assert set(known_controls(values)) == {"user", "pilot"}
    assert known_controls(values | {channel: unknown}) == {"user": Controls(0.5, 0.5)}


@settings(max_examples=60, deadline=None)
@given(finite, finite, finite, finite)
def test_numbers_come_through_as_they_are(a: float, b: float, c: float, d: float) -> None:
    record = {"pilot/angle": c, "user/throttle": b, "pilot/throttle": d, "user/angle": a}
    known = known_controls(record)
    assert known == {"user": Controls(a, b), "pilot": Controls(steering=c, throttle=d)}
    assert list(known) == ["user", "pilot"]
    assert all(type(x) is float for one in known.values() for x in (one.steering, one.throttle))


@pytest.mark.parametrize("driver", ["user", "pilot"])
def test_steering_is_known_by_its_other_name_too(driver: str) -> None:
    values = {f"{driver}/steering": 0.25, f"{driver}/throttle": 0.5}
    assert known_controls(values) == {driver: Controls(0.25, 0.5)}
    both = {**values, f"{driver}/angle": -0.5}
    assert known_controls(both) == {driver: Controls(-0.5, 0.5)}
