"""``donkey activations movie``: a film of what a pilot saw in a tub."""

import argparse
import json
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from donkey_activations.commands import EXIT_PARTLY_DONE, say, say_aside
from donkey_activations.flags import file_path, names, whole_number
from donkey_activations.wording import printable

if TYPE_CHECKING:
    from donkey_activations.films.film import Film
    from donkey_activations.films.stills import Stills
    from donkey_activations.films.time_axis import TimeAxis
    from donkey_activations.films.writing import FilmResult
    from donkey_activations.offline.drawing import Look
    from donkey_activations.tubs.records import TubRecords

HELP = "make a film of a tub: the camera, what the pilot sees in it, steering and throttle"
EXAMPLE = "donkey activations movie --model models/mypilot.tflite --tub data --out drive.mp4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    add = parser.add_argument
    add("--model", type=file_path, required=True, help="the pilot's file")
    add("--tub", type=file_path, required=True, metavar="T", help="the tub's folder")
    add("--out", type=file_path, required=True, metavar="X.mp4", help="the film, H.264 in MP4")
    add("--sheet", type=file_path, metavar="P.png", help="12 pictures of the film on one page, too")
    _add_choice(parser)
    _add_look(parser)
    add("--force", action="store_true", help="replace a film and a sheet that are there")
    add("--json", action="store_true", help="print one JSON object and no summary")
    add("--quiet", action="store_true", help="show no progress")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--fps", type=float, metavar="F", help="so many records a second, evenly")
    add(
        "--speed",
        type=float,
        metavar="S",
        help="so many times as fast as the records were made (default: 1)",
    )
    add("--start", type=whole_number(0), default=0, metavar="A", help="the first index")
    add("--end", type=whole_number(0), metavar="B", help="the index behind the last")
    add(
        "--every",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="records whose index N divides",
    )


def _add_look(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--scale", type=float, default=1.0, metavar="S", help="0.5: a film half as wide (default 1)"
    )
    add(
        "--layers",
        type=names,
        metavar="A,B",
        help="names of layers, or all (default: the car's, or the convolutions that have room)",
    )
    add(
        "--layout",
        type=file_path,
        metavar="Y",
        help="a YAML layout (default: 1280x720, layers beside the camera); give it scaling: run, "
        "or the film flickers",
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


def run(args: argparse.Namespace) -> int:
    """Make the film, and say what became of it.

    Args:
        args: The flags.

    Returns:
        0, or 1 if some of the records asked for are not in it.

    Raises:
        ActivationsError: Bad input: no tub, no frame that can be read, a wrong name or number.
        OSError: The film cannot be written.
    """
    from donkey_activations.extractors.formats import fingerprint
    from donkey_activations.films.film import Film
    from donkey_activations.films.report import describe, summary
    from donkey_activations.films.stills import Stills
    from donkey_activations.offline.drawing import Studio
    from donkey_activations.tubs.given_sets import remarks_on_given_sets
    from donkey_activations.tubs.records import read_tub

    _check_files(args)
    tub = read_tub(args.tub)
    places = _places(args, tub)
    axis = _axis(args, tub, places)
    with _told(args, "opening the pilot; one in a Keras format is converted, once"):
        studio = Studio(_look(args))
    say_aside(studio.pilot.words_of_choice("--layers"), quiet=args.quiet)
    of_given_sets = remarks_on_given_sets(tub.path, fingerprint(args.model))
    film = Film(studio, tub.records, places, axis, args.scale)
    stills = None if args.sheet is None else Stills(len(places))
    started_s = time.monotonic()
    with _told(args, "looking for the largest values first, so that the film does not flicker"):
        film.use_one_scale()
    result = _write(args, film, stills)
    took_s = time.monotonic() - started_s
    if stills is not None:
        _save_sheet(args, tub, stills)
    report = {"model": str(args.model), **describe(args.out, args.sheet, tub, axis, result)}
    report["remarks"] += [film.remark] if film.remark else []
    report["remarks"] += of_given_sets
    if studio.pilot.layers_chosen:
        report["layers_chosen"] = studio.pilot.layers_chosen
    report["records_per_s"] = round(len(places) / took_s, 1)
    say(*([json.dumps(report)] if args.json else summary(report)))
    lost = result.unreadable or tub.damaged or tub.remarks
    return EXIT_PARTLY_DONE if lost else 0


def _check_files(args: argparse.Namespace) -> None:
    """Says before any work what would keep the film from being written."""
    from donkey_activations.films.video import check_film_path, check_folder
    from donkey_activations.targets import check_free, check_picture_path

    check_film_path(args.out)
    targets = [args.out]
    if args.sheet is not None:
        check_picture_path(args.sheet)
        check_folder(args.sheet)
        targets.append(args.sheet)
    check_free(targets, [], args.force)


def _places(args: argparse.Namespace, tub: "TubRecords") -> list[int]:
    from donkey_activations.errors import TubError
    from donkey_activations.offline.choice import Choice

    records = tub.records
    if not records:
        why = f"all {tub.deleted} are deleted" if tub.deleted else "there are none"
        raise TubError(f"{tub.path}: expected records to show, {why}; name another tub")
    if all(record.image_path is None for record in records):
        none_named = f"{tub.path}: none of its {len(records)} records names an image in it"
        raise TubError("; ".join((none_named, *tub.notes)))
    places = Choice(args.every, args.start, args.end).places(records)
    if not places:
        raise TubError(
            f"none of the {len(records)} records, of index {records[0].index} to "
            f"{records[-1].index}, is asked for; see --every, --start and --end"
        )
    return places


def _axis(args: argparse.Namespace, tub: "TubRecords", places: list[int]) -> "TimeAxis":
    from donkey_activations.films.time_axis import as_recorded, steady
    from donkey_activations.films.video import FilmError

    if args.fps is None:
        return as_recorded(tub.records, places, 1.0 if args.speed is None else args.speed)
    if args.speed is not None:
        raise FilmError("expected --fps or --speed, got both; leave one out")
    return steady(args.fps)


def _look(args: argparse.Namespace) -> "Look":
    """The flags; where they leave it open, the film's own look and the car's layers."""
    from donkey_activations.films.film import FILM_LAYOUT
    from donkey_activations.mosaic.layout_file import load_layout
    from donkey_activations.offline.drawing import look_of

    return look_of(
        args.model,
        layers=args.layers,
        layout=FILM_LAYOUT if args.layout is None else load_layout(args.layout),
        config_path=args.config,
        trust_model=args.trust_model,
    )


def _write(args: argparse.Namespace, film: "Film", stills: "Stills | None") -> "FilmResult":
    from donkey_activations.progress import ProgressLine

    line = ProgressLine(sys.stderr, printable(str(args.out)))
    try:
        return film.write(args.out, stills, (lambda *_: None) if args.quiet else line)
    finally:
        line.close()


def _save_sheet(args: argparse.Namespace, tub: "TubRecords", stills: "Stills") -> None:
    from donkey_activations.pictures import save_picture

    title = f"What {args.model.name} saw in {Path(os.path.realpath(tub.path)).name}"
    save_picture(stills.page(title), args.sheet)


def _told(args: argparse.Namespace, message: str) -> AbstractContextManager[None]:
    from donkey_activations.progress import told_when_slow

    return nullcontext() if args.quiet else told_when_slow(message)
