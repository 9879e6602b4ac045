"""The drive loop at 20 Hz, recording: without mosaics, with every fifth, and with every frame's."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bench import Bench, say
from processes import Run, run
from turns import Words
from workspace import SIZES, Size, describe

HEADER = (
    "camera",
    "mosaics",
    "loop period, median / p99",
    "in the part, median / p99",
    "made",
    "skipped",
    "failed",
    "slowest",
    "cores busy",
    "peak memory",
)
_KINDS = {0: "none", 5: "every 5th frame", 1: "every frame"}
_DRIVE_LOOP = Path(__file__).parents[1] / "drive_loop.py"


@dataclass
class _Kind:
    """All drives of one kind."""

    size: Size
    every: int
    drives: list[dict[str, Any]] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        return (
            describe(self.size),
            _KINDS[self.every],
            _quantiles([ms for one in self.drives for ms in one["periods"]]),
            *(self._of_the_part() if self.every else [""] * 5),
            f"{np.median([one['cores'] for one in self.drives]):.2f}",
            f"{max(one['peak_mb'] for one in self.drives):.0f} MB",
        )

    def _of_the_part(self) -> tuple[str, ...]:
        return (
            _quantiles([ms for one in self.drives for ms in one["part"]]),
            *(str(sum(one[key] for one in self.drives)) for key in ("made", "skipped", "failed")),
            f"{max(one['worst_latency'] for one in self.drives):.0f} ms",
        )


def measure(bench: Bench) -> list[tuple[str, ...]]:
    """Drive kind after kind, several times round, and return the rows under ``HEADER``."""
    rows: list[tuple[str, ...]] = []
    seconds = bench.amount.drive_s / bench.amount.drive_rounds
    for size in SIZES:
        kinds = [_Kind(size, every) for every in _KINDS]
        for number in range(bench.amount.drive_rounds):
            say(f"drive loop, {describe(size)}, round {number + 1} of {bench.amount.drive_rounds}")
            for kind in kinds if number % 2 == 0 else kinds[::-1]:
                kind.drives.append(json.loads(_drive(bench, kind, seconds).output))
        rows += [kind.cells() for kind in kinds]
    return rows


def _drive(bench: Bench, kind: _Kind, seconds: float) -> Run:
    words: Words = [
        "--pilot",
        bench.workspace.pilot(kind.size).tflite,
        "--size",
        describe(kind.size),
    ]
    more = ["--every", str(kind.every), "--seconds", str(seconds)]
    return run([sys.executable, _DRIVE_LOOP, *words, *more], bench.environment())


def _quantiles(values: list[float]) -> str:
    return f"{np.median(values):.2f} / {np.percentile(values, 99):.2f} ms"
