"""Measures ours, what bounds it, and the peers side by side, and writes ``RESULTS.md``.

make bench                            everything, half an hour or so
make bench ARGS=--quick               a short look, which writes no file
make bench ARGS='--rows maps,film'    some rows
"""

import argparse
import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import machine
from bench import QUICK, Amount, Bench
from report import render
from results import OURS, Result
from rows import drive, film, maps, one_image, picture, tub
from workspace import Workspace

_ROWS = {"maps": maps, "picture": picture, "one_image": one_image, "tub": tub, "film": film}
_DRIVE = "drive"
_RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Read the command line, measure, print the tables and write them."""
    arguments = _arguments()
    logging.disable(logging.INFO)
    amount = QUICK if arguments.quick else Amount()
    if arguments.seconds is not None:
        amount = replace(amount, drive_s=arguments.seconds)
    load_before = os.getloadavg()[0]
    results: list[Result] = []
    drives: list[tuple[str, ...]] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(Path(folder), arguments.peers, amount.records)
            bench = Bench(workspace, amount, arguments.peers)
            for name in arguments.rows:
                if name == _DRIVE:
                    drives = drive.measure(bench)
                else:
                    results += _ROWS[name].measure(bench)
    finally:  # also what an interrupted run has measured
        written = render(machine.describe(arguments.peers, load_before), results, drives)
        print(written)
    whole = not arguments.quick and len(arguments.rows) == len(_ROWS) + 1
    out = arguments.out or (_RESULTS if whole else None)
    if out is not None:
        out.write_text(written)
    failed = [one.way for one in results if one.error and one.party == OURS]
    if failed:
        raise SystemExit(f"of ours did not run: {', '.join(failed)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--peers", type=_python, required=True, help="the Python of the peers' environment")
    add("--quick", action="store_true", help="a few minutes, for a look; writes no file")
    every = [*_ROWS, _DRIVE]
    add("--rows", type=_rows, default=every, help=f"some of {','.join(every)}")
    add(
        "--seconds",
        type=float,
        help=f"of driving behind each row of the loop ({Amount.drive_s:.0f})",
    )
    add("--out", type=Path, help="the file to write (RESULTS.md, if all rows are measured in full)")
    return parser.parse_args()


def _python(path: str) -> Path:
    if not Path(path).exists():
        raise argparse.ArgumentTypeError(f"expected a Python there, got {path!r}; run: make bench")
    return Path(path).absolute()


def _rows(words: str) -> list[str]:
    names = words.split(",")
    unknown = set(names) - {*_ROWS, _DRIVE}
    if unknown:
        raise argparse.ArgumentTypeError(
            f"expected some of {', '.join([*_ROWS, _DRIVE])}, got {words!r}"
        )
    return names


if __name__ == "__main__":
    main()
