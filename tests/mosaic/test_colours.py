"""Colours: against OpenCV's tables and plain formulas."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.colours import (
    DEAD,
    DEAD_MARK,
    GAP,
    LEVELS,
    THEMES,
    check_colormap,
    colour,
    colour_table,
)
from donkey_activations.mosaic.layout import Layout

OPENCV_NAMES = sorted(
    name.removeprefix("COLORMAP_").lower() for name in vars(cv2) if name.startswith("COLORMAP_")
)
ALL_NAMES = ["gray", "blue_orange", *OPENCV_NAMES]
DARK = THEMES["dark"]


def values_of(name: str, theme: str = "dark") -> np.ndarray:
    """RGB of each level, as integers that can be subtracted."""
    return colour_table(name, THEMES[theme])[:LEVELS, 0].astype(int)


def brightness(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance, ITU-R BT.709, of sRGB colours."""
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    low, high = sorted((brightness(np.array(one)), brightness(np.array(other))))
    return float((high + 0.05) / (low + 0.05))


@pytest.mark.parametrize("name", ALL_NAMES)
def test_every_colormap_is_known_both_ways_round(name: str) -> None:
    check_colormap("colormap", name)
    check_colormap("colormap", f"{name}_r")
    forward, backward = colour_table(name, DARK), colour_table(f"{name}_r", DARK)
    assert forward.shape == backward.shape == (256, 1, 3)
    assert forward.dtype == backward.dtype == np.uint8
    np.testing.assert_array_equal(forward[:LEVELS], backward[:LEVELS][::-1])
    np.testing.assert_array_equal(forward[LEVELS:], backward[LEVELS:])
    assert len(np.unique(forward[:LEVELS, 0], axis=0)) > 6


def test_opencv_has_the_colormaps_that_this_is_about() -> None:
    assert {"inferno", "viridis", "jet", "turbo", "twilight_shifted"} <= set(OPENCV_NAMES)


@pytest.mark.parametrize("name", OPENCV_NAMES)
def test_a_colormap_is_opencvs_from_its_first_colour_to_its_last(name: str) -> None:
    ramp = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    bgr = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))[:, 0]
    places = [round(level * 255 / 252) for level in range(253)]
    np.testing.assert_array_equal(values_of(name), bgr[places][:, ::-1])
    assert (places[0], places[-1]) == (0, 255)


def test_gray_is_linear_from_black_to_white() -> None:
    gray = values_of("gray")
    assert (gray == gray[:, :1]).all()
    assert np.abs(gray[:, 0] - np.arange(LEVELS) * 255 / (LEVELS - 1)).max() <= 0.5
    assert (np.diff(gray[:, 0]) > 0).all()


def test_colours_are_rgb() -> None:
    first, last = values_of("jet")[[0, -1]]
    assert first[2] > first[0]
    assert last[0] > last[2]


@pytest.mark.parametrize("theme", THEMES)
def test_the_default_colormap_gets_brighter_from_level_to_level(theme: str) -> None:
    steps = np.diff(brightness(values_of(Layout().colormap, theme)))
    # Colours are rounded to whole numbers, so single steps may stand still.
    assert (steps >= -1e-4).all()
    assert brightness(values_of(Layout().colormap, theme))[-1] > 0.8
    in_tens = brightness(values_of(Layout().colormap, theme))[::10]
    assert (np.diff(in_tens) > 0).all()


@pytest.mark.parametrize("theme", THEMES)
def test_zero_has_the_themes_own_colour_between_blue_and_orange(theme: str) -> None:
    table = values_of("blue_orange", theme)
    middle = (LEVELS - 1) // 2
    assert LEVELS % 2 == 1
    assert tuple(table[middle]) == THEMES[theme].middle
    red, blue = table[:, 0], table[:, 2]
    assert (blue[:middle] > red[:middle]).all()
    assert (red[middle + 1 :] > blue[middle + 1 :]).all()


def test_in_the_dark_colours_get_brighter_the_farther_a_value_is_from_zero() -> None:
    middle = (LEVELS - 1) // 2
    steps = np.diff(brightness(values_of("blue_orange", "dark")))
    assert (steps[:middle] < 0).all()
    assert (steps[middle:] > 0).all()


def test_in_the_light_nothing_is_as_bright_as_zero() -> None:
    middle = (LEVELS - 1) // 2
    bright = brightness(values_of("blue_orange", "light"))
    assert bright[middle] == pytest.approx(1)
    assert (np.delete(bright, middle) < bright[middle]).all()


@pytest.mark.parametrize("theme", THEMES)
def test_blue_and_orange_never_share_a_colour(theme: str) -> None:
    table = values_of("blue_orange", theme)
    middle = (LEVELS - 1) // 2
    below, above = table[:middle], table[middle + 1 :]
    assert not set(map(tuple, below)) & set(map(tuple, above))
    assert np.abs(np.diff(table, axis=0)).max() <= 5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["inferno", "gray", "blue_orange", "viridis_r"])
def test_what_is_no_value_has_the_themes_colours_in_every_colormap(name: str, theme: str) -> None:
    table = colour_table(name, THEMES[theme])[:, 0]
    assert tuple(table[DEAD]) == THEMES[theme].dead
    assert tuple(table[DEAD_MARK]) == THEMES[theme].dead_mark
    assert tuple(table[GAP]) == THEMES[theme].background
    assert sorted({DEAD, DEAD_MARK, GAP}) == list(range(LEVELS, 256))


@pytest.mark.parametrize("theme", THEMES)
def test_gap_and_dead_and_its_mark_can_be_told_apart(theme: str) -> None:
    colours = THEMES[theme].background, THEMES[theme].dead, THEMES[theme].dead_mark
    for one, other in combinations(colours, 2):
        assert contrast(one, other) > 1.1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colormap", ["inferno", "blue_orange"])
def test_no_default_colour_of_a_value_is_that_of_a_dead_filter(theme: str, colormap: str) -> None:
    values = values_of(colormap, theme)
    for dead in (THEMES[theme].dead, THEMES[theme].dead_mark):
        assert np.abs(values - np.array(dead)).max(axis=1).min() > 2


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_and_drivers_told_apart(theme: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours.text, colours.background) > 7
    assert contrast(colours.quiet_text, colours.background) > 4.5
    assert contrast(colours.text, colours.background) > contrast(
        colours.quiet_text, colours.background
    )
    user, pilot = np.array(colours.user), np.array(colours.pilot)
    assert user[2] > user[0]
    assert pilot[0] > pilot[2]


@pytest.mark.parametrize("size", [(9, 31), (1, 1), (1, 8), (8, 1)])
def test_bytes_become_their_colours_in_a_part_of_a_picture(size: tuple[int, int]) -> None:
    height, width = size
    table = colour_table("viridis", DARK)
    levels = np.random.default_rng(0).integers(0, 256, (height + 2, width + 2), np.uint8)
    before = levels.copy()
    # Both as they come: views that are not contiguous.
    shown = levels[1:-1, 1:-1]
    picture = np.full((height + 5, width + 7, 3), 77, np.uint8)
    expected = picture.copy()
    expected[2 : 2 + height, 3 : 3 + width] = table[:, 0][shown]
    colour(shown, table, picture[2 : 2 + height, 3 : 3 + width])
    np.testing.assert_array_equal(picture, expected)
    np.testing.assert_array_equal(levels, before)


@pytest.mark.parametrize(
    "name", ["", "infern", "INFERNO", "_r", "inferno_r_r", "r_inferno", "COLORMAP_JET", 3, None]
)
def test_an_unknown_colormap_is_a_layout_error_that_lists_the_known_ones(name: object) -> None:
    with pytest.raises(LayoutError) as raised:
        check_colormap("signed_colormap", name)
    message = str(raised.value)
    assert message.startswith("signed_colormap: expected one of ")
    assert message.endswith(f"got {name!r}")
    listed = (
        message.removeprefix("signed_colormap: expected one of ")
        .partition(", perhaps")[0]
        .split(", ")
    )
    assert listed == sorted(ALL_NAMES)
    assert "\n" not in message
