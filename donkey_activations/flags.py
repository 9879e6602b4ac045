"""Words on the command line that more than one verb takes."""

import argparse
from collections.abc import Callable


def names(text: str) -> tuple[str, ...]:
    """Reads names with commas between them."""
    return tuple(name.strip() for name in text.split(","))


def whole_number(least: int) -> Callable[[str], int]:
    """Returns what reads a whole number of at least so much.

    Args:
        least: 0 or more.
    """

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}, got {text!r}")
        return int(text)

    return read
