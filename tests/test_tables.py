import pytest

from donkey_activations.tables import aligned, percent, short_number


def test_words_stand_on_the_left_and_numbers_on_the_right() -> None:
    rows = [("layer", "kind", "maps"), ("a", "Conv2D", "7"), ("conv2d_1", "C", "1234")]
    assert aligned(rows, words=2) == [
        "layer     kind    maps",
        "a         Conv2D     7",
        "conv2d_1  C       1234",
    ]


def test_a_long_name_gets_a_line_of_its_own() -> None:
    name = "a_name_of_more_than_twenty_letters"
    assert aligned([("layer", "maps"), (name, "12")]) == ["layer  maps", name, "         12"]


def test_a_row_that_ends_in_nothing_has_no_blanks_at_its_end() -> None:
    assert aligned([("layer", "maps"), ("a", "")]) == ["layer  maps", "a"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (7.4, "7"), (999, "999"), (999.6, "1 k"), (1824, "1.82 k"), (99_960, "100 k"),
     (818_348, "818 k"), (999_600, "1 M"), (17_911_196, "17.9 M"), (4.2e9, "4.2 G")],
)  # fmt: skip
def test_a_number_is_short(number: float, shown: str) -> None:
    assert short_number(number) == shown


@pytest.mark.parametrize(("share", "shown"), [(1, "100.0%"), (0.0436, "4.4%"), (0.0004, "<0.1%")])
def test_a_share_is_in_percent(share: float, shown: str) -> None:
    assert percent(share) == shown
