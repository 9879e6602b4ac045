"""The whole picture: what stands where, and that nothing covers anything."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations import Controls, FrameError, LayerInfo, LayoutError, render_mosaic
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.layout import PANELS, LayerStyle, Layout
from donkey_activations.mosaic.panels.base import Setting
from donkey_activations.mosaic.panels.layers import BandPanel
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.sheet import PlacedPanel, sheet
from donkey_activations.mosaic.text import Font
from donkey_activations.mosaic.tile_order import silent_filters

FRAME = np.full((120, 160, 3), 200, np.uint8)
ONLY_LAYERS = Layout(panels=("layers",), gamma=1.0, gap_px=1)
RUN = {"conv2d_1": LayerRun(10.0)}
LINE_PX = 20
BACKGROUND = THEMES["dark"].background


def layer_of(maps: np.ndarray, name: str = "conv2d_1") -> LayerInfo:
    return LayerInfo(name, "Conv2D", *maps.shape)


def inferno(share: float) -> tuple[int, ...]:
    bgr = cv2.applyColorMap(np.array([[round(share * 255)]], np.uint8), cv2.COLORMAP_INFERNO)
    return tuple(bgr[0, 0, ::-1].tolist())


def places_of(layers: Sequence[LayerInfo], layout: Layout) -> tuple[PlacedPanel, ...]:
    return sheet((120, 160), tuple(layers), layout, ()).panels


def band_of(picture: np.ndarray, maps: np.ndarray, layout: Layout) -> np.ndarray:
    """The tiles of the only layer, without its caption."""
    (place,) = places_of([layer_of(maps)], layout)
    return place.area(picture)[LINE_PX:]


def test_the_newest_frame_stands_enlarged_at_the_top_in_its_own_colours() -> None:
    frame = FRAME.copy()
    frame[0, 0] = (250, 10, 20)
    frame[119, 159] = (1, 240, 3)
    maps = np.zeros((4, 4, 2), np.float32)
    layers = [replace(layer_of(maps), window=Window((5, 5), (2, 2), (0, 0)))]
    picture = render_mosaic(frame, layers, [maps])
    top, left = 4 + LINE_PX, 4  # margin and caption, margin
    assert picture[top, left].tolist() == picture[top + 1, left + 1].tolist() == [250, 10, 20]
    assert picture[top + 239, left + 319].tolist() == [1, 240, 3]
    sequence = np.stack([np.zeros_like(frame), frame])
    np.testing.assert_array_equal(render_mosaic(sequence, layers, [maps]), picture)


def test_a_layers_largest_value_is_the_brightest_colour_and_a_quiet_filter_is_black() -> None:
    maps = np.zeros((58, 78, 24), np.float32)
    maps[10, 20, 3] = 8.0
    maps[11, 21, 3] = 4.0
    maps[0, 0, 1] = 0.001
    band = band_of(render_mosaic(FRAME, [layer_of(maps)], [maps], ONLY_LAYERS), maps, ONLY_LAYERS)
    left = 3 * 79
    assert tuple(band[10, left + 20]) == inferno(1.0)
    assert tuple(band[11, left + 21]) == inferno(0.5)
    quiet = band[:58, 79 : 79 + 78]
    assert (quiet == inferno(0.0)).all()


def test_a_dead_filter_looks_like_no_value_at_all() -> None:
    maps = np.zeros((58, 78, 24), np.float32)
    maps[10, 20, 3] = 8.0
    band = band_of(render_mosaic(FRAME, [layer_of(maps)], [maps], ONLY_LAYERS), maps, ONLY_LAYERS)
    dead = band[:58, :78].reshape(-1, 3)
    shown = {tuple(pixel) for pixel in dead.tolist()}
    values = {inferno(level / 255) for level in range(256)}
    assert shown == {THEMES["dark"].dead, THEMES["dark"].dead_mark}
    assert not shown & {*values, BACKGROUND}


def test_the_dead_threshold_decides_what_is_dead() -> None:
    maps = np.zeros((8, 8, 2), np.float32)
    maps[0, 0] = (0.01, 1.0)
    layout = replace(ONLY_LAYERS, dead_threshold=0.02)
    band = band_of(render_mosaic(FRAME, [layer_of(maps)], [maps], layout), maps, layout)
    assert tuple(band[-1, 0]) == THEMES["dark"].dead_mark
    assert tuple(band[0, -1]) != THEMES["dark"].dead


def test_gamma_shows_faint_values_brighter_and_leaves_the_ends() -> None:
    maps = np.zeros((1, 3, 1), np.float32)
    maps[0, :, 0] = (1.0, 0.25, 1e-9)
    layout = replace(ONLY_LAYERS, gamma=0.5)
    band = band_of(render_mosaic(FRAME, [layer_of(maps)], [maps], layout), maps, layout)
    shown = [tuple(band[0, column * 32 + 1]) for column in range(3)]
    assert shown[0] == inferno(1.0)
    assert shown[1] == pytest.approx(inferno(0.25**0.5), abs=3)
    assert shown[2] == inferno(0.0)


def test_signed_maps_are_centred_on_zero() -> None:
    maps = np.zeros((1, 3, 1), np.float32)
    maps[0, :, 0] = (-2.0, 0.0, 1.0)
    band = band_of(render_mosaic(FRAME, [layer_of(maps)], [maps], ONLY_LAYERS), maps, ONLY_LAYERS)
    below, zero, above = (band[0, column * 32 + 1].astype(int) for column in range(3))
    assert zero.tolist() == [0, 0, 0]
    assert below[2] > below[0], "below zero is blue"
    assert above[0] > above[2], "above zero is orange"
    turned = band_of(
        render_mosaic(FRAME, [layer_of(maps)], [-maps], ONLY_LAYERS), maps, ONLY_LAYERS
    )
    assert turned[0, 1].astype(int)[0] > turned[0, 1].astype(int)[2]


@pytest.mark.parametrize(
    ("scaling", "first", "second"),
    [("layer", 0.5, 1.0), ("filter", 1.0, 1.0), ((0.0, 8.0), 0.25, 0.5), ("run", 0.2, 0.4)],
)
def test_full_brightness_is_what_the_layout_says(
    scaling: object, first: float, second: float
) -> None:
    maps = np.zeros((2, 2, 2), np.float32)
    maps[0, 0] = (2.0, 4.0)
    layout = Layout(panels=("layers",), gamma=1.0, gap_px=1, scaling=scaling)  # type: ignore[arg-type]
    picture = render_mosaic(
        FRAME, [layer_of(maps)], [maps], layout, run={"conv2d_1": LayerRun(10.0)}
    )
    band = band_of(picture, maps, layout)
    assert tuple(band[0, 0]) == pytest.approx(inferno(first), abs=3)
    assert tuple(band[0, 65]) == pytest.approx(inferno(second), abs=3)


def test_a_run_of_one_frame_is_scaled_by_that_frame() -> None:
    maps = np.random.default_rng(0).random((6, 7, 8), np.float32)
    run = replace(ONLY_LAYERS, scaling="run")
    pictures = [render_mosaic(FRAME, [layer_of(maps)], [maps], y) for y in (run, ONLY_LAYERS)]
    np.testing.assert_array_equal(*pictures)


def test_layers_stand_in_the_layouts_order_each_in_its_own_style() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((6, 7, 8), np.float32), rng.random((3, 4, 5), np.float32)
    layers = [layer_of(first, "a"), layer_of(second, "b")]
    layout = Layout(layers=("b", "a"), panels=("layers",), per_layer={"b": LayerStyle(top=1)})
    picture = render_mosaic(FRAME, layers, [first, second], layout)
    upper = places_of(layers, layout)[0].area(picture)[LINE_PX:]
    lit = (upper != BACKGROUND).any(axis=2)
    cells = np.unique(upper[lit].reshape(-1, 3), axis=0)
    assert len(cells) <= second[:, :, 0].size, "one tile, and no other filter's colours"


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (Layout(layers=("conv2d_9",)), "layers: .*conv2d_1.*'conv2d_9'"),
        (Layout(per_layer={"dense": LayerStyle()}), "per_layer: .*'dense'"),
        (Layout(filters=(0, 7)), "conv2d_1: filters: expected numbers from 0 to 1, got 7"),
        (Layout(height_px=100), "height_px: expected [0-9]+ or more .* got 100"),
    ],
)
def test_a_layout_for_another_pilot_is_an_error(layout: Layout, message: str) -> None:
    maps = np.zeros((4, 4, 2), np.float32)
    with pytest.raises(LayoutError, match=message):
        render_mosaic(FRAME, [layer_of(maps)], [maps], layout)


def test_controls_move_their_bars_to_the_side_they_steer_to() -> None:
    maps = np.zeros((4, 4, 2), np.float32)
    layout = Layout(panels=("controls",), captions=False, width_px=656)
    bars = {}
    for steering in (-1.0, 0.5):
        controls = {"user": Controls(steering, 0.0)}
        picture = render_mosaic(FRAME, [layer_of(maps)], [maps], layout, controls=controls)
        blue = (picture == THEMES["dark"].user).all(axis=2)
        # Throttle 0 is a line in the middle of the right half.
        bars[steering] = np.flatnonzero(blue.any(axis=0)[:328])
    middle = 4 + (656 - 8 - 10) // 2 // 2
    assert (bars[-1.0].min(), bars[-1.0].max()) == (5, middle)
    assert bars[0.5].min() == middle
    assert bars[0.5].max() == pytest.approx(middle + 79, abs=1)


def test_without_controls_there_is_no_panel_for_them() -> None:
    maps = np.zeros((4, 4, 2), np.float32)
    shown = [
        render_mosaic(FRAME, [layer_of(maps)], [maps], controls=controls).shape[0]
        for controls in (None, {}, {"user": Controls(0, 0)})
    ]
    assert shown[0] == shown[1] < shown[2]


def test_a_picture_of_nothing_that_is_known_is_empty() -> None:
    maps = np.zeros((4, 4, 2), np.float32)
    picture = render_mosaic(FRAME, [layer_of(maps)], [maps], Layout(panels=("controls",)))
    assert (picture == BACKGROUND).all()


def test_branching_layers_are_shown_without_saliency() -> None:
    maps = np.ones((4, 4, 2), np.float32)
    straight = replace(layer_of(maps), window=Window((5, 5), (2, 2), (0, 0)))
    pictures = [
        render_mosaic(FRAME, [layer], [maps], Layout(panels=("saliency",)))
        for layer in (layer_of(maps), straight)
    ]
    assert pictures[0].shape[0] < 40
    assert pictures[1].shape[0] > 120


def test_pictures_of_two_pilots_do_not_share_anything() -> None:
    maps = np.random.default_rng(5).random((6, 7, 8), np.float32)
    first = render_mosaic(FRAME, [layer_of(maps)], [maps])
    copy = first.copy()
    render_mosaic(FRAME, [layer_of(maps)], [maps * 0])
    np.testing.assert_array_equal(first, copy)
    np.testing.assert_array_equal(render_mosaic(FRAME, [layer_of(maps)], [maps]), copy)


@settings(max_examples=60, deadline=None)
@given(
    maps=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 7, 64, 512])),
        elements=st.sampled_from([0.0, 1.0, -1.0, 2.0**-126, 2.0**127, np.nan, np.inf, -np.inf]),
        fill=st.sampled_from([0.0, 0.5, np.nan]),
    ),
    grey=st.booleans(),
    style=st.sampled_from(
        [{}, {"scaling": "filter"}, {"scaling": (-1.0, 2.0)}, {"order": "energy", "top": 3},
         {"order": "variance", "hide_dead": True}]
    ),
)  # fmt: skip
def test_any_maps_give_a_picture_and_stay_as_they_were(
    maps: np.ndarray, grey: bool, style: dict[str, object]
) -> None:
    frame = FRAME[:, :, :1] if grey else FRAME
    before, frame_before = maps.copy(), frame.copy()
    layer = replace(layer_of(maps), window=Window((3, 3), (2, 2), (-1, -1)))
    layout = Layout(width_px=320, **style)  # type: ignore[arg-type]
    picture = render_mosaic(frame, [layer], [maps], layout)
    assert (picture.dtype, picture.shape[1:]) == (np.uint8, (320, 3))
    np.testing.assert_array_equal(maps, before)
    np.testing.assert_array_equal(frame, frame_before)


@settings(max_examples=80, deadline=None)
@given(
    layout=st.builds(
        Layout,
        arrangement=st.sampled_from(["stacked", "beside"]),
        width_px=st.integers(160, 2000),
        panels=st.lists(st.sampled_from(PANELS), min_size=1, unique=True).map(tuple),
        captions=st.booleans(),
    ),
    frame_hw=st.tuples(st.integers(1, 500), st.integers(1, 700)),
    sizes=st.lists(
        st.tuples(st.integers(1, 200), st.integers(1, 300), st.sampled_from([1, 3, 24, 64, 512])),
        min_size=1,
        max_size=6,
    ),
)
def test_no_panel_covers_another_or_leaves_the_picture(
    layout: Layout,
    frame_hw: tuple[int, int],
    sizes: list[tuple[int, int, int]],
) -> None:
    window = Window((1, 1), (1, 1), (0, 0))
    layers = tuple(
        LayerInfo(f"a_rather_long_name_{n}", "Conv2D", *size, (9, 9), (1, 1), window)
        for n, size in enumerate(sizes)
    )
    page = sheet(frame_hw, layers, layout, ("user", "pilot"))
    taken = np.zeros(page.blank.shape[:2], np.uint8)
    for place in page.panels:
        area = place.area(taken)
        assert area.shape == (place.panel.height_px, place.panel.width_px), "inside the picture"
        area += 1
    assert taken.max() <= 1, "no two in one place"


def test_words_never_stand_on_a_map() -> None:
    maps = np.ones((30, 40, 6), np.float32)
    layer = replace(layer_of(maps, "a_layer_with_quite_a_long_name"), receptive_field=(61, 61))
    for width_px in (160, 240, 320, 480, 656, 1600):
        layout = Layout(width_px=width_px, panels=("layers",))
        silent = replace(layout, captions=False)
        with_words, without = (render_mosaic(FRAME, [layer], [maps], y) for y in (layout, silent))
        tiles = without[4:-4, 4:-4]
        np.testing.assert_array_equal(with_words[-4 - tiles.shape[0] : -4, 4:-4], tiles)


@pytest.mark.parametrize("arrangement", ["stacked", "beside"])
def test_a_legend_that_is_too_long_leaves_the_name_of_its_layer_alone(arrangement: str) -> None:
    maps = np.ones((9, 12, 6), np.float32)
    layers = [layer_of(maps, "conv_b")]
    for width_px in range(160, 400, 3):
        layout = Layout(width_px=width_px, arrangement=arrangement)
        (band,) = [
            place for place in places_of(layers, layout) if isinstance(place.panel, BandPanel)
        ]
        pictures = [
            render_mosaic(FRAME, layers, [maps * np.float32(top)], layout)
            for top in (1, 1.23456e-30, -1.23456e30)
        ]
        name_px = band.panel._font.width_px("conv_b")
        names = [band.area(picture)[:LINE_PX, :name_px] for picture in pictures]
        np.testing.assert_array_equal(names[1:], [names[0]] * 2)
        assert names[0].max() > 150, "there it is"


@pytest.mark.parametrize(
    ("width_px", "expected"), [(160, 1.0), (656, 1.0), (664, 1.0), (1312, 2.0)]
)
def test_letters_grow_with_the_picture(width_px: int, expected: float) -> None:
    setting = Setting((120, 160), (), Layout(width_px=width_px), (), 100, 100)
    assert setting.font.size == expected


@pytest.mark.parametrize("height_px", [480, 720, 1080])
def test_a_film_has_the_height_that_was_asked_for(height_px: int) -> None:
    rng = np.random.default_rng(2)
    shapes = [(58, 78, 24), (27, 37, 32), (12, 17, 64), (10, 15, 64), (8, 13, 64)]
    maps = [rng.random(shape, np.float32) for shape in shapes]
    layers = [layer_of(m, f"conv2d_{n}") for n, m in enumerate(maps)]
    layout = Layout(arrangement="beside", width_px=height_px * 16 // 9, height_px=height_px)
    picture = render_mosaic(FRAME, layers, maps, layout)
    assert picture.shape == (height_px, layout.width_px, 3)
    lit = (picture != BACKGROUND).any(axis=(1, 2))
    assert np.flatnonzero(lit).max() > 0.85 * height_px, "and it is used"


def words_in(line: np.ndarray, words: str, colour: tuple[int, int, int]) -> bool:
    """Whether words stand anywhere in a line."""
    font = Font()
    wanted = np.empty((LINE_PX, font.width_px(words), 3), np.uint8)
    font.write(wanted, words, 0, colour, BACKGROUND)
    width = wanted.shape[1]
    return any(
        np.array_equal(line[:, left : left + width], wanted)
        for left in range(line.shape[1] - width + 1)
    )


def captions_of(picture: np.ndarray, maps: np.ndarray, layout: Layout) -> np.ndarray:
    """The lines above the tiles of the only layer, below each other."""
    (place,) = places_of([layer_of(maps)], layout)
    return place.area(picture)[: 2 * LINE_PX]


def crossed_out(picture: np.ndarray) -> int:
    """How many tiles are: each has one stroke."""
    marks = (picture == THEMES["dark"].dead_mark).all(axis=2)
    return int(cv2.connectedComponents(marks.astype(np.uint8), connectivity=8)[0]) - 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("width_px", "words"), [(664, "NaN or infinity in 2 of 6"), (160, "not finite!")]
)
def test_values_that_are_no_numbers_are_told_and_their_filters_not_crossed_out(
    width_px: int, words: str, bad: float
) -> None:
    maps = np.zeros((30, 40, 6), np.float32)
    maps[:, :, 1] = bad
    maps[3, 3, 4] = bad
    maps[5, 5, 5] = 2.0
    layout = replace(ONLY_LAYERS, width_px=width_px)
    picture = render_mosaic(FRAME, [layer_of(maps)], [maps], layout)
    lines = captions_of(picture, maps, layout)
    text = THEMES["dark"].text
    assert any(words_in(lines[top : top + LINE_PX], words, text) for top in (0, LINE_PX))
    assert crossed_out(picture) == 3, "those of which every value is 0"


def test_a_layer_that_is_0_throughout_has_no_minus_0_in_its_legend() -> None:
    for zero in (0.0, -0.0):
        maps = np.full((30, 40, 6), zero, np.float32)
        picture = render_mosaic(FRAME, [layer_of(maps)], [maps], ONLY_LAYERS)
        line = captions_of(picture, maps, ONLY_LAYERS)[:LINE_PX]
        assert words_in(line, "0", THEMES["dark"].quiet_text)
        assert not words_in(line, "-0", THEMES["dark"].quiet_text)


def test_filters_that_never_fire_over_a_run_make_room_for_the_others_and_are_counted() -> None:
    maps = np.zeros((30, 40, 24), np.float32)
    maps[:, :, ::4] = (1, 0, 3, 4, 5, 6)  # one of them is dead in this frame, and not in all
    peaks = np.where(np.arange(24) % 4 == 0, 6, 0).astype(np.float32)
    layout = replace(ONLY_LAYERS, scaling="run")
    layers, run = [layer_of(maps)], {"conv2d_1": LayerRun(6.0, 3.0, peaks, 200)}
    silent = silent_filters(layout, run)
    (place,) = sheet((120, 160), tuple(layers), layout, (), silent=silent).panels
    area = place.area(render_mosaic(FRAME, layers, [maps], layout, run=run))
    said = "18 of 24 never fire in 200 frames"
    assert words_in(area[:LINE_PX], said, THEMES["dark"].text)
    assert crossed_out(area[LINE_PX:]) == 1
    colours = np.unique(area[LINE_PX:].reshape(-1, 3), axis=0).astype(int)
    for value in (1, 3, 4, 5, 6):
        assert np.abs(colours - inferno(value / 6)).max(axis=1).min() <= 3, "it is there"
    going_on = {"conv2d_1": LayerRun(6.0, 3.0)}
    assert crossed_out(render_mosaic(FRAME, layers, [maps], layout, run=going_on)) == 19


@pytest.mark.parametrize(
    "frame", [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8)]
)
def test_what_is_no_frame_is_an_error(frame: np.ndarray) -> None:
    maps = np.zeros((2, 3, 1), np.float32)
    with pytest.raises(FrameError, match="expected a uint8 frame"):
        render_mosaic(frame, [layer_of(maps)], [maps])


def test_maps_of_another_layer_are_an_error() -> None:
    maps = np.zeros((2, 3, 1), np.float32)
    with pytest.raises(FrameError, match=r"conv2d_1: expected maps of shape \(3, 2, 1\)"):
        render_mosaic(FRAME, [LayerInfo("conv2d_1", "Conv2D", 3, 2, 1)], [maps])
