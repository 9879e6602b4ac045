"""``donkey activations demo``: the whole thing on a machine without car, camera and data."""

import argparse
import json
import logging
import sys
from contextlib import closing
from pathlib import Path

from donkey_activations.cli.arguments import file_path
from donkey_activations.cli.progress import Steps
from donkey_activations.cli.terminal import print_lines

HELP = "drive a synthetic track and record what the pilot saw: no car, camera or data needed"
EXAMPLE = "donkey activations demo --path ~/demo-car"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    parser.add_argument(
        "--path",
        type=file_path,
        default=Path("demo-car"),
        help="the demo's folder, new or of an earlier demo (default: ./demo-car)",
    )
    parser.add_argument(
        "--resolution",
        metavar="WxH",
        help="camera resolution in pixels (default: 160x120, or that of the earlier demo)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and no words")


def run(args: argparse.Namespace) -> int:
    """Run the demo, or what is missing of it, and say where its results lie.

    Args:
        args: ``path``, ``resolution`` and ``json``.

    Returns:
        0.

    Raises:
        ConfigError: If the folder is not a demo's, TensorFlow is missing, or a step fails.
    """
    from donkey_activations.demo.steps import demo
    from donkey_activations.resolution import Resolution

    logging.getLogger("donkeycar").setLevel(logging.WARNING)
    wanted = None if args.resolution is None else Resolution.parse(args.resolution)
    with closing(Steps(sys.stderr)) as steps:
        result = demo(args.path, wanted, steps)
    first, last = result.mosaics[0], result.mosaics[-1]
    if args.json:
        report = {
            "mosaics": len(result.mosaics),
            "contact_sheet": str(result.sheet),
            "tub": str(result.folder.drive_tub),
            "set": str(first.parent),
            "car": str(result.folder.path),
        }
        print(json.dumps(report))
        return 0
    print_lines(f"{len(result.mosaics)} mosaics of the drive on a synthetic track:")
    print_lines(f"  contact sheet  {result.sheet}")
    print_lines(f"  tub            {result.folder.drive_tub}")
    print_lines(f"  mosaics        {first.parent} ({first.name} to {last.name})")
    print_lines(f"  car            {result.folder.path}")
    return 0
