"""``donkey activations demo``: the whole thing on a machine without car, camera and data."""

import argparse
import json
import logging
import sys
import time
from pathlib import Path

from donkey_activations.cli.arguments import file_path
from donkey_activations.cli.terminal import say

HELP = "drive a synthetic track and record what the pilot saw: no car, camera or data needed"
EXAMPLE = "donkey activations demo --path ~/demo-car"

_LINE_EVERY_S = 10.0


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
    result = demo(args.path, wanted, ProgressLines())
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
    say(f"{len(result.mosaics)} mosaics of the drive on a synthetic track:")
    say(f"  contact sheet  {result.sheet}")
    say(f"  tub            {result.folder.drive_tub}")
    say(f"  mosaics        {first.parent} ({first.name} to {last.name})")
    say(f"  car            {result.folder.path}")
    return 0


class ProgressLines:
    """Steps with their times on stderr: one moving line on a terminal, else a line now and then."""

    def __init__(self) -> None:
        """Write nothing yet."""
        self._moving = sys.stderr.isatty()
        self._step = ""
        self._start_s = self._said_s = 0.0
        self._width = 0

    def begin(self, step: str) -> None:
        """A step begins."""
        self._step = step
        self._start_s = self._said_s = time.monotonic()
        self._say(f"{step} ...", lasting=not self._moving)

    def tick(self, status: str) -> None:
        """It goes on."""
        now_s = time.monotonic()
        if self._moving or now_s - self._said_s >= _LINE_EVERY_S:
            self._said_s = now_s
            behind = f": {status}" if status else ""
            self._say(
                f"{self._step} ... {now_s - self._start_s:.0f} s{behind}", lasting=not self._moving
            )

    def end(self, result: str) -> None:
        """It is done."""
        took_s = time.monotonic() - self._start_s
        self._say(f"{self._step}: {result} ({took_s:.1f} s)", lasting=True)

    def _say(self, text: str, *, lasting: bool) -> None:
        if not self._moving:
            print(text, file=sys.stderr, flush=True)
            return
        print(
            f"\r{text.ljust(self._width)}", end="\n" if lasting else "", file=sys.stderr, flush=True
        )
        self._width = 0 if lasting else len(text)
