"""``donkey activations install``: the block of this package in a car's ``myconfig.py``."""

import argparse
import difflib
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from donkey_activations.car import myconfig_block, myconfig_file
from donkey_activations.cli.arguments import file_path
from donkey_activations.cli.progress import Steps
from donkey_activations.cli.terminal import print_lines
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import STANDARD_RESOLUTIONS, Resolution

HELP = "put the plugin's block into a car's myconfig.py, or take it out again"
EXAMPLE = "donkey activations install --path ~/mycar --resolution 640x360"

_AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    parser.add_argument(
        "--path", type=file_path, default=Path(), help="the car's folder (default: this one)"
    )
    parser.add_argument(
        "--resolution",
        metavar="WxH",
        help="camera resolution in pixels, or auto: the largest that this machine can drive at "
        "(default: 640x360, or what the block already says)",
    )
    parser.add_argument(
        "--model",
        type=file_path,
        metavar="M",
        help="for auto: the pilot (default: the newest in models)",
    )
    parser.add_argument("--uninstall", action="store_true", help="take the block out again")
    parser.add_argument(
        "--dry-run", action="store_true", help="show the change as a diff and write nothing"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and no words")


def run(args: argparse.Namespace) -> int:
    """Change the file, or show the change.

    Args:
        args: ``path``, ``resolution``, ``model``, ``uninstall``, ``dry_run`` and ``json``.

    Returns:
        0.

    Raises:
        ConfigError: If the folder is no car, the file cannot be written or holds half a block,
            or the resolution cannot be read, or none of those tried holds the car's rate.
        ModelError: For ``auto``: the pilot cannot be opened.
    """
    if args.uninstall and args.resolution is not None:
        raise ConfigError("expected --uninstall or --resolution, got both; leave one out")
    if args.model is not None and args.resolution != _AUTO:
        raise ConfigError("--model: expected --resolution auto beside it; leave --model out")
    resolution = None if args.resolution in (None, _AUTO) else Resolution.parse(args.resolution)
    path = myconfig_file.locate(args.path)
    old = myconfig_file.read(path)
    if args.resolution == _AUTO:
        resolution = _measured(path.parent, args.model)
    try:
        new = (
            myconfig_block.uninstall(old)
            if args.uninstall
            else myconfig_block.install(old, resolution)
        )
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    backup = None if args.dry_run or new == old else myconfig_file.replace(path, new)
    if args.json:
        print(json.dumps(_report(args, path, new != old, backup, new)))
    elif args.dry_run:
        print_lines(*([f"{path}: nothing to change"] if new == old else _diff(path, old, new)))
    else:
        _report_result(args.uninstall, path, old, backup)
        if not args.uninstall:
            _remind(new)
    return 0


def _measured(car_path: Path, model: Path | None) -> Resolution:
    """Return the largest resolution at which the car's loop holds its rate on this machine."""
    from donkey_activations.car.config import read_car
    from donkey_activations.planning import sample_frames
    from donkey_activations.planning.largest import largest_that_holds, newest_pilot
    from donkey_activations.planning.pilots import PlannedPilot
    from donkey_activations.planning.plan import PlanOptions

    car = read_car(car_path / "config.py")
    model = newest_pilot(car_path / "models") if model is None else model
    with closing(Steps(sys.stderr)) as steps:
        steps.begin(f"opening {model}")
        pilot = PlannedPilot(model, trust_model=car.settings.trust_model)
        options = PlanOptions(car.drive_loop_hz, car.settings.every_n_frames, car.settings.threads)
        resolutions = [Resolution.parse(word) for word in STANDARD_RESOLUTIONS]
        frames = sample_frames.drawn()
        return largest_that_holds(pilot, resolutions, frames, options, steps.begin)


def _report(
    args: argparse.Namespace, path: Path, changed: bool, backup: Path | None, new: bytes
) -> dict[str, Any]:
    resolution = myconfig_block.resolution_of(new)
    installed = myconfig_block.find(new) is not None
    above, below = myconfig_block.doubled_keys(new) if installed else ([], [])
    return {
        "path": str(path),
        "changed": changed,
        "dry_run": args.dry_run,
        "installed": installed,
        "backup": None if backup is None else str(backup),
        "resolution": None if resolution is None else [resolution.height_px, resolution.width_px],
        "also_set_above": above,
        "also_set_below": below,
    }


def _report_result(uninstalled: bool, path: Path, old: bytes, backup: Path | None) -> None:
    if backup is None:
        state = "has no block" if uninstalled else "already has the block"
        print_lines(f"{path} {state}: nothing changed")
    else:
        print_lines(f"{path}: block {_done(uninstalled, old)} (the file as it was: {backup.name})")


def _done(uninstalled: bool, old: bytes) -> str:
    if uninstalled:
        return "taken out"
    return "put in" if myconfig_block.find(old) is None else "changed"


def _remind(content: bytes) -> None:
    resolution = myconfig_block.resolution_of(content)
    if resolution is not None:
        print(
            f"The camera runs at {resolution}. A pilot drives only at the resolution it was "
            "trained at: train again on new data, or give the size of the pilot you have with "
            "--resolution."
        )
    before, behind = myconfig_block.doubled_keys(content)
    if before:
        print(f"Also set above the block: {', '.join(before)}; the block comes last and wins.")
    if behind:
        print(f"Also set below the block: {', '.join(behind)}; those lines come last and win.")


def _diff(path: Path, old: bytes, new: bytes) -> Iterator[str]:
    return difflib.unified_diff(
        _lines(old), _lines(new), f"{path} (now)", f"{path} (then)", lineterm=""
    )


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "backslashreplace")
    kept = text.replace("\r\n", "\n").split("\n")
    return kept[:-1] if kept[-1] == "" else [*kept[:-1], f"{kept[-1]} (no line end)"]
