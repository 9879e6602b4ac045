"""VisualBackProp, against an implementation written from the paper, one cell after another."""

from collections.abc import Iterable

import numpy as np
import pytest
from drawn_frames import draw_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from stock_pilot import StockPilot

from donkey_activations import LayerInfo, open_extractor
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.mosaic.saliency import (
    hand_back,
    is_sequential,
    to_range,
    visual_back_prop,
)
from donkey_activations.mosaic.scaling import measure

# Donkeycar's linear pilot, as its source has it: kernel and stride of each convolution.
STOCK_CONVOLUTIONS = [(5, 2), (5, 2), (5, 2), (3, 1), (3, 1)]


def transposed_convolution_of_ones(
    values: np.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    offset: tuple[int, int],
    size: tuple[int, int],
) -> np.ndarray:
    result = np.zeros(size)
    for i, j in np.ndindex(*values.shape):
        for di, dj in np.ndindex(*kernel):
            row, column = i * stride[0] + offset[0] + di, j * stride[1] + offset[1] + dj
            if 0 <= row < size[0] and 0 <= column < size[1]:
                result[row, column] += values[i, j]
    return result


def papers_visual_back_prop(maps: list[np.ndarray], image_hw: tuple[int, int]) -> np.ndarray:
    averaged = [layer.astype(np.float64).mean(axis=2) for layer in maps]
    mask = averaged[-1]
    for number in reversed(range(len(maps))):
        kernel, stride = STOCK_CONVOLUTIONS[number]
        below = averaged[number - 1] if number else np.ones(image_hw)
        scaled_up = transposed_convolution_of_ones(
            mask, (kernel, kernel), (stride, stride), (0, 0), below.shape
        )
        mask = scaled_up * below
    return from_0_to_1(mask)


def from_0_to_1(plane: np.ndarray) -> np.ndarray:
    doubles = plane.astype(np.float64)
    return (doubles - doubles.min()) / (doubles.max() - doubles.min())


def means_of(maps: Iterable[np.ndarray]) -> list[np.ndarray]:
    return [np.abs(layer).mean(axis=2, dtype=np.float64).astype(np.float32) for layer in maps]


def stock_layers(*sizes: tuple[int, int, int]) -> list[LayerInfo]:
    return [
        LayerInfo(
            f"conv2d_{number}", "Conv2D", *size, window=Window((k, k), (stride, stride), (0, 0))
        )
        for number, (size, (k, stride)) in enumerate(
            zip(sizes, STOCK_CONVOLUTIONS, strict=False), start=1
        )
    ]


def test_a_real_pilots_saliency_is_what_the_paper_says(stock_pilot: StockPilot) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    maps = extractor(draw_frame(3))
    expected = papers_visual_back_prop([*maps], (120, 160))
    for means in (means_of(maps), [measure(layer).mean_magnitude for layer in maps]):
        before = [mean.copy() for mean in means]
        salient = visual_back_prop(extractor.layers, means, (120, 160))
        assert (salient.dtype, salient.shape) == (np.float32, (120, 160))
        np.testing.assert_allclose(from_0_to_1(salient), expected, atol=1e-5)
        for mean, same in zip(means, before, strict=True):
            np.testing.assert_array_equal(mean, same)


def test_means_of_any_size_give_the_same_ratios(stock_pilot: StockPilot) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    maps = extractor(draw_frame(3))
    expected = papers_visual_back_prop([*maps], (120, 160))
    sizes = np.array([3e38, 1e-30, 3e38, 1, 3e38], np.float32)
    means = [mean / mean.max() * size for mean, size in zip(means_of(maps), sizes, strict=True)]
    salient = visual_back_prop(extractor.layers, means, (120, 160))
    np.testing.assert_allclose(from_0_to_1(salient), expected, atol=1e-5)


def test_one_layer_alone_is_handed_back_to_the_image() -> None:
    mean = np.random.default_rng(0).random((58, 78), np.float32)
    salient = visual_back_prop(stock_layers((58, 78, 24)), [mean], (120, 160))
    expected = papers_visual_back_prop([mean[:, :, np.newaxis]], (120, 160))
    np.testing.assert_allclose(from_0_to_1(salient), expected, atol=1e-5)


@pytest.mark.parametrize("place", [(10, 20), (60, 80), (100, 130)])
def test_only_a_lit_spot_in_the_dark_and_what_touches_it_is_salient(
    stock_pilot: StockPilot, place: tuple[int, int]
) -> None:
    # The pilot's biases are 0, so in the dark no filter fires. A first-layer cell sees 5 pixels, so
    # what is handed back to the image lies within 4 pixels of the spot.
    row, column = place
    frame = np.zeros((120, 160, 3), np.uint8)
    frame[row : row + 6, column : column + 6] = 255
    extractor = open_extractor(stock_pilot.tflite)
    salient = visual_back_prop(extractor.layers, means_of(extractor(frame)), (120, 160))
    near = np.zeros((120, 160), bool)
    near[max(0, row - 4) : row + 10, max(0, column - 4) : column + 10] = True
    assert not salient[~near].any()
    assert salient[row : row + 6, column : column + 6].max() == salient.max() > 0
    assert salient.min() == 0


def test_in_the_dark_nothing_is_salient() -> None:
    layers = stock_layers((58, 78, 24), (27, 37, 32))
    means = [np.zeros((58, 78), np.float32), np.zeros((27, 37), np.float32)]
    salient = visual_back_prop(layers, means, (120, 160))
    assert salient.shape == (120, 160)
    assert not salient.any()
    assert not to_range(salient, 252).any()


def test_products_of_many_faint_layers_stay_apart_from_nothing() -> None:
    sizes = [(58, 78, 2), (27, 37, 2), (12, 17, 2), (10, 15, 2), (8, 13, 2)]
    maps = [np.full(size, 1e-15, np.float32) for size in sizes]
    maps[0][20:30, 30:40] = 3e-15
    salient = from_0_to_1(visual_back_prop(stock_layers(*sizes), means_of(maps), (120, 160)))
    # Clear of the border, three times as much.
    assert salient[50, 70] / salient[50, 40] == pytest.approx(3.0, rel=0.05)


def test_a_stack_with_branches_is_refused() -> None:
    layer = LayerInfo("conv2d_1", "Conv2D", 4, 4, 1)
    assert not is_sequential([layer])
    assert not is_sequential([])
    with pytest.raises(ValueError, match="sequential"):
        visual_back_prop([layer], [np.zeros((4, 4), np.float32)], (8, 8))


@settings(deadline=None, max_examples=100)
@given(
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    offset=st.tuples(st.integers(-4, 4), st.integers(-4, 4)),
    values_hw=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_handing_back_is_the_transposed_convolution_of_ones(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    offset: tuple[int, int],
    values_hw: tuple[int, int],
    size: tuple[int, int],
) -> None:
    values = np.arange(1, 1 + values_hw[0] * values_hw[1], dtype=np.float32).reshape(values_hw)
    handed = hand_back(values, Window(kernel, stride, offset), size)
    expected = transposed_convolution_of_ones(values, kernel, stride, offset, size)
    np.testing.assert_allclose(handed, expected, rtol=1e-5)


@settings(deadline=None, max_examples=80)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
        elements=st.floats(-1000, 1000, width=32),
    ),
    st.sampled_from([1, 100, 252, 255]),
)
def test_a_plane_is_scaled_from_its_least_value_to_its_largest(
    plane: np.ndarray, highest: int
) -> None:
    before = plane.copy()
    scaled = to_range(plane, highest)
    assert (scaled.dtype, scaled.shape) == (np.uint8, plane.shape)
    np.testing.assert_array_equal(plane, before)
    if plane.min() == plane.max():
        assert not scaled.any()
    elif np.ptp(plane) > 0.1:
        assert np.abs(scaled - from_0_to_1(plane) * highest).max() <= 0.6
        assert (scaled[plane == plane.min()] == 0).all()
        assert (scaled[plane == plane.max()] == highest).all()


@pytest.mark.parametrize("value", [0.0, 1e-30, 1.0, -3.0, 1e30])
def test_a_flat_plane_is_all_zero(value: float) -> None:
    assert not to_range(np.full((5, 7), value, np.float32), 252).any()


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6, 1e30])
def test_only_the_ratios_in_a_plane_count(size: float) -> None:
    plane = np.array([[0, 1, 2], [3, 3.5, 4]], np.float32) * np.float32(size)
    assert to_range(plane, 252).tolist() == [[0, 63, 126], [189, 220, 252]]
