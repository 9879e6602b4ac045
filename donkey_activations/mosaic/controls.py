"""Steering and throttle, as Donkeycar's channels and records carry them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# By driver, the channels of his steering and throttle; a record's keys are the same.
CHANNELS = {
    "user": ("user/angle", "user/throttle"),
    "pilot": ("pilot/angle", "pilot/throttle"),
}
CONTROL_CHANNELS = tuple(channel for channels in CHANNELS.values() for channel in channels)
# Newer parts of Donkeycar steer by another name, and so do cars of people's own making.
OTHER_NAMES = {"user/angle": "user/steering", "pilot/angle": "pilot/steering"}


@dataclass(frozen=True)
class Controls:
    """What one driver does.

    Attributes:
        steering: Donkeycar's angle, -1 (left) to 1 (right).
        throttle: -1 (full back) to 1 (full ahead).
    """

    steering: float
    throttle: float


def known_controls(values: Mapping[str, Any]) -> dict[str, Controls]:
    """Return the controls of each driver whose steering and throttle are known.

    Args:
        values: A record, or channels with their values; what is missing or no finite number is
            unknown.
    """
    known = {}
    for driver, channels in CHANNELS.items():
        steering, throttle = (_number(_value(values, channel)) for channel in channels)
        if steering is not None and throttle is not None:
            known[driver] = Controls(steering, throttle)
    return known


def _value(values: Mapping[str, Any], channel: str) -> Any:
    return values.get(channel if channel in values else OTHER_NAMES.get(channel, channel))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
