"""A peer that takes turns: the maps of frames, or the pictures of maps that are there."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from turns import serve


def prepare(case: dict[str, Any]) -> tuple[Callable[[int], Any], Any]:
    """Open what is measured.

    Args:
        case: ``peer``, a module here; ``work``, which is ``maps`` (with ``keras`` and ``frames``,
            files) or ``picture`` (with ``maps``, a file, and ``folder``).
    """
    peer = import_module(f"peers.{case['peer']}")
    if case["work"] == "picture":
        with np.load(case["maps"]) as file:
            maps = dict(file)
        return lambda _: peer.picture(maps, case["folder"]), None
    frames, pilot = np.load(case["frames"]), peer.load(case["keras"])

    def compute(call: int) -> Any:
        return peer.maps(pilot, scaled(frames[call % len(frames)]))

    first = compute(0)
    return compute, first and {name: float(layer.mean()) for name, layer in first.items()}


def scaled(frame: Any) -> Any:
    """Return uint8 ``(height, width, 3)`` as a network takes it, float32 with a batch of one."""
    return (frame * (1 / 255)).astype(np.float32)[np.newaxis]


if __name__ == "__main__":
    serve(prepare)
