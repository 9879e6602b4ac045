"""What every command prints, and how it ends."""

import sys

from donkey_activations.formatting import one_line, printable

PROGRAM = "donkey activations"
EXIT_PARTLY_DONE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def print_lines(*lines: str) -> None:
    """Print lines for people, with names that others chose as a terminal can show them."""
    for line in lines:
        print(printable(line))


def print_note(line: str | None, *, quiet: bool) -> None:
    """Print a note on stderr, so that stdout stays what was asked for.

    Args:
        line: The line; None is nothing.
        quiet: Print nothing.
    """
    if line is not None and not quiet:
        print(one_line(line), file=sys.stderr)
