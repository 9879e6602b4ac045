import numpy as np
import pytest

from donkey_activations.mosaic.contact_sheet import WIDEST_PX, page, spread, tile


@pytest.mark.parametrize(
    ("count", "of", "places"),
    [(6, 1, [0]), (6, 2, [0, 1]), (3, 5, [0, 2, 4]), (12, 1000, [*range(0, 999, 91), 999])],
)
def test_places_run_evenly_from_the_first_to_the_last(count, of, places):
    assert spread(count, of) == pytest.approx(places, abs=2)
    assert (spread(count, of)[0], spread(count, of)[-1]) == (0, of - 1)


def test_the_order_of_colours_stays_and_the_picture_is_left_alone():
    picture = np.full((60, 80, 3), (10, 120, 250), np.uint8)
    before = picture.copy()
    drawn = tile(picture, "record 7", columns=3)
    assert drawn[-1, -1].tolist() == [10, 120, 250]
    assert np.array_equal(picture, before)


@pytest.mark.parametrize("sizes", [[(90, 160)], [(90, 160)] * 7, [(90, 160), (300, 2400)] * 4])
def test_every_tile_is_on_the_page_in_order_whatever_their_sizes(sizes):
    shades = [40 + 20 * number for number in range(len(sizes))]
    tiles = [
        tile(np.full((*size, 3), (0, shade, 0), np.uint8), "", columns=3)
        for size, shade in zip(sizes, shades, strict=True)
    ]
    drawn = page(tiles, "title", columns=3)
    assert drawn.shape[1] <= WIDEST_PX
    seen = [number for row in drawn for number in dict.fromkeys(row[row[:, 0] == 0, 1].tolist())]
    assert list(dict.fromkeys(seen)) == shades


def test_a_title_and_captions_are_written():
    picture = np.full((60, 600, 3), 24, np.uint8)
    empty = page([tile(picture, "", 3)], "", 3)
    written = page([tile(picture, "record 7", 3)], "title", 3)
    changed = np.flatnonzero((empty != written).any(axis=(1, 2)))
    assert changed.min() < 40 < changed.max() < 70


@pytest.mark.parametrize("name", ["\udcff\udcfe", "Kurve \u2116 3", "\N{RACING CAR}", "a\nb\0"])
def test_names_that_are_no_ascii_get_a_question_mark_a_letter(name):
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in name)
    picture = np.full((60, 600, 3), 24, np.uint8)
    written = [page([tile(picture, text, 3)], text, 3) for text in (name, plain)]
    assert np.array_equal(*written)
