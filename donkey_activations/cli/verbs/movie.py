"""``donkey activations movie``: a film of what a pilot saw in a tub."""

import argparse
import json
import os
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from donkey_activations.cli.arguments import (
    add_car_look,
    add_pilot,
    add_records,
    add_report,
    file_path,
    recorded_options_of,
    selection_of,
)
from donkey_activations.cli.progress import note_when_slow, progress_line
from donkey_activations.cli.terminal import EXIT_PARTLY_DONE, print_lines, print_note

if TYPE_CHECKING:
    from donkey_activations.films.contact_sheet import ContactSheet
    from donkey_activations.films.time_axis import TimeAxis
    from donkey_activations.tubs.records import TubRecords

HELP = "make a film of a tub: the camera, what the pilot sees in it, steering and throttle"
EXAMPLE = "donkey activations movie --model models/mypilot.tflite --tub data --out drive.mp4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of this verb."""
    add = parser.add_argument
    add_pilot(parser)
    add("--tub", type=file_path, required=True, metavar="T", help="the tub's folder")
    add("--out", type=file_path, required=True, metavar="X.mp4", help="the film, H.264 in MP4")
    add("--sheet", type=file_path, metavar="P.png", help="12 pictures of the film on one page, too")
    add("--fps", type=float, metavar="F", help="so many records a second, evenly")
    add(
        "--speed",
        type=float,
        metavar="S",
        help="so many times as fast as the records were made (default: 1)",
    )
    add_records(parser)
    add(
        "--scale", type=float, default=1.0, metavar="S", help="0.5: a film half as wide (default 1)"
    )
    add_car_look(
        parser,
        "a YAML layout (default: 1280x720, layers beside the camera); give it scaling: run, or the "
        "film flickers",
    )
    add("--force", action="store_true", help="replace a film and a sheet that are there")
    add_report(parser)


def run(args: argparse.Namespace) -> int:
    """Make the film, and report what is in it.

    Args:
        args: The arguments.

    Returns:
        0, or 1 if some of the records asked for are not in it.

    Raises:
        ActivationsError: Bad input: no tub, no frame that can be read, a wrong name or number.
        OSError: The film cannot be written.
    """
    from donkey_activations.cli.movie_summary import summary
    from donkey_activations.extractors.formats import fingerprint
    from donkey_activations.films.contact_sheet import ContactSheet
    from donkey_activations.films.description import describe
    from donkey_activations.films.film import FILM_LAYOUT, Film
    from donkey_activations.recorded.exploration import open_for_records
    from donkey_activations.tubs.given_sets import remarks_on_given_sets
    from donkey_activations.tubs.records import read_tub

    _check_files(args)
    tub = read_tub(args.tub)
    positions = selection_of(args, [tub], "show").positions(tub.records)
    axis = _axis(args, tub, positions)
    with _note_when_slow(args, "opening the pilot; one in a Keras format is converted, once"):
        pilot = open_for_records(recorded_options_of(args, FILM_LAYOUT))
    print_note(pilot.note_on_choice("--layers"), quiet=args.quiet)
    of_given_sets = remarks_on_given_sets(tub.path, fingerprint(args.model))
    film = Film(pilot, tub.records, positions, axis, args.scale)
    contact_sheet = None if args.sheet is None else ContactSheet(len(positions))
    started_s = time.monotonic()
    with _note_when_slow(
        args, "looking for the largest values first, so that the film does not flicker"
    ):
        film.use_one_scale()
    with progress_line(str(args.out), quiet=args.quiet) as progress:
        result = film.write(args.out, contact_sheet, progress)
    took_s = time.monotonic() - started_s
    if contact_sheet is not None:
        _save_sheet(args, tub, contact_sheet)
    report = {"model": str(args.model), **describe(args.out, args.sheet, tub, axis, result)}
    report["remarks"] += [film.remark] if film.remark else []
    report["remarks"] += of_given_sets
    if pilot.layers_chosen:
        report["layers_chosen"] = pilot.layers_chosen
    report["records_per_s"] = round(len(positions) / took_s, 1)
    print_lines(*([json.dumps(report)] if args.json else summary(report)))
    lost = result.unreadable or tub.damaged or tub.remarks
    return EXIT_PARTLY_DONE if lost else 0


def _check_files(args: argparse.Namespace) -> None:
    """Check before any work that the film can be written."""
    from donkey_activations.cli.output_paths import check_free, check_picture_path
    from donkey_activations.films.video import check_film_path, check_folder

    check_film_path(args.out)
    targets = [args.out]
    if args.sheet is not None:
        check_picture_path(args.sheet)
        check_folder(args.sheet)
        targets.append(args.sheet)
    check_free(targets, [args.model, args.layout, args.config, args.tub / "images"], args.force)


def _axis(args: argparse.Namespace, tub: "TubRecords", positions: list[int]) -> "TimeAxis":
    from donkey_activations.films.time_axis import as_recorded, steady
    from donkey_activations.films.video import FilmError

    if args.fps is None:
        return as_recorded(tub.records, positions, 1.0 if args.speed is None else args.speed)
    if args.speed is not None:
        raise FilmError("expected --fps or --speed, got both; leave one out")
    return steady(args.fps)


def _save_sheet(args: argparse.Namespace, tub: "TubRecords", contact_sheet: "ContactSheet") -> None:
    from donkey_activations.export.picture import save_picture

    title = f"What {args.model.name} saw in {Path(os.path.realpath(tub.path)).name}"
    save_picture(contact_sheet.page(title), args.sheet)


def _note_when_slow(args: argparse.Namespace, message: str) -> AbstractContextManager[None]:
    return nullcontext() if args.quiet else note_when_slow(message)
