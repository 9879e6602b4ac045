"""Words in a picture: measured on what is drawn, and against letters that Pillow alone draws."""

import string
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from donkey_activations.errors import ActivationsError
from donkey_activations.mosaic import text as module
from donkey_activations.mosaic.text import Font

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SIZES = [1.0, 1.25, 1.5, 2.0, 3.0]
UNTOUCHED = 77

any_text = st.text(max_size=30)
any_size = st.sampled_from(SIZES)


def empty_area(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), UNTOUCHED, np.uint8)


def written(text: str, font: Font | None = None) -> np.ndarray:
    font = font or Font()
    area = np.zeros((font.line_height_px, max(1, font.width_px(text)), 3), np.uint8)
    font.write(area, text, 0, WHITE, BLACK)
    return area


def pillows_ink(character: str, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of a letter's ink, counted from the line's upper left corner."""
    canvas = Image.new("L", (400, 400))
    origin = (100, 200 + round(15 * size))
    font = ImageFont.load_default(14 * size)
    ImageDraw.Draw(canvas).text(origin, character, fill=255, font=font, anchor="ls")
    rows, columns = np.nonzero(canvas)
    return rows - 200, columns - 100


@settings(max_examples=100, deadline=None)
@given(any_text, any_size, st.integers(0, 50))
def test_a_text_takes_exactly_the_width_and_height_that_the_font_says(
    text: str, size: float, left_px: int
) -> None:
    font = Font(size)
    width = font.width_px(text)
    area = empty_area(font.line_height_px + 9, left_px + width + 20)
    end = font.write(area, text, left_px, (255, 0, 0), BLACK)
    assert end == left_px + width
    touched = (area != UNTOUCHED).all(axis=2)
    expected = np.zeros(touched.shape, bool)
    expected[: font.line_height_px, left_px:end] = True
    np.testing.assert_array_equal(touched | expected, expected)
    background = (area[: font.line_height_px, left_px:end] != UNTOUCHED).any(axis=2)
    assert background.all()


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=20), any_size, st.integers(0, 60), st.integers(60, 120))
def test_what_does_not_fit_is_cut_off_at_the_areas_edge(
    text: str, size: float, left_px: int, width_px: int
) -> None:
    font = Font(size)
    picture = empty_area(font.line_height_px + 6, 1200)
    area = picture[3:-3, 10 : 10 + width_px]
    end = font.write(area, text, left_px, WHITE, BLACK)
    assert end == min(left_px + font.width_px(text), width_px)
    whole = written(text, font)
    np.testing.assert_array_equal(area[:, left_px:end], whole[:, : end - left_px])
    area[:, left_px:end] = UNTOUCHED
    assert (picture == UNTOUCHED).all()


@pytest.mark.parametrize("left_px", [40, 41, 50, 1000])
def test_nothing_is_drawn_where_a_text_begins_at_or_behind_the_edge(left_px: int) -> None:
    picture = empty_area(20, 200)
    Font().write(picture[:, :40], "hello", left_px, WHITE, BLACK)
    assert (picture == UNTOUCHED).all()


def test_text_is_in_its_colour_on_its_background() -> None:
    area = empty_area(20, 60)
    Font().write(area, "HL|", 0, (10, 200, 90), (40, 20, 90))
    text = area[:, : Font().width_px("HL|")].reshape(-1, 3)
    assert [40, 20, 90] in text.tolist()
    # Smoothed edges are between the two; where both are alike so is all.
    assert (text >= [10, 20, 90]).all()
    assert (text <= [40, 200, 90]).all()
    assert text[:, 1].max() > 150
    assert area[0, -1].tolist() == [UNTOUCHED] * 3


def test_an_empty_text_takes_no_room_and_draws_nothing() -> None:
    area = empty_area(20, 30)
    assert Font().width_px("") == 0
    assert Font().write(area, "", 7, WHITE, BLACK) == 7
    assert (area == UNTOUCHED).all()


def test_a_space_is_blank_and_takes_room() -> None:
    assert Font().width_px(" ") > 0
    assert not written("   ").any()
    assert Font().width_px("a b") == Font().width_px("ab") + Font().width_px(" ")


@pytest.mark.parametrize("size", SIZES)
def test_no_letter_loses_its_head_or_foot_or_a_column_at_its_sides(size: float) -> None:
    font = Font(size)
    for character in string.punctuation + string.digits + string.ascii_letters:
        rows, columns = pillows_ink(character, size)
        assert rows.min() >= 0, character
        assert rows.max() < font.line_height_px, character
        inked_rows, inked_columns = np.nonzero(written(character, font).any(axis=2))
        np.testing.assert_array_equal(inked_rows, rows, character)
        np.testing.assert_array_equal(np.diff(inked_columns), np.diff(columns), character)


def test_no_two_characters_of_a_number_look_alike() -> None:
    characters = string.digits + "+-.?"
    assert len({written(character).tobytes() for character in characters}) == len(characters)


@pytest.mark.parametrize("character", ["ü", "é", "漢", "🚗", "\n", "\t", "\x00", "\x7f", "\ud800"])
def test_what_the_font_does_not_have_is_a_question_mark(character: str) -> None:
    text = f"a{character}b"
    assert Font().width_px(text) == Font().width_px("a?b")
    np.testing.assert_array_equal(written(text), written("a?b"))


@pytest.mark.parametrize(("smaller", "larger"), list(pairwise(SIZES)))
def test_a_larger_font_is_larger_in_both_directions(smaller: float, larger: float) -> None:
    small, large = Font(smaller), Font(larger)
    assert small.line_height_px < large.line_height_px
    for text in ("conv2d_1", "0", " "):
        assert small.width_px(text) < large.width_px(text)
    ink = [np.nonzero(written("H", font).any(axis=(1, 2)))[0] for font in (small, large)]
    assert np.ptp(ink[0]) < np.ptp(ink[1])


def test_writing_again_draws_the_same_though_the_first_picture_was_painted_over() -> None:
    first = written("again")
    before = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(written("again"), before)


def test_a_number_is_as_wide_as_every_other_so_that_nothing_moves_from_frame_to_frame() -> None:
    for size in SIZES:
        assert len({Font(size).width_px(digit) for digit in string.digits}) == 1


def test_threads_that_write_at_once_all_write_the_same() -> None:
    texts = [f"{number} {string.printable}" for number in range(40)]
    alone = [written(text, Font(1.75)).tobytes() for text in texts]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for cached in (module._width_px, module._advance_px, module._strip, module._glyph):
            cached.cache_clear()
        module._letters.cache_clear()
        with ThreadPoolExecutor(8) as threads:
            at_once = list(threads.map(lambda t: written(t, Font(1.75)).tobytes(), texts))
    finally:
        sys.setswitchinterval(interval)
    assert at_once == alone


@pytest.mark.parametrize("error", [ImportError("no _imagingft"), TypeError("no such argument")])
def test_a_pillow_without_letters_is_told_with_the_way_out(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_default(size: float) -> None:
        raise error

    module._letters.cache_clear()
    monkeypatch.setattr(ImageFont, "load_default", load_default)
    with pytest.raises(ActivationsError, match=r"Pillow 10\.1 .* pip install .*pillow>=10\.1"):
        Font(7.25).width_px("a")


def test_fit_drops_the_last_phrases_first() -> None:
    phrases = ["conv2d_1", "78 x 58 x 24", "sees 5 x 5 px"]
    font = Font()
    joined = ["", "conv2d_1", "conv2d_1   78 x 58 x 24", "conv2d_1   78 x 58 x 24   sees 5 x 5 px"]
    for number, text in enumerate(joined):
        assert font.fit(phrases, font.width_px(text)) == text
        assert font.fit(phrases, font.width_px(text) - 1) == joined[max(0, number - 1)]
    assert font.fit(phrases, 100_000) == joined[-1]
    assert font.fit([], 100) == ""


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=5), st.integers(-10, 500), any_size)
def test_what_fits_is_as_long_as_the_room_allows(
    phrases: list[str], room_px: int, size: float
) -> None:
    font = Font(size)
    before = list(phrases)
    prefixes = ["   ".join(phrases[: number + 1]) for number in range(len(phrases))]
    fitting = [text for text in prefixes if font.width_px(text) <= room_px]
    assert font.fit(phrases, room_px) == (fitting[-1] if fitting else "")
    assert phrases == before
