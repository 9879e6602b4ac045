"""What mosaics cost the drive loop: real Donkeycar vehicles at 20 Hz, with and without the part.

Run it on an idle machine, from the repository:

    python benchmarks/drive_loop.py --seconds 60

For each camera size the vehicle (camera, TensorFlow Lite pilot, tub) drives without the part,
with a mosaic of every fifth frame, and with a mosaic of every frame. The drives take turns, so
that what else happens on the machine meets all of them alike.
"""

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar greets on import
    from donkeycar.config import Config
    from donkeycar.parts.interpreter import TfLite
    from donkeycar.parts.keras import KerasLinear
    from donkeycar.parts.tub_v2 import TubWriter
    from donkeycar.vehicle import Vehicle

from drawn_frames import STOCK_TYPES, draw_frame
from stock_pilot import build_stock_pilot

from donkey_activations import CnnActivations, add_activations

HZ = 20
WARM_UP = 10  # loops left out of every drive
WITHOUT = 0
PERIODS = {WITHOUT: "without", 5: "every 5th", 1: "every frame"}
INPUTS = ["cam/image_array", "pilot/angle", "pilot/throttle", "user/mode"]


class BufferCamera:
    """A camera that draws into the same memory again and again, as many drivers do."""

    def __init__(self, height: int, width: int) -> None:
        """Draws a course of 40 frames."""
        self.course = [draw_frame(index, height, width) for index in range(40)]
        self.buffer = np.empty((height, width, 3), np.uint8)
        self.count = 0

    def run(self) -> tuple[NDArray[np.uint8], str]:
        """The next frame, and that the pilot drives."""
        np.copyto(self.buffer, self.course[self.count % len(self.course)])
        self.count += 1
        return self.buffer, "local"


class Clock:
    """Notes when a loop begins."""

    def __init__(self) -> None:
        """Starts with no loop."""
        self.times: list[float] = []

    def run(self) -> None:
        """One more loop."""
        self.times.append(time.perf_counter())


@dataclass
class Row:
    """What the drives of one kind came to; times in milliseconds.

    The worst latency is from the handing over of a frame until its mosaic lies in the tub.
    """

    size: str
    kind: str
    periods: list[float] = field(default_factory=list)
    part: list[float] = field(default_factory=list)
    made: int = 0
    skipped: int = 0
    failed: int = 0
    worst_latency: float = 0.0

    def __str__(self) -> str:
        """The row as the table shows it."""
        cells = f"{self.size:>8}  {self.kind:<11} {len(self.periods):7d} {_quantiles(self.periods)}"
        if not self.part:
            return cells
        counts = f"{self.made:6d} {self.skipped:4d} {self.failed:4d} {self.worst_latency:5.0f}"
        return f"{cells} {_quantiles(self.part)} {counts}"


HEADER = (
    "                                loop period, ms     in the part, ms        mosaics    worst\n"
    "    size  drive         loops    median       p99    median       p99   made skip fail    ms"
)


def _quantiles(values: list[float]) -> str:
    return f"{np.median(values):9.3f} {np.percentile(values, 99):9.3f}"


def drive(row: Row, every: int, pilot: Path, loops: int) -> None:
    """Drives once, and adds what was measured to the row."""
    width, height = map(int, row.size.split("x"))
    vehicle, clock = Vehicle(), Clock()
    interpreter = KerasLinear(interpreter=TfLite(), input_shape=(height, width, 3))
    interpreter.load(str(pilot))
    vehicle.add(clock)
    vehicle.add(BufferCamera(height, width), outputs=["cam/image_array", "user/mode"])
    vehicle.add(interpreter, inputs=INPUTS[:1], outputs=INPUTS[1:3])
    with tempfile.TemporaryDirectory() as folder:
        tub = TubWriter(folder, inputs=INPUTS, types=STOCK_TYPES)
        vehicle.add(tub, inputs=INPUTS, outputs=["tub/num_records"])
        if every != WITHOUT:
            add_activations(vehicle, _config(height, width, every), str(pilot))
        vehicle.start(rate_hz=HZ, max_loop_count=loops + WARM_UP)
    row.periods += list(np.diff(clock.times[WARM_UP:]) * 1000)
    for entry in vehicle.parts:
        if isinstance(entry["part"], CnnActivations):
            _add_part(row, vehicle, entry["part"])


def _config(height: int, width: int, every: int) -> Config:
    cfg = Config()
    cfg.IMAGE_H, cfg.IMAGE_W, cfg.IMAGE_DEPTH = height, width, 3
    cfg.ACTIVATIONS_EVERY_N_FRAMES = every
    return cfg


def _add_part(row: Row, vehicle: Vehicle, part: CnnActivations) -> None:
    times = vehicle.profiler.records[part]["times"]
    row.part += [seconds * 1000 for seconds in times[WARM_UP:]]
    row.made += part.made
    row.skipped += part.skipped
    row.failed += part.failed
    row.worst_latency = max(row.worst_latency, part.worst_latency_ms)


def measure(size: str, seconds: float, rounds: int, pilots: Path) -> Iterator[Row]:
    """Drives one camera size, kind after kind, several times round."""
    width, height = map(int, size.split("x"))
    pilot = build_stock_pilot(pilots, height, width).tflite
    rows = {every: Row(size, kind) for every, kind in PERIODS.items()}
    for turn in range(rounds):
        order = list(rows) if turn % 2 == 0 else list(rows)[::-1]
        for every in order:
            print(f"{size} {PERIODS[every]}, round {turn + 1} of {rounds}", file=sys.stderr)
            drive(rows[every], every, pilot, int(seconds * HZ / rounds))
    yield from rows.values()


def main() -> None:
    """Reads the command line, measures, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of driving behind each row")
    parser.add_argument("--rounds", type=int, default=3, help="over which they are spread")
    parser.add_argument("--sizes", default="160x120,640x360", help="of the camera")
    parser.add_argument("--pilots", type=Path, help="folder that keeps the pilots it builds")
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    with contextlib.ExitStack() as stack:
        pilots = arguments.pilots or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        before = os.getloadavg()[0]
        rows = [
            row
            for size in arguments.sizes.split(",")
            for row in measure(size, arguments.seconds, arguments.rounds, pilots)
        ]
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} at the end"
    print(f"{HZ} Hz drive loop, {os.cpu_count()} cores, {load}")
    print(HEADER)
    print(*rows, sep="\n")


if __name__ == "__main__":
    main()
