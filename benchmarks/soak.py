"""An hour of driving at 20 Hz, in minutes: does anything of ours grow, leak or slow down?

    python benchmarks/soak.py --rounds 72000

One real Donkeycar vehicle records every round with our part on every frame, while the pilot's file
is replaced again and again (by another one, or by a torn one), the camera gives nothing, or frames
of another shape or type, and the folder of the mosaics goes away for a while. It exits with 1 if
what is printed below the table does not hold.

What would hide the part's own figures is kept out: Donkeycar's profiler, which keeps a number a
part and round, is emptied now and then, and so are the folders of images and mosaics. The part
looks for a new pilot as often in a round as it does at 20 Hz. Memory counts from the first tenth
on: before, with some twenty pilots opened, the allocator finds its size.
"""

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar greets on import
    from faulted_drives import make_vehicle

from donkeycar.parts.tub_v2 import Tub
from soak_course import Camera, Course, take_sample
from soak_report import Soaked, table, verdicts
from stock_pilot import build_stock_pilot

from donkey_activations.drive import pilot_watch

# As fast as it goes and leaves the worker its share.
_RATE_HZ = 250
_LOOK_EVERY_S = pilot_watch.LOOK_EVERY_S * 20 / _RATE_HZ


def soak(rounds: int, pilots: Path, folder: Path) -> Soaked:
    """Drive once.

    Args:
        rounds: How many.
        pilots: A folder that has the pilots, or gets them.
        folder: For the car, with room for a thousand records.
    """
    one, other = (build_stock_pilot(pilots, kind=kind).tflite for kind in ("linear", "categorical"))
    model, tub = folder / "mypilot.tflite", folder / "tub"
    contents = [one.read_bytes(), other.read_bytes()]
    model.write_bytes(contents[0])
    torn = contents[0][:100_000]
    course = Course(rounds, model, [contents[1], contents[0], torn, contents[1]], tub)
    pilot_watch.LOOK_EVERY_S = _LOOK_EVERY_S
    before = take_sample(-1)
    vehicle = make_vehicle(
        tub, model, Camera().frame_of, course, ACTIVATIONS_SHOW=True, ACTIVATIONS_EVERY_N_FRAMES=1
    )
    course.vehicle = vehicle
    begin_s = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar's profile
        ended = vehicle.start(rate_hz=_RATE_HZ, max_loop_count=rounds)
    if ended is None or ended[0] != rounds:
        raise RuntimeError(f"the vehicle stopped in round {course.number} of {rounds}")
    return Soaked(course, before, take_sample(rounds), time.perf_counter() - begin_s)


def main() -> int:
    """Read the command line, drive, print the table and what holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=72_000, help="1000 or more")
    parser.add_argument("--pilots", type=Path, help="folder that keeps the pilots it builds")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        soaked = soak(arguments.rounds, arguments.pilots or folder / "pilots", folder)
        tub = Tub(str(folder / "tub"), read_only=True)
        found = verdicts(soaked, len(tub))
        tub.close()
    print(f"{arguments.rounds} rounds in {soaked.seconds:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(table(soaked))
    for holds, what in found:
        print(f"{'ok  ' if holds else 'FAIL'} {what}")
    return 0 if all(holds for holds, _ in found) else 1


if __name__ == "__main__":
    sys.exit(main())
