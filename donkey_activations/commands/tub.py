"""``donkey activations tub``: the mosaics of recorded tubs."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from donkey_activations.commands import EXIT_PARTLY_DONE, say, say_aside
from donkey_activations.flags import file_path, names, whole_number
from donkey_activations.wording import printable

if TYPE_CHECKING:
    from donkey_activations.offline.choice import Choice
    from donkey_activations.offline.drawing import Look
    from donkey_activations.offline.run import TubDrawing, TubResult
    from donkey_activations.tubs.records import TubRecords

HELP = "draw the mosaics of recorded tubs, into the tubs' activations folders"
EXAMPLE = "donkey activations tub --model models/mypilot.tflite --tub data --every 5"

_MOST_DEFAULT_WORKERS = 4
_REASONS_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    add = parser.add_argument
    add("--model", type=file_path, required=True, help="the pilot's file")
    add(
        "--tub",
        type=file_path,
        nargs="+",
        required=True,
        metavar="T",
        help="tubs, or folders of them",
    )
    add(
        "--every",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="records whose index N divides",
    )
    add("--start", type=whole_number(0), default=0, metavar="A", help="the first index")
    add("--end", type=whole_number(0), metavar="B", help="the index behind the last")
    add(
        "--filter",
        metavar="EXPR",
        help="as in donkey ui: \"user/angle > 0.1 and user/mode=='user'\"",
    )
    add(
        "--layers",
        type=names,
        metavar="A,B",
        help="names of layers, or all (default: the car's, or the convolutions that have room)",
    )
    add("--layout", type=file_path, metavar="Y", help="a YAML layout (default: the car's)")
    add(
        "--workers",
        type=whole_number(1),
        metavar="K",
        help="processes (default: one a core, at most 4; 1 but on Linux)",
    )
    add(
        "--out", type=file_path, metavar="DIR", help="write into DIR/<tub's name>, not into the tub"
    )
    add(
        "--config",
        type=file_path,
        metavar="C",
        help="the car's config.py (default: ./config.py if any)",
    )
    add(
        "--trust-model",
        action="store_true",
        help="open a Keras pilot even if that runs code stored in it",
    )
    add("--json", action="store_true", help="print one JSON object and no summary")
    add("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> int:
    """Draw what is missing, and say what became of it.

    Args:
        args: The flags.

    Returns:
        0 if every record asked for has its mosaic, 1 if some have none.

    Raises:
        ActivationsError: Bad input: no tub, nothing to draw, a wrong name, an unwritable folder.
        KeyboardInterrupt: The user has had enough; running it again goes on.
    """
    from donkey_activations.errors import TubError
    from donkey_activations.offline.drawing import Studio
    from donkey_activations.offline.run import TubDrawing
    from donkey_activations.tubs.records import read_tub

    paths = _each_once([one for path in args.tub for one in _tubs(path)])
    if args.out is not None and len(set(map(_name, paths))) < len(paths):
        raise TubError("--out: two of the tubs have one name; draw them one by one")
    tubs = [read_tub(path) for path in paths]
    choice = _choice(args, tubs)
    look = _look(args)
    studio = Studio(look)
    say_aside(studio.pilot.words_of_choice("--layers"), quiet=args.quiet)
    drawing = TubDrawing(look, studio, args.workers or _default_workers())
    results = []
    try:
        for tub in tubs:
            results.append(_draw(drawing, tub, choice, args))
    except KeyboardInterrupt:
        print("what is drawn is kept; run the same command again to go on", file=sys.stderr)
        raise
    if args.json:
        print(json.dumps(_report(args.model, studio.pilot.layers_chosen, results)))
    else:
        say(*(line for result in results for line in _summary(result)))
    if not any(result.made or result.kept for result in results):
        raise TubError("no mosaic could be drawn: no frame of the records asked for can be read")
    return 0 if all(result.complete for result in results) else EXIT_PARTLY_DONE


def _draw(
    drawing: "TubDrawing", tub: "TubRecords", choice: "Choice", args: argparse.Namespace
) -> "TubResult":
    from donkey_activations.progress import ProgressLine

    sets_path = None if args.out is None else args.out / _name(tub.path)
    line = ProgressLine(sys.stderr, printable(str(tub.path)))
    try:
        return drawing.draw(tub, choice, sets_path, (lambda *_: None) if args.quiet else line)
    finally:
        line.close()


def _choice(args: argparse.Namespace, tubs: "list[TubRecords]") -> "Choice":
    from donkey_activations.errors import TubError
    from donkey_activations.offline.choice import Choice
    from donkey_activations.offline.filters import record_filter

    records = [record for tub in tubs for record in tub.records]
    if not records:
        deleted = sum(tub.deleted for tub in tubs)
        why = f"all {deleted} are deleted" if deleted else "there are none"
        raise TubError(f"{tubs[0].path}: expected records to draw, {why}; name another tub")
    wanted = None
    if args.filter is not None:
        wanted = record_filter(args.filter, {key for record in records for key in record.values})
    choice = Choice(args.every, args.start, args.end, wanted)
    if not any(choice.places(tub.records) for tub in tubs):
        raise TubError(
            f"none of the {len(records)} records, of index {min(r.index for r in records)} to "
            f"{max(r.index for r in records)}, is asked for; "
            "see --every, --start, --end and --filter"
        )
    return choice


def _look(args: argparse.Namespace) -> "Look":
    """The flags, and where one is not given what the drive does."""
    from donkey_activations.mosaic.layout_file import load_layout
    from donkey_activations.offline.drawing import look_of

    return look_of(
        args.model,
        layers=args.layers,
        layout=None if args.layout is None else load_layout(args.layout),
        config_path=args.config,
        trust_model=args.trust_model,
    )


def _tubs(path: Path) -> list[Path]:
    """The tub, or all tubs of a folder that is none itself."""
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


def _default_workers() -> int:
    if not hasattr(os, "sched_getaffinity"):
        # Not on Linux, where the workers were tried: more of them are for who asks for them.
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_DEFAULT_WORKERS)


def _counts(result: "TubResult") -> dict[str, int]:
    return {
        "records": len(result.tub.records),
        "chosen": result.chosen,
        "made": result.made,
        "kept": result.kept,
        "unreadable": len(result.unreadable),
        "undone": result.undone,
        "resized": result.resized,
        "deleted": result.tub.deleted,
        "damaged": result.tub.damaged,
    }


def _report(
    model: Path, layers_chosen: tuple[str, ...], results: "list[TubResult]"
) -> dict[str, Any]:
    tubs = [
        {
            "tub": str(result.tub.path),
            "set": result.mosaics.name,
            "path": str(result.mosaics.path),
            **_counts(result),
            "reasons": [
                {"index": index, "reason": reason}
                for index, reason in result.unreadable[:_REASONS_SHOWN]
            ],
            "remarks": [*result.tub.remarks, *result.troubles, *result.notes],
        }
        for result in results
    ]
    counts = [_counts(result) for result in results]
    totals = {name: sum(one[name] for one in counts) for name in counts[0]}
    chosen = {"layers_chosen": layers_chosen} if layers_chosen else {}
    return {"model": str(model), **totals, **chosen, "tubs": tubs}


def _summary(result: "TubResult") -> list[str]:
    counts = _counts(result)
    always = {"made", "kept"}
    shown = [
        f"{count} {name}"
        for name, count in counts.items()
        if name not in {"records", "chosen"} and (count or name in always)
    ]
    lines = [f"{result.mosaics.path}: {', '.join(shown)}"]
    reasons = result.unreadable[:_REASONS_SHOWN]
    lines += [f"  record {index}: {reason}" for index, reason in reasons]
    if len(result.unreadable) > len(reasons):
        lines.append(f"  and {len(result.unreadable) - len(reasons)} more")
    remarks = (*result.tub.remarks, *result.troubles, *result.notes)
    lines += [f"  {remark}" for remark in remarks]
    if result.undone:
        lines.append("  run the same command again to go on")
    return lines
