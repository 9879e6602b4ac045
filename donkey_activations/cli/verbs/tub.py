"""``donkey activations tub``: the mosaics of recorded tubs."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from donkey_activations.cli.arguments import (
    add_car_look,
    add_pilot,
    add_records,
    add_report,
    add_workers,
    file_path,
    recorded_options_of,
    selection_of,
    worker_count,
)
from donkey_activations.cli.progress import progress_line
from donkey_activations.cli.terminal import EXIT_PARTLY_DONE, print_lines, print_note

if TYPE_CHECKING:
    from donkey_activations.recorded.drawing import TubDrawing, TubResult
    from donkey_activations.recorded.selection import Selection
    from donkey_activations.tubs.records import TubRecords

HELP = "draw the mosaics of recorded tubs, into the tubs' activations folders"
EXAMPLE = "donkey activations tub --model models/mypilot.tflite --tub data --every 5"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this verb."""
    add = parser.add_argument
    add_pilot(parser)
    add(
        "--tub",
        type=file_path,
        nargs="+",
        required=True,
        metavar="T",
        help="tubs, or folders of them",
    )
    add_records(parser)
    add(
        "--filter",
        metavar="EXPR",
        help="as in donkey ui: \"user/angle > 0.1 and user/mode=='user'\"",
    )
    add_car_look(parser, "a YAML layout (default: the car's)")
    add_workers(parser)
    add(
        "--out", type=file_path, metavar="DIR", help="write into DIR/<tub's name>, not into the tub"
    )
    add_report(parser)


def run(args: argparse.Namespace) -> int:
    """Draw what is missing, and report what was drawn.

    Args:
        args: The arguments.

    Returns:
        0 if every record asked for has its mosaic, 1 if some have none.

    Raises:
        ActivationsError: Bad input: no tub, nothing to draw, a wrong name, an unwritable folder.
        KeyboardInterrupt: The user has had enough; running it again continues.
    """
    from donkey_activations.errors import TubError
    from donkey_activations.recorded.drawing import TubDrawing, describe
    from donkey_activations.recorded.exploration import open_for_records
    from donkey_activations.tubs.records import read_tub

    paths = _each_once([one for path in args.tub for one in _tubs(path)])
    if args.out is not None and len(set(map(_name, paths))) < len(paths):
        raise TubError("--out: two of the tubs have one name; draw them one by one")
    tubs = [read_tub(path) for path in paths]
    selection = selection_of(args, tubs, "draw")
    options = recorded_options_of(args, None)
    pilot = open_for_records(options)
    print_note(pilot.note_on_choice("--layers"), quiet=args.quiet)
    drawing = TubDrawing(options, pilot, worker_count(args))
    results = []
    try:
        for tub in tubs:
            results.append(_draw(drawing, tub, selection, args))
    except KeyboardInterrupt:
        print("what is drawn is kept; run the same command again to go on", file=sys.stderr)
        raise
    if args.json:
        print(json.dumps(describe(args.model, pilot.layers_chosen, results)))
    else:
        print_lines(*(line for result in results for line in _summary(result)))
    if not any(result.made or result.kept for result in results):
        troubles = [trouble for result in results for trouble in result.troubles]
        why = troubles[0] if troubles else "no frame of the records asked for can be read"
        raise TubError(f"no mosaic could be drawn: {why}")
    return 0 if all(result.complete for result in results) else EXIT_PARTLY_DONE


def _draw(
    drawing: "TubDrawing", tub: "TubRecords", selection: "Selection", args: argparse.Namespace
) -> "TubResult":
    sets_path = None if args.out is None else args.out / _name(tub.path)
    with progress_line(str(tub.path), quiet=args.quiet) as progress:
        return drawing.draw(tub, selection, sets_path, progress)


def _tubs(path: Path) -> list[Path]:
    """Return the tub, or all tubs of a folder that is none itself."""
    from donkey_activations.tubs.folders import is_tub, tubs_in

    try:
        return [path] if is_tub(path) else tubs_in(path) or [path]
    except OSError:  # what is wrong is said when it is read
        return [path]


def _each_once(paths: list[Path]) -> list[Path]:
    # Not Path.resolve, which raises where a link leads to itself.
    return list({os.path.realpath(path): path for path in paths}.values())


def _name(path: Path) -> str:
    return Path(os.path.realpath(path)).name


def _summary(result: "TubResult") -> list[str]:
    from donkey_activations.recorded.drawing import REASONS_SHOWN

    counts = result.counts()
    always = {"made", "kept"}
    shown = [
        f"{count} {name}"
        for name, count in counts.items()
        if name not in {"records", "chosen"} and (count or name in always)
    ]
    lines = [f"{result.mosaics.path}: {', '.join(shown)}"]
    reasons = result.unreadable[:REASONS_SHOWN]
    lines += [f"  record {index}: {reason}" for index, reason in reasons]
    if len(result.unreadable) > len(reasons):
        lines.append(f"  and {len(result.unreadable) - len(reasons)} more")
    remarks = (*result.tub.remarks, *result.troubles, *result.notes)
    lines += [f"  {remark}" for remark in remarks]
    if result.undone:
        lines.append("  run the same command again to go on")
    return lines
