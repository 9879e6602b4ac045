"""What every command prints, and how it ends."""

import sys

from donkey_activations.formatting import one_line, printable

PROGRAM = "donkey activations"
EXIT_PARTLY_DONE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def say(*lines: str) -> None:
    """Prints lines for people; what they name, they name so that a terminal can show it."""
    for line in lines:
        print(printable(line))


def say_aside(line: str | None, *, quiet: bool) -> None:
    """Prints what there is to know of the work on stderr, so that stdout stays what was asked for.

    Args:
        line: The line; None is nothing.
        quiet: Whether nobody wants to know.
    """
    if line is not None and not quiet:
        print(one_line(line), file=sys.stderr)
