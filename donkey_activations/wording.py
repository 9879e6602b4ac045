"""Text that others chose, such as names of files and layers, in lines that we print."""

_LONGEST = 4000


def printable(text: str) -> str:
    r"""Returns a text that moves no cursor and that any stream takes.

    Args:
        text: Anything.

    Returns:
        The text; what cannot be printed stands in it as Python writes it, such as ``\n``, ``\x1b``
        or, for a byte in a file's name that is no UTF-8, ``\udcff``.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def one_line(text: str) -> str:
    """Returns a message as one printable line, and of a very long one its begin and its end.

    Args:
        text: Anything.
    """
    line = printable(" ".join(text.split()))
    if len(line) <= _LONGEST:
        return line
    half = _LONGEST // 2
    return f"{line[:half]} ... {line[-half:]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
