"""Tables for a terminal."""

from collections.abc import Sequence

UNKNOWN = "?"

# What the numbers need of 80 columns; a row of a longer name gets a line for the name alone.
_LONGEST_NAME = 20
_SUFFIXES = ("", " k", " M", " G", " T", " P", " E")


def aligned(rows: Sequence[Sequence[str]], words: int = 1) -> list[str]:
    """Aligns columns: words on the left, numbers on the right.

    Args:
        rows: One or more, all of the same length; a name first.
        words: Number of columns of words, 1 or more; those behind them are numbers.
    """
    short = [row[0] for row in rows if len(row[0]) <= _LONGEST_NAME]
    widths = [max(map(len, short), default=0)]
    widths += [max(map(len, column)) for column in list(zip(*rows, strict=True))[1:]]
    lines = []
    for row in rows:
        name, *others = row
        if len(name) > _LONGEST_NAME:
            lines.append(name)
            name = ""
        cells = [name, *others]
        padded = [
            cell.ljust(width) if number < words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def short_number(number: float) -> str:
    """Returns a number of 0 or more with two or three digits that count, as in ``17.9 M``."""
    steps = 0
    while number >= 999.5 and steps < len(_SUFFIXES) - 1:
        number /= 1000.0
        steps += 1
    digits = f"{number:.0f}" if not steps or number >= 99.95 else f"{number:.3g}"
    return f"{digits}{_SUFFIXES[steps]}"


def percent(share: float) -> str:
    """Returns a share of 1 in percent."""
    return f"{share:.1%}" if share >= 0.0005 else "<0.1%"
