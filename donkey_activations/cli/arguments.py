"""Arguments of the command line that more than one verb takes."""

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from donkey_activations.mosaic.layout import Layout
    from donkey_activations.pilots.options import PilotOptions
    from donkey_activations.recorded.selection import Selection
    from donkey_activations.tubs.records import TubRecords

_MOST_DEFAULT_WORKERS = 4
_LAYERS_OF_A_CAR = (
    "names of layers, or all (default: the car's, or the convolutions that have room)"
)


def names(text: str) -> tuple[str, ...]:
    """Read names with commas between them."""
    return tuple(name.strip() for name in text.split(","))


def file_path(text: str) -> Path:
    """Read a path, with ``~`` for the folder of its user."""
    if not text:
        raise argparse.ArgumentTypeError("expected a path, got an empty text")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"there is no such user: {text!r}") from error


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return an argparse type for whole numbers in a range.

    Args:
        least: 0 or more.
        most: The largest one; None is no limit.
    """

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() else -1
        if number < least or (most is not None and number > most):
            limits = f"from {least}" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"expected a whole number {limits}, got {text!r}")
        return number

    return read


def positive_number(most: float) -> Callable[[str], float]:
    """Return an argparse type for numbers above 0.

    Args:
        most: The largest one, finite.
    """

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not 0 < number <= most:
            raise argparse.ArgumentTypeError(
                f"expected a number above 0 and up to {most:g}, got {text!r}"
            )
        return number

    return read


def add_pilot(parser: argparse.ArgumentParser, help_text: str = "the pilot's file") -> None:
    """Add ``--model`` and ``--trust-model``."""
    parser.add_argument("--model", type=file_path, required=True, help=help_text)
    parser.add_argument(
        "--trust-model",
        action="store_true",
        help="open a Keras pilot even if that runs code stored in it",
    )


def add_layers(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add ``--layers``."""
    parser.add_argument("--layers", type=names, metavar="A,B", help=help_text)


def add_car_look(parser: argparse.ArgumentParser, layout_help: str) -> None:
    """Add what chooses the look of recorded mosaics: ``--layers``, ``--layout``, ``--config``."""
    add_layers(parser, _LAYERS_OF_A_CAR)
    parser.add_argument("--layout", type=file_path, metavar="Y", help=layout_help)
    parser.add_argument(
        "--config",
        type=file_path,
        metavar="C",
        help="the car's config.py (default: ./config.py if any)",
    )


def add_records(parser: argparse.ArgumentParser) -> None:
    """Add what selects records: ``--every``, ``--start``, ``--end``."""
    add = parser.add_argument
    add(
        "--every",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="records whose index N divides",
    )
    add("--start", type=whole_number(0), default=0, metavar="A", help="the first index")
    add("--end", type=whole_number(0), metavar="B", help="the index after the last")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers``; ``worker_count`` returns what was meant."""
    parser.add_argument(
        "--workers",
        type=whole_number(1),
        metavar="K",
        help="processes (default: one a core, at most 4; 1 but on Linux)",
    )


def worker_count(args: argparse.Namespace) -> int:
    """Return how many processes ``add_workers`` asks for.

    Args:
        args: The arguments.
    """
    if args.workers is not None:
        return int(args.workers)
    if not hasattr(os, "sched_getaffinity"):
        # Not on Linux, where the workers were tried: more of them are for who asks for them.
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST_DEFAULT_WORKERS)


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add what a verb prints: ``--json``, ``--quiet``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object and no summary")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def recorded_options_of(args: argparse.Namespace, default: "Layout | None") -> "PilotOptions":
    """Return how to open the pilot of ``add_pilot`` and ``add_car_look``.

    Args:
        args: The arguments.
        default: The look without ``--layout``; None is the car's.

    Raises:
        ActivationsError: The layout or the car's configuration is wrong.
    """
    from donkey_activations.mosaic.layout_file import load_layout
    from donkey_activations.recorded.opening import recorded_options

    return recorded_options(
        args.model,
        layers=args.layers,
        layout=default if args.layout is None else load_layout(args.layout),
        config_path=args.config,
        trust_model=args.trust_model,
    )


def selection_of(
    args: argparse.Namespace, tubs: "Sequence[TubRecords]", purpose: str
) -> "Selection":
    """Return the records that ``add_records`` selects, and ``--filter`` where the verb has it.

    Args:
        args: The arguments.
        tubs: The tubs, one or more.
        purpose: What is done with the records, such as ``"draw"``.

    Raises:
        ActivationsError: No record is selected, or the filter is wrong.
    """
    from donkey_activations.recorded.selection import select

    flags = ["--every", "--start", "--end", *(["--filter"] if hasattr(args, "filter") else [])]
    return select(
        tubs,
        every=args.every,
        start=args.start,
        end=args.end,
        expression=getattr(args, "filter", None),
        purpose=purpose,
        ways=f"{', '.join(flags[:-1])} and {flags[-1]}",
    )
