"""One drive of a real Donkeycar vehicle at 20 Hz that records: what mosaics cost its loop.

    python benchmarks/drive_loop.py --pilot pilot.tflite --size 640x360 --every 1 --seconds 60

Camera, TensorFlow Lite pilot and tub; ``--every 0`` drives without the part. Prints a JSON object;
times are in milliseconds. ``make bench`` runs such drives in turns.
"""

import argparse
import contextlib
import io
import json
import logging
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
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
from turns import peak_mb

from donkey_activations import CnnActivations, add_activations
from donkey_activations.drive.given import Eye

HZ = 20
WARM_UP = 10  # loops left out of every drive
WITHOUT = 0
INPUTS = ["cam/image_array", "pilot/angle", "pilot/throttle", "user/mode"]


class BufferCamera:
    """A camera that draws into the same memory again and again, as many drivers do."""

    def __init__(self, height: int, width: int) -> None:
        """Draw a course of 40 frames."""
        self.course = [draw_frame(index, height, width) for index in range(40)]
        self.buffer = np.empty((height, width, 3), np.uint8)
        self.count = 0

    def run(self) -> tuple[NDArray[np.uint8], str]:
        """Return the next frame, and that the pilot drives."""
        np.copyto(self.buffer, self.course[self.count % len(self.course)])
        self.count += 1
        return self.buffer, "local"


class Clock:
    """Notes when a loop begins, and what the process has computed until then."""

    def __init__(self) -> None:
        """Start with no loop."""
        self.times: list[float] = []
        self.cpu_times: list[float] = []

    def run(self) -> None:
        """One more loop."""
        self.times.append(time.perf_counter())
        self.cpu_times.append(time.process_time())


@dataclass
class Drive:
    """What a drive came to; times in milliseconds.

    Attributes:
        periods: From the beginning of a loop to that of the next.
        part: In the part, in the loop's thread.
        cores: How many cores the process kept busy.
        made: Mosaics.
        skipped: Frames that found the worker busy.
        failed: Mosaics that could not be made.
        worst_latency: From the handing over of a frame until its mosaic lies in the tub.
        peak_mb: The process's largest memory in MB.
    """

    periods: list[float]
    part: list[float]
    cores: float
    made: int = 0
    skipped: int = 0
    failed: int = 0
    worst_latency: float = 0.0
    peak_mb: float = 0.0


def drive(pilot: Path, size_hw: tuple[int, int], every: int, seconds: float) -> Drive:
    """Drive once.

    Args:
        pilot: A ``.tflite`` of Donkeycar's linear pilot.
        size_hw: ``(height, width)`` of the camera in pixels, and of the pilot.
        every: A mosaic of every so many frames; 0 leaves the part out.
        seconds: How long.
    """
    height, width = size_hw
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
        vehicle.start(rate_hz=HZ, max_loop_count=round(seconds * HZ) + WARM_UP)
    driven = slice(WARM_UP, None)
    passed = np.diff(clock.times[driven])
    cores = float(np.diff(clock.cpu_times[driven]).sum() / passed.sum())
    done = Drive(list(passed * 1000), [], cores, peak_mb=peak_mb())
    for entry in vehicle.parts:
        if isinstance(entry["part"], CnnActivations):
            _add_part(done, vehicle, entry["part"])
    return done


def _config(height: int, width: int, every: int) -> Config:
    cfg = Config()
    cfg.IMAGE_H, cfg.IMAGE_W, cfg.IMAGE_DEPTH = height, width, 3
    cfg.ACTIVATIONS_EVERY_N_FRAMES = every
    return cfg


def _add_part(done: Drive, vehicle: Vehicle, part: CnnActivations) -> None:
    ours = [one for one in vehicle.profiler.records if one is part or isinstance(one, Eye)]
    times_s = [vehicle.profiler.records[one]["times"][WARM_UP:] for one in ours]
    done.part = list(np.sum(times_s, axis=0) * 1000)
    done.made, done.skipped, done.failed = part.made, part.skipped, part.failed
    done.worst_latency = part.worst_latency_ms


def main() -> None:
    """Drive as the command line says, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pilot", type=Path, required=True, help="a .tflite of that size")
    parser.add_argument("--size", default="160x120", help="of the camera")
    parser.add_argument("--every", type=int, default=1, help="0 drives without the part")
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    width, height = map(int, arguments.size.split("x"))
    with contextlib.redirect_stdout(sys.stderr):
        done = drive(arguments.pilot, (height, width), arguments.every, arguments.seconds)
    print(json.dumps(asdict(done)))


if __name__ == "__main__":
    main()
