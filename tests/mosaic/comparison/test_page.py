"""Columns that are compared: tiles and words are looked for in the finished picture."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.mosaic.colours import THEMES, Colour, colour_table
from donkey_activations.mosaic.comparison.column import Seen, Side
from donkey_activations.mosaic.comparison.filter_ranges import Limits
from donkey_activations.mosaic.comparison.page import Comparison
from donkey_activations.mosaic.text import Font

THEME = THEMES["dark"]
COARSE_HW, FINE_HW = (60, 80), (240, 320)
FILTERS = {"conv2d_1": (5, 0, 2, 7), "conv2d_2": (3, 1)}
RANDOM = np.random.default_rng(5)


def side(frame_hw: tuple[int, int], trained_hw: tuple[int, int] | None = None) -> Side:
    height, width = frame_hw
    first = LayerInfo("conv2d_1", "Conv2D", height // 2, width // 2, 8, (5, 5))
    second = LayerInfo("conv2d_2", "Conv2D", height // 4, width // 4, 6, (13, 9))
    return Side(frame_hw, (first, second), trained_hw)


COARSE, FINE = side(COARSE_HW), side(FINE_HW, COARSE_HW)


def seen(of: Side, recorded_hw: tuple[int, int] = FINE_HW) -> Seen:
    frame = RANDOM.integers(0, 256, (*of.frame_hw, 3), np.uint8)
    shapes = [(layer.height, layer.width, layer.filters) for layer in of.layers]
    maps = tuple(RANDOM.random(shape, np.float32) for shape in shapes)
    return Seen(frame, maps, recorded_hw)


def limits(low: float = 0.0, filters: dict[str, tuple[int, ...]] = FILTERS) -> dict[str, Limits]:
    """Every filter has another range than those beside it."""
    tops = {name: np.linspace(0.6, 1.1, len(shown)) for name, shown in filters.items()}
    return {
        name: Limits((low * top).astype(np.float32), top.astype(np.float32))
        for name, top in tops.items()
    }


def tile(maps: np.ndarray, number: int, low: float, high: float, pixels: int) -> np.ndarray:
    """A filter's tile: colours by numpy, squares by repetition."""
    levels = np.rint((np.clip(maps[:, :, number], low, high) - low) / (high - low) * 252)
    name = "blue_orange" if low < 0 else "inferno"
    table = colour_table(name, THEME, 0.7, signed=low < 0)
    coloured = table[levels.astype(int), 0]
    return coloured.repeat(pixels, axis=0).repeat(pixels, axis=1)


def place_of(part: np.ndarray, picture: np.ndarray) -> tuple[int, int] | None:
    """Where a part is in a picture, as row and column; None where it is not."""
    upper = np.ascontiguousarray(part[:32])
    difference = cv2.matchTemplate(picture, upper, cv2.TM_SQDIFF)
    _, _, (left, top), _ = cv2.minMaxLoc(difference)
    found = picture[top : top + part.shape[0], left : left + part.shape[1]]
    # Levels are rounded in float32 here and there.
    alike = found.shape == part.shape and np.abs(found.astype(int) - part).max() <= 8
    return (top, left) if alike else None


def words(text: str, colour: Colour = THEME.text) -> np.ndarray:
    font = Font(1.5)
    strip = np.empty((font.line_height_px, font.width_px(text), 3), np.uint8)
    strip[:] = THEME.background
    font.write(strip, text, 0, colour, THEME.background)
    return strip


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_the_same_filters_stand_at_the_same_places_left_and_right_on_one_scale(low: float) -> None:
    comparison = Comparison([COARSE, FINE], FILTERS)
    assert comparison.filters == FILTERS
    both = [seen(COARSE), seen(FINE)]
    picture = comparison.draw(both, limits(low))
    assert picture.shape[:2] == comparison.size_hw
    halves = picture[:, :960], picture[:, 960:]
    for row, (name, numbers) in enumerate(FILTERS.items()):
        tops = limits(low)[name].highs
        places = []
        for half, one in zip(halves, both, strict=True):
            pixels = pixels_per_cell(half, one.maps[row], numbers[0], low, tops[0])
            tiles = [
                tile(one.maps[row], number, low * top, top, pixels)
                for number, top in zip(numbers, tops, strict=True)
            ]
            places.append([place_of(part, half) for part in tiles])
        left, right = places
        assert None not in left + right
        assert left == sorted(left)
        offset = right[0][1] - left[0][1]
        assert right == [(top, place + offset) for top, place in left]


def pixels_per_cell(
    half: np.ndarray, maps: np.ndarray, number: int, share: float, high: float
) -> int:
    """At which whole number, from the largest down, a tile is in the picture."""
    for pixels in range(478 // maps.shape[1], 0, -1):
        if place_of(tile(maps, number, share * high, high, pixels), half):
            return pixels
    raise AssertionError("the tile is not there")


def test_the_camera_is_shown_at_every_size_as_the_filters_see_it() -> None:
    comparison = Comparison([COARSE, FINE], FILTERS)
    both = [seen(COARSE), seen(FINE)]
    picture = comparison.draw(both, limits())
    coarse = both[0].frame.repeat(4, axis=0).repeat(4, axis=1)
    top, left = place_of(coarse, picture)
    assert place_of(both[1].frame, picture) == (
        top,
        left + place_of(words("320x240"), picture)[1] - left,
    )


def looking(frame_hw: tuple[int, int]) -> Side:
    """As ``side``, with layers that follow one another in a way that is known."""
    first, second = side(frame_hw).layers
    window = Window((2, 2), (2, 2), (0, 0))
    return Side(frame_hw, (replace(first, window=window), replace(second, window=window)))


def test_beside_the_camera_stands_where_the_pilot_looks_if_its_layers_follow_one_another() -> None:
    both = [seen(COARSE), seen(FINE)]
    # All that the pilot has to do with is in the upper left corner.
    for one in both:
        for maps in one.maps:
            maps[maps.shape[0] // 4 :] = maps[:, maps.shape[1] // 4 :] = 0
    branching = Comparison([COARSE, FINE], FILTERS).draw(both, limits())
    comparison = Comparison([looking(COARSE_HW), looking(FINE_HW)], FILTERS)
    picture = comparison.draw(both, limits())
    top, left = place_of(both[1].frame, picture)
    for column in (0, left):
        beside = np.s_[top : top + 240, column + 330 : column + 640]
        assert (branching[beside] == THEME.background).all()
        corner, rest = picture[beside][:60, :80].astype(int), picture[beside][90:].astype(int)
        # Where it looks is coloured, and the rest of the frame grey.
        assert np.ptp(corner, axis=2).mean() > 3 * np.ptp(rest, axis=2).mean()


def test_headings_tell_the_sizes_and_what_is_not_the_pilots() -> None:
    picture = Comparison([COARSE, FINE], FILTERS).draw([seen(COARSE), seen(FINE)], limits())
    heads = picture[:40]
    left, right = place_of(words("80x60"), heads), place_of(words("320x240"), heads)
    assert left[0] == right[0]
    marked = place_of(words("not the pilot's 80x60", THEME.quiet_text), heads)
    assert marked[0] == right[0]
    assert marked[1] > right[1]


@pytest.mark.parametrize(
    ("recorded_hw", "enlarged"),
    [((60, 80), [False, True]), ((240, 320), [False, False]), ((30, 400), [True, True])],
)
def test_a_heading_says_where_the_frame_was_enlarged(
    recorded_hw: tuple[int, int], enlarged: list[bool]
) -> None:
    both = [seen(COARSE, recorded_hw), seen(FINE, recorded_hw)]
    picture = Comparison([COARSE, FINE], FILTERS).draw(both, limits())
    height, width = recorded_hw
    mark = words(f"enlarged from {width}x{height}: no new detail", THEME.pilot)
    halves = picture[:, :960], picture[:, 960:]
    assert [place_of(mark, half) is not None for half in halves] == enlarged


def test_captions_tell_cells_and_how_much_of_the_view_one_sees() -> None:
    picture = Comparison([COARSE, FINE], FILTERS).draw([seen(COARSE), seen(FINE)], limits())
    # 13 * 9 of 60 * 80 pixels, and of 240 * 320.
    for half, cells, share in (
        (slice(0, 960), "20x15", "2.4%"),
        (slice(960, None), "80x60", "0.2%"),
    ):
        caption = f"conv2d_2   {cells} cells   one sees 9x13 px   {share} of the view"
        assert place_of(words(caption), picture[:, half]) is not None


def test_a_caption_says_where_a_pixel_is_the_mean_of_several_cells() -> None:
    big = side((1200, 1600))
    comparison = Comparison([COARSE, big], FILTERS)
    picture = comparison.draw([seen(COARSE), seen(big)], limits(filters=comparison.filters))
    assert place_of(words("conv2d_1   800x600 cells (1/2)"), picture) is not None
    assert place_of(words("conv2d_1   40x30 cells   one sees"), picture) is not None


def test_drawing_leaves_frames_and_maps_as_they_are_and_frames_do_not_mix() -> None:
    comparison = Comparison([COARSE, FINE], FILTERS)
    first, second = ([seen(COARSE), seen(FINE)] for _ in range(2))
    before = [array.copy() for one in first for array in (one.frame, *one.maps)]
    picture = comparison.draw(first, limits())
    comparison.draw(second, limits())
    np.testing.assert_array_equal(comparison.draw(first, limits()), picture)
    for array, copy in zip(
        (a for one in first for a in (one.frame, *one.maps)), before, strict=True
    ):
        np.testing.assert_array_equal(array, copy)


def test_three_sizes_stand_side_by_side() -> None:
    middle = side((120, 160), COARSE_HW)
    sides = [COARSE, middle, FINE]
    comparison = Comparison(sides, FILTERS)
    assert comparison.filters == {
        name: FILTERS[name][: len(shown)] for name, shown in comparison.filters.items()
    }
    picture = comparison.draw([seen(one) for one in sides], limits(filters=comparison.filters))
    assert picture.shape[0] <= 1080
    heads = picture[:40]
    places = [place_of(words(text), heads) for text in ("80x60", "160x120", "320x240")]
    assert [left // 640 for _, left in places] == [0, 1, 2]


def test_of_very_many_layers_some_are_shown_spread_from_the_first_to_the_last() -> None:
    names = [f"conv2d_{number}" for number in range(1, 41)]
    layers = tuple(LayerInfo(name, "Conv2D", 30, 40, 4) for name in names)
    sides = [Side((60, 80), layers), Side((60, 80), layers)]
    comparison = Comparison(sides, dict.fromkeys(names, (0, 1)))
    shown = [names.index(name) for name in comparison.filters]
    assert (shown[0], shown[-1]) == (0, 39)
    assert len(shown) >= 8
    assert max(np.diff(shown)) - min(np.diff(shown)) <= 1
    assert comparison.size_hw[0] <= 1080
    assert comparison.size_hw[0] % 2 == 0


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"conv2d_9": (0,)}, "such as conv2d_1, conv2d_2, got 'conv2d_9'"),
        ({"conv2d_1": (0, 8)}, "conv2d_1: expected filters from 0 to 7"),
        ({"conv2d_1": (-1,)}, "conv2d_1: expected filters from 0 to 7"),
        ({"conv2d_2": ()}, "conv2d_2: expected filters from 0 to 5"),
        ({}, "expected one layer or more"),
    ],
)
def test_layers_and_filters_that_there_are_not_are_refused(
    filters: dict[str, tuple[int, ...]], said: str
) -> None:
    with pytest.raises(LayoutError, match=said):
        Comparison([COARSE, FINE], filters)


def test_more_sizes_than_are_legible_are_refused() -> None:
    with pytest.raises(LayoutError, match="name fewer"):
        Comparison([FINE] * 40, FILTERS)
