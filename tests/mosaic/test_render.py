import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations import FrameError, LayerInfo, render_mosaic
from donkey_activations.mosaic.layout import Layout, fit_grid

FRAME = np.full((120, 160, 3), 200, np.uint8)


def layer_of(maps: np.ndarray, name: str = "conv2d_1") -> LayerInfo:
    return LayerInfo(name, "Conv2D", *maps.shape)


def inferno(brightness: int) -> tuple[int, ...]:
    bgr = cv2.applyColorMap(np.array([[brightness]], np.uint8), cv2.COLORMAP_INFERNO)
    return tuple(bgr[0, 0, ::-1].tolist())


def test_the_newest_frame_stands_enlarged_at_the_top_in_its_own_colours() -> None:
    frame = FRAME.copy()
    frame[0, 0] = (250, 10, 20)
    frame[119, 159] = (1, 240, 3)
    maps = np.zeros((4, 4, 2), np.float32)
    picture = render_mosaic(frame, [layer_of(maps)], [maps])
    assert picture[20, 0].tolist() == picture[21, 1].tolist() == [250, 10, 20]
    assert picture[20 + 239, 319].tolist() == [1, 240, 3]
    sequence = np.stack([np.zeros_like(frame), frame])
    np.testing.assert_array_equal(render_mosaic(sequence, [layer_of(maps)], [maps]), picture)


def test_a_dead_filter_is_black_and_the_layers_largest_value_is_the_brightest_colour() -> None:
    maps = np.zeros((58, 78, 24), np.float32)
    maps[10, 20, 3] = 8.0
    maps[11, 21, 3] = 4.0
    picture = render_mosaic(FRAME, [layer_of(maps)], [maps])
    tiles_top = 20 + 240 + 4 + 20
    left = 3 * 79
    assert tuple(picture[tiles_top + 10, left + 20]) == inferno(255)
    assert tuple(picture[tiles_top + 11, left + 21]) == inferno(127)
    dead = picture[tiles_top : tiles_top + 58, :78]
    assert not np.any(dead - np.array(inferno(0)))


def test_tiles_stand_row_by_row_in_the_order_of_the_filters() -> None:
    maps = np.zeros((8, 13, 64), np.float32)
    grid = fit_grid(8, 13, 64, Layout())
    filter_index = grid.columns + 2
    maps[:, :, filter_index] = 1.0
    picture = render_mosaic(FRAME, [layer_of(maps)], [maps])
    top = 20 + 240 + 4 + 20 + (grid.tile_height_px + 1)
    left = 2 * (grid.tile_width_px + 1)
    bright = (picture == np.array(inferno(255))).all(axis=2)
    assert bright[top : top + grid.tile_height_px, left : left + grid.tile_width_px].all()
    below_the_frame = bright[260:]
    assert below_the_frame.sum() == grid.tile_height_px * grid.tile_width_px


def test_a_large_map_is_reduced_by_area_so_that_no_pixel_is_dropped() -> None:
    maps = np.zeros((200, 600, 4), np.float32)
    maps[:, ::2, 0] = 1.0
    picture = render_mosaic(FRAME, [layer_of(maps)], [maps])
    grid = fit_grid(200, 600, 4, Layout())
    tile = picture[284 : 284 + grid.tile_height_px, : grid.tile_width_px]
    # Every second column is lit, so each area is about half as bright as one that is lit whole.
    assert (tile.sum(axis=2) > 0).all()
    assert tile.reshape(-1, 3).std(axis=0).max() < 60


@settings(max_examples=60, deadline=None)
@given(
    maps=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 7, 64, 512])),
        elements=st.floats(width=32),
        fill=st.just(np.float32(0.0)),
    ),
    channels=st.sampled_from([1, 3]),
    frame_hw=st.tuples(st.integers(1, 500), st.integers(1, 700)),
)
def test_any_values_and_sizes_make_a_picture_and_leave_the_input_alone(
    maps: np.ndarray, channels: int, frame_hw: tuple[int, int]
) -> None:
    frame = np.full((*frame_hw, channels), 7, np.uint8)
    before = maps.copy()
    picture = render_mosaic(frame, [layer_of(maps)], [maps])
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (640, 3)
    np.testing.assert_array_equal(maps, before)
    assert (frame == 7).all()


def test_a_picture_is_a_pure_function_of_frame_maps_and_layout() -> None:
    maps = np.random.default_rng(0).random((27, 37, 32), np.float32)
    first = render_mosaic(FRAME, [layer_of(maps)], [maps])
    first_copy = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(render_mosaic(FRAME, [layer_of(maps)], [maps]), first_copy)


def test_a_layout_sets_the_width() -> None:
    maps = np.ones((5, 5, 3), np.float32)
    assert render_mosaic(FRAME, [layer_of(maps)], [maps], Layout(width_px=320)).shape[1] == 320


@pytest.mark.parametrize("frame", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_what_is_no_frame_is_a_frame_error(frame: np.ndarray) -> None:
    maps = np.zeros((2, 2, 1), np.float32)
    with pytest.raises(FrameError, match="uint8 frame"):
        render_mosaic(frame, [layer_of(maps)], [maps])


def test_maps_of_another_shape_than_their_layer_are_a_frame_error_with_both_shapes() -> None:
    maps = np.zeros((2, 2, 1), np.float32)
    with pytest.raises(FrameError, match=r"conv2d_1.*\(3, 2, 1\).*\(2, 2, 1\)"):
        render_mosaic(FRAME, [LayerInfo("conv2d_1", "Conv2D", 3, 2, 1)], [maps])
