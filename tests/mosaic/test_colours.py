"""Colours: against OpenCV's tables and plain formulas."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.colours import (
    DEAD,
    DEAD_MARK,
    LEVELS,
    THEMES,
    check_colormap,
    colour_table,
)
from donkey_activations.mosaic.layout import Layout

OPENCV_NAMES = sorted(
    name.removeprefix("COLORMAP_").lower() for name in vars(cv2) if name.startswith("COLORMAP_")
)
ALL_NAMES = ["gray", "blue_orange", *OPENCV_NAMES]
DARK = THEMES["dark"]

# Machado, Oliveira, Fernandes: A physiologically-based model for simulation of color vision
# deficiency, 2009: what is seen of linear RGB where one kind of cones is missing.
COLOUR_BLIND = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def values_of(name: str, theme: str = "dark") -> np.ndarray:
    """RGB of each level, as integers that can be subtracted."""
    return colour_table(name, THEMES[theme])[:LEVELS, 0].astype(int)


def linear(rgb: np.ndarray) -> np.ndarray:
    share = np.asarray(rgb, np.float64) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def brightness(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance, ITU-R BT.709, of sRGB colours."""
    return linear(rgb) @ [0.2126, 0.7152, 0.0722]


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
    assert tuple(table[middle]) == THEMES[theme].signed[2]
    red, blue = table[:, 0], table[:, 2]
    assert (blue[:middle] > red[:middle]).all()
    assert (red[middle + 1 :] > blue[middle + 1 :]).all()


@pytest.mark.parametrize("theme", THEMES)
def test_the_themes_five_colours_stand_at_equal_distances(theme: str) -> None:
    table = values_of("blue_orange", theme)
    quarter, rest = divmod(LEVELS - 1, 4)
    assert rest == 0
    assert tuple(map(tuple, table[::quarter].tolist())) == THEMES[theme].signed


@pytest.mark.parametrize(("theme", "at_zero", "outwards"), [("dark", 0, 1), ("light", 1, -1)])
def test_colours_leave_that_of_zero_from_level_to_level(
    theme: str, at_zero: float, outwards: int
) -> None:
    middle = (LEVELS - 1) // 2
    bright = brightness(values_of("blue_orange", theme))
    assert bright[middle] == pytest.approx(at_zero)
    assert (np.diff(bright[: middle + 1]) * outwards < 0).all()
    assert (np.diff(bright[middle:]) * outwards > 0).all()


@pytest.mark.parametrize("theme", THEMES)
def test_blue_and_orange_never_share_a_colour(theme: str) -> None:
    table = values_of("blue_orange", theme)
    middle = (LEVELS - 1) // 2
    below, above = table[:middle], table[middle + 1 :]
    assert not set(map(tuple, below)) & set(map(tuple, above))
    assert np.abs(np.diff(table, axis=0)).max() <= 5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", COLOUR_BLIND)
def test_blue_and_orange_stay_apart_for_every_kind_of_colour_blindness(
    kind: str, theme: str
) -> None:
    rgb = linear(values_of("blue_orange", theme)) @ np.transpose(COLOUR_BLIND[kind])
    # OpenCV takes sRGB from 0 to 1.
    rgb = rgb.clip(0, 1)
    srgb = np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
    lab = cv2.cvtColor(srgb.astype(np.float32)[np.newaxis], cv2.COLOR_RGB2Lab)[0]
    middle = (LEVELS - 1) // 2
    quarter = middle // 4
    below, above = lab[: middle - quarter], lab[middle + quarter + 1 :]
    # From a quarter of the range on, in CIELAB, where 2 can just be seen.
    assert np.linalg.norm(below[:, np.newaxis] - above, axis=2).min() > 40


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["inferno", "gray", "blue_orange", "viridis_r"])
def test_what_is_no_value_has_the_themes_colours_in_every_colormap(name: str, theme: str) -> None:
    table = colour_table(name, THEMES[theme])[:, 0]
    assert tuple(table[DEAD]) == THEMES[theme].dead
    assert tuple(table[DEAD_MARK]) == THEMES[theme].dead_mark
    assert LEVELS <= min(DEAD, DEAD_MARK) < max(DEAD, DEAD_MARK) <= 255


@pytest.mark.parametrize("theme", THEMES)
def test_background_and_dead_and_its_mark_can_be_told_apart(theme: str) -> None:
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
