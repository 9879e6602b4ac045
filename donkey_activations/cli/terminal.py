"""What every command prints, and how it ends."""

import sys
from typing import TYPE_CHECKING, Any

from donkey_activations.formatting import one_line, printable

if TYPE_CHECKING:
    from donkey_activations.recorded.exploration import Explored

PROGRAM = "donkey activations"
EXIT_PARTLY_DONE = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

_REASONS_SHOWN = 3


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


def print_losses(explored: "Explored[Any]") -> int:
    """Print on stderr which records are missing in an answer, and return the exit code.

    Args:
        explored: The answer.

    Returns:
        0, or 1 if records are missing.
    """
    reasons = [f"record {one.record.index}: {one.reason}" for one in explored.unreadable]
    reasons += explored.failures
    for reason in reasons[:_REASONS_SHOWN]:
        print(one_line(reason), file=sys.stderr)
    if len(reasons) > _REASONS_SHOWN:
        print(f"and {len(reasons) - _REASONS_SHOWN} more", file=sys.stderr)
    return EXIT_PARTLY_DONE if reasons else 0
