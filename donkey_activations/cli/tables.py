"""Tables for a terminal."""

from collections.abc import Sequence

# What the numbers need of 80 columns; a row of a longer name gets a line for the name alone.
_LONGEST_NAME = 20


def aligned(rows: Sequence[Sequence[str]], words: int = 1) -> list[str]:
    """Align columns: words on the left, numbers on the right.

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
