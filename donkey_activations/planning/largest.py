"""The largest resolution that a car can have: what ``install --resolution auto`` takes."""

from collections.abc import Sequence
from pathlib import Path

from donkey_activations.errors import ConfigError, SizeError
from donkey_activations.extractors.openers import keras, tflite
from donkey_activations.planning.drive_loop import LoopTimes, TrialDrive
from donkey_activations.planning.pilots import PlannedPilot
from donkey_activations.planning.plan import PlanOptions, Progress
from donkey_activations.planning.sample_frames import SampleFrames
from donkey_activations.resolution import Resolution

# What can be planned with. Donkeycar keeps other things in models/ that end in .json.
_SUFFIXES = {*tflite.SUFFIXES, *keras.SUFFIXES} - {".json"}


def largest_that_holds(
    pilot: PlannedPilot,
    resolutions: Sequence[Resolution],
    sample: SampleFrames,
    options: PlanOptions,
    progress: Progress,
) -> Resolution:
    """Drive at one resolution after the other, from the largest down, until the rate is held.

    Args:
        pilot: The pilot.
        resolutions: One or more.
        sample: Frames to drive with.
        options: The rate that is to be held, with mosaics.
        progress: Called with what is done next.

    Raises:
        ConfigError: It is held at none of them.
        ModelError: The pilot cannot be run.
    """
    tried = []
    for resolution in sorted(resolutions, key=lambda one: one.pixels, reverse=True):
        progress(f"{resolution}: measuring the drive loop with mosaics")
        try:
            times = _drive(pilot, resolution, sample, options)
        except SizeError as error:
            tried.append(f"{resolution}: {error}")
            continue
        if times.holds(options.rate_hz):
            return resolution
        tried.append(f"{resolution}: {1000 / times.round.p99_ms:.0f} Hz")
    raise ConfigError(
        f"expected a resolution at which the drive loop holds {options.rate_hz:g} Hz here, "
        f"found none ({'; '.join(tried)}); give one with --resolution, or a lower DRIVE_LOOP_HZ"
    )


def newest_pilot(folder: Path) -> Path:
    """Return the pilot that a car was given last.

    Args:
        folder: The car's ``models``.

    Raises:
        ConfigError: There is none.
    """
    found = [path for path in folder.glob("*") if path.suffix in _SUFFIXES]
    if not found:
        raise ConfigError(
            f"{folder}: expected a trained pilot to measure with, found none; train one, "
            "or name one with --model"
        )
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.suffix in (".h5", ".keras")))


def _drive(
    pilot: PlannedPilot, resolution: Resolution, sample: SampleFrames, options: PlanOptions
) -> LoopTimes:
    sized = pilot.at(resolution.image_hw)
    driving = sized.cut_graph if sized.whole is None else sized.whole
    drive = TrialDrive(driving, sample.at(resolution.image_hw), options.threads)
    return drive.with_mosaics(options.every_n_frames)
