"""The demo's drive as a tub: drawn, not driven, and said to be so in its metadata."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from donkey_activations.demo.camera import PinholeCamera
from donkey_activations.demo.course import winding_course
from donkey_activations.demo.driver import drive
from donkey_activations.demo.view import View
from donkey_activations.resolution import Resolution

INPUTS = ("cam/image_array", "user/angle", "user/throttle", "user/mode")
TYPES = ("image_array", "float", "float", "str")
NOTE = "synthetic, drawn by the demo of donkey-activations, no car and no camera was there"


def write_tub(
    tub_dir: Path,
    resolution: Resolution,
    records: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Draw a drive and write it with Donkeycar's own tub.

    The tub appears under its name only when it is whole; what an interrupted run left is removed.

    Args:
        tub_dir: Where the tub goes; must not exist yet.
        resolution: Of the camera.
        records: How many records.
        seed: The same seed draws the same pictures and steering.
        progress: Called now and then with the number of records written.
    """
    from donkeycar.parts.tub_v2 import Tub

    unfinished = tub_dir.with_name(f".{tub_dir.name}.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    course = winding_course(seed)
    view = View(course, PinholeCamera(resolution.image_hw), seed)
    tub = Tub(
        str(unfinished.absolute()),
        inputs=list(INPUTS),
        types=list(TYPES),
        metadata=[f"origin:{NOTE}", f"seed:{seed}"],
    )
    with contextlib.closing(tub):
        for number, moment in enumerate(drive(course, records, seed)):
            frame = view.frame(moment.pose, number)
            values = (frame, moment.steering, moment.throttle, "user")
            tub.write_record(dict(zip(INPUTS, values, strict=True)))
            if number % 25 == 0:
                progress(number)
    unfinished.replace(tub_dir)


def always_the_mean(tub_dir: Path) -> float:
    """Return the loss of a pilot that always steers and throttles the tub's mean.

    Args:
        tub_dir: A tub.

    Returns:
        The sum of both squared errors' means, the measure that ``donkey train`` calls loss.
    """
    from donkeycar.parts.tub_v2 import Tub

    with contextlib.closing(Tub(str(tub_dir.absolute()), read_only=True)) as tub:
        labels = np.array([[record["user/angle"], record["user/throttle"]] for record in tub])
    return float(labels.var(axis=0).sum())
