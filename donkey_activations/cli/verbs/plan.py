"""``donkey activations plan``: what a camera resolution shows, and what it costs here."""

import argparse
import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from donkey_activations.cli.arguments import (
    add_layers,
    add_pilot,
    file_path,
    positive_number,
    whole_number,
)
from donkey_activations.cli.progress import Steps, progress_line
from donkey_activations.cli.terminal import EXIT_PARTLY_DONE, print_lines
from donkey_activations.errors import ActivationsError
from donkey_activations.formatting import one_line
from donkey_activations.resolution import STANDARD_RESOLUTIONS, Resolution

if TYPE_CHECKING:
    from donkey_activations.planning.plan import Plan
    from donkey_activations.planning.sample_frames import SampleFrames

HELP = "show what a camera resolution brings, and what it costs on this machine"
EXAMPLE = "donkey activations plan --model models/mypilot.h5 --tub data --png plan.png"

_SIZES = ",".join(STANDARD_RESOLUTIONS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    add = parser.add_argument
    add_pilot(parser, "the pilot's file; a Keras file tells most")
    add("--sizes", default=_SIZES, metavar="WxH,...", help=f"resolutions (default: {_SIZES})")
    add(
        "--hz",
        type=positive_number(1000),
        default=20.0,
        metavar="R",
        help="the drive loop's rate (default: 20)",
    )
    period = whole_number(1, 1000)
    add("--every", type=period, default=5, metavar="N", help="mosaics of 1 frame in N (default: 5)")
    threads = whole_number(1, 16)
    add("--threads", type=threads, default=1, metavar="K", help="of the network (default: 1)")
    add("--tub", type=file_path, metavar="T", help="a tub: what recording takes, and its frames")
    add("--image", type=file_path, metavar="I", help="a frame, if there is no tub")
    add("--png", type=file_path, metavar="P", help="the same filters at each size, on one page")
    add(
        "--movie",
        type=file_path,
        metavar="P.mp4",
        help="the tub's drive at the sizes, side by side",
    )
    add_layers(parser, "names of layers (default: convolutions)")
    add("--force", action="store_true", help="replace a page and a film that are there")
    add("--json", action="store_true", help="print one JSON object and no tables")
    add("--quiet", action="store_true", help="show no progress")


def run(args: argparse.Namespace) -> int:
    """Plan, and print the plan.

    Args:
        args: The flags above.

    Returns:
        0, or 1 if the pilot cannot have some of the resolutions.

    Raises:
        ActivationsError: Bad input, or a pilot that can have none of them.
        OSError: A picture cannot be written.
    """
    resolutions = list(dict.fromkeys(map(Resolution.parse, args.sizes.split(","))))
    _check_files(args)
    from donkey_activations.cli.plan_table import lines
    from donkey_activations.planning.description import describe
    from donkey_activations.planning.pilots import PlannedPilot
    from donkey_activations.planning.plan import PlanOptions, make_plan

    sample = _sample(args)
    with closing(Steps(sys.stderr)) as steps:
        progress = (lambda _: None) if args.quiet else steps.begin
        progress(f"opening {args.model}")
        pilot = PlannedPilot(args.model, layers=args.layers, trust_model=args.trust_model)
        options = PlanOptions(args.hz, args.every, args.threads)
        plan = make_plan(pilot, resolutions, sample, options, progress)
    if not args.json:
        print_lines(*lines(plan))
        sys.stdout.flush()
    if args.png is not None:
        _draw(args, plan)
    if args.movie is not None:
        _film(args, plan)
    pictures = {"png": args.png, "movie": args.movie}
    written = {kind: str(path) for kind, path in pictures.items() if path is not None}
    print_lines(*([json.dumps(describe(plan) | written)] if args.json else _written_lines(written)))
    for resolution, reason in plan.refused:
        print(one_line(f"{resolution}: {reason}"), file=sys.stderr)
    return EXIT_PARTLY_DONE if plan.refused else 0


def _check_files(args: argparse.Namespace) -> None:
    """Check before any work that the pictures can be made."""
    from donkey_activations.cli.output_paths import check_free, check_picture_path

    if args.tub is not None and args.image is not None:
        raise ActivationsError("expected --tub or --image, got both; leave one out")
    if args.png is not None:
        if args.tub is None and args.image is None:
            raise ActivationsError("--png: expected --tub or --image for its frame; add one")
        check_picture_path(args.png)
    if args.movie is not None:
        from donkey_activations.films.video import check_film_path

        if args.tub is None:
            raise ActivationsError("--movie: expected --tub for its drive; add it")
        check_film_path(args.movie)
    written = [path for path in (args.png, args.movie) if path is not None]
    frames = args.image if args.tub is None else args.tub / "images"
    check_free(written, [args.model, frames], args.force)


def _sample(args: argparse.Namespace) -> "SampleFrames":
    from donkey_activations.planning import sample_frames

    if args.tub is not None:
        return sample_frames.of_tub(args.tub)
    return sample_frames.drawn() if args.image is None else sample_frames.of_image(args.image)


def _written_lines(written: dict[str, str]) -> list[str]:
    return ["", *(f"{kind}: {path}" for kind, path in written.items())]


def _draw(args: argparse.Namespace, plan: "Plan") -> None:
    from donkey_activations.export.picture import save_picture
    from donkey_activations.planning.page import draw_page

    save_picture(draw_page(plan), args.png)


def _film(args: argparse.Namespace, plan: "Plan") -> None:
    from donkey_activations.films.side_by_side import SideBySide, View, choose_filters
    from donkey_activations.films.time_axis import as_recorded
    from donkey_activations.tubs.records import read_tub

    sizes = sorted(plan.sizes, key=lambda size: size.resolution.pixels)
    if len(sizes) < 2:
        raise ActivationsError(
            f"--movie: expected two sizes that the pilot can have, got {len(sizes)}; see --sizes"
        )
    trained = plan.trained
    views = [
        View(size.extractor, None if size.resolution == trained else trained.image_hw)
        for size in (sizes[0], sizes[-1])
    ]
    records = read_tub(args.tub).records
    positions = range(len(records))
    axis = as_recorded(records, positions, 1.0)
    layers = choose_filters(views, records, positions)
    film = SideBySide(views, records, positions, axis, layers=layers)
    with progress_line(str(args.movie), quiet=args.quiet) as line:
        result = film.write(args.movie, line)
    for index, reason in result.unreadable:
        print(one_line(f"record {index}: {reason}"), file=sys.stderr)
