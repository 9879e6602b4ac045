"""Words on the command line that more than one verb takes."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path


def names(text: str) -> tuple[str, ...]:
    """Reads names with commas between them."""
    return tuple(name.strip() for name in text.split(","))


def file_path(text: str) -> Path:
    """Reads a path, with ``~`` for the folder of its user."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"there is no such user: {text!r}") from error


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Returns what reads a whole number of at least so much.

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
    """Returns what reads a number above 0.

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
