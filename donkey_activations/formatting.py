"""Numbers and untrusted names, as a terminal can show them and people read them."""

UNKNOWN = "?"

_LONGEST_LINE = 4000
_SUFFIXES = ("", " k", " M", " G", " T", " P", " E")


def short_number(number: float) -> str:
    """Return a number of 0 or more with two or three significant digits, as in ``17.9 M``."""
    steps = 0
    while number >= 999.5 and steps < len(_SUFFIXES) - 1:
        number /= 1000.0
        steps += 1
    digits = f"{number:.0f}" if not steps or number >= 99.95 else f"{number:.3g}"
    return f"{digits}{_SUFFIXES[steps]}"


def percent(share: float) -> str:
    """Return a share of 1 in percent."""
    return f"{share:.1%}" if share >= 0.0005 or share == 0 else "<0.1%"


def printable(text: str) -> str:
    r"""Return a text that moves no cursor and that any stream takes.

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
    """Return a message as one printable line; of a very long one, its beginning and its end.

    Args:
        text: Anything.
    """
    line = printable(" ".join(text.split()))
    if len(line) <= _LONGEST_LINE:
        return line
    half = _LONGEST_LINE // 2
    return f"{line[:half]} ... {line[-half:]}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
