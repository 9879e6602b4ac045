"""What a legend says, against the colours that tiles are drawn with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from donkey_activations.mosaic.colours import LEVELS, THEMES, colour_table
from donkey_activations.mosaic.legend import RAMP_PX, Legend, Scale
from donkey_activations.mosaic.text import Font

DARK = THEMES["dark"]
LAST = LEVELS - 1

gammas = st.floats(0.2, 1)
tops = st.floats(1e-6, 1e6)


def words_of(scale: Scale) -> list[str]:
    return [stop.words for stop in scale.stops()]


def drawn(scale: Scale, width_px: int, from_px: int = 0) -> np.ndarray:
    line = np.full((20, width_px, 3), 77, np.uint8)
    Legend(Font(), DARK).draw(line, scale, from_px)
    return line


@given(tops, gammas, st.sampled_from(["inferno", "gray"]))
def test_the_number_in_the_middle_is_the_value_with_the_colour_in_the_middle(
    top: float, gamma: float, colormap: str
) -> None:
    scale = Scale(0.0, top, gamma, colormap)
    value = scale.value_at(0.5)
    level = round(value / top * LAST)
    tile = colour_table(colormap, DARK, gamma)[:LEVELS, 0].astype(int)
    middle = colour_table(colormap, DARK)[LAST // 2, 0].astype(int)
    around = tile[max(0, level - 1) : level + 2]
    assert (around.min(axis=0) <= middle + 1).all()
    assert (around.max(axis=0) >= middle - 1).all()
    assert float(words_of(scale)[1]) == pytest.approx(value, rel=0.06)


@given(tops, gammas, st.floats(0, 1))
def test_values_below_0_mirror_those_above(top: float, gamma: float, share: float) -> None:
    scale = Scale(-top, top, gamma, "blue_orange")
    assert scale.value_at(1 - share) == pytest.approx(-scale.value_at(share), rel=1e-6, abs=1e-9)
    above = Scale(0.0, top, gamma, "inferno")
    assert scale.value_at((1 + share) / 2) == pytest.approx(above.value_at(share), abs=1e-9 * top)


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        (Scale(0.0, 0.313, 0.5, "inferno"), ["0", "0.078", "0.313"]),
        (Scale(2.0, 4.0, 1.0, "inferno"), ["2", "3", "4"]),
        (Scale(-2.0, 2.0, 0.5, "blue_orange"), ["-2", "-0.5", "0", "0.5", "2"]),
        (Scale(0.0, 1.0, 0.7, "inferno", own=True), ["0", "own max"]),
        (Scale(-1.0, 1.0, 0.7, "inferno", own=True), ["-own", "own max"]),
        (Scale(-0.0, -0.0, 0.7, "inferno"), ["0", "0"]),
        (Scale(-0.0, 1.0, 1.0, "inferno"), ["0", "0.5", "1"]),
        (Scale(0.0, 3.4e38, 1.0, "inferno"), ["0", "1.7e+38", "3.4e+38"]),
    ],
)
def test_a_legend_says_what_was_worked_by_hand(scale: Scale, words: list[str]) -> None:
    assert words_of(scale) == words


def test_the_ramp_has_every_colour_once_from_the_first_to_the_last() -> None:
    scale = Scale(0.0, 1.0, 0.4, "gray")
    line = drawn(scale, 400)[10].astype(int)
    greys = line[(line == line[:, :1]).all(axis=1) & (line[:, 0] != 77)][:, 0]
    assert (greys[0], greys[-1]) == (0, 255)
    assert len(greys) == RAMP_PX
    assert (np.diff(greys) >= 0).all()
    assert np.abs(np.diff(greys) - 255 / RAMP_PX).max() < 5, "at equal distances"


@pytest.mark.parametrize("signed", [False, True])
def test_where_there_is_less_room_numbers_go_and_nothing_stands_on_the_words(signed: bool) -> None:
    scale = Scale(-0.5 if signed else 0.0, 0.5, 0.4, "blue_orange" if signed else "inferno")
    lengths = []
    for from_px in range(0, 330, 3):
        line = drawn(scale, 320, from_px)
        touched = (line != 77).any(axis=(0, 2))
        assert not touched[:from_px].any()
        lengths.append(320 - int(touched.argmax()) if touched.any() else 0)
    assert lengths == sorted(lengths, reverse=True)
    # All numbers; both ends; without the first; the last alone; nothing.
    assert len(set(lengths)) == 5
    assert lengths[-1] == 0


def test_a_legend_that_fits_without_the_middle_has_both_ends() -> None:
    scale = Scale(0.0, 0.5, 0.4, "inferno")
    font = Font()
    least_px = font.width_px("0") + font.width_px("0.5") + RAMP_PX + 6
    line = drawn(scale, 400, 400 - least_px)
    np.testing.assert_array_equal(line[:, : 400 - least_px], np.full((20, 400 - least_px, 3), 77))
    ramp = line[10, 400 - font.width_px("0.5") - 3 - RAMP_PX :][:RAMP_PX]
    table = colour_table("inferno", DARK)[:, 0]
    np.testing.assert_array_equal(ramp[[0, -1]], table[[0, LAST]])
    expected = np.full((20, font.width_px("0"), 3), 77, np.uint8)
    font.write(expected, "0", 0, DARK.quiet_text, DARK.background)
    np.testing.assert_array_equal(line[:, 400 - least_px :][:, : expected.shape[1]], expected)
