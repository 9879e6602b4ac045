"""Numbers, and text that others chose, in lines that we print."""

import pytest

from donkey_activations.formatting import one_line, percent, printable, short_number


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (7.4, "7"), (999, "999"), (999.6, "1 k"), (1824, "1.82 k"), (99_960, "100 k"),
     (818_348, "818 k"), (999_600, "1 M"), (17_911_196, "17.9 M"), (4.2e9, "4.2 G")],
)  # fmt: skip
def test_a_number_is_short(number: float, shown: str) -> None:
    assert short_number(number) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(1, "100.0%"), (0.0436, "4.4%"), (0.0004, "<0.1%"), (0, "0.0%")]
)
def test_a_share_is_in_percent(share: float, shown: str) -> None:
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kurve № 3 ü.jpg", "Kurve № 3 ü.jpg"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\u2028\u202e", r"\u2028\u202e"),
        ("", ""),
    ],
)
def test_what_cannot_be_printed_is_shown_as_python_writes_it(text: str, shown: str) -> None:
    assert printable(text) == shown
    shown.encode("utf-8", errors="strict")


def test_a_message_becomes_one_line_and_a_very_long_one_keeps_its_begin_and_its_end() -> None:
    assert one_line("  expected\n\n  this, got\tthat \x07") == r"expected this, got that \x07"
    line = one_line(f"begin {'x' * 100_000} end")
    assert len(line) < 5000
    assert line.startswith("begin x")
    assert line.endswith("x end")
