"""The choice of telling filters: against regressions by numpy's least squares."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.representative_filters import representative_filters


def told(frames: list[np.ndarray], per_layer: int) -> tuple[int, ...]:
    height, width, filters = frames[0].shape
    layer = LayerInfo("conv2d_1", "Conv2D", height, width, filters)
    extractor = SimpleNamespace(layers=(layer,))
    return representative_filters(extractor, ([maps] for maps in frames), per_layer)["conv2d_1"]


def unexplained(values: np.ndarray, number: int, before: tuple[int, ...]) -> float:
    """The variance of a filter that no line through those before it explains."""
    known = np.column_stack([np.ones(len(values)), values[:, list(before)]])
    weights = np.linalg.lstsq(known, values[:, number], rcond=None)[0]
    return float(((values[:, number] - known @ weights) ** 2).mean())


samples = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.integers(2, 4), st.integers(2, 4), st.integers(1, 6)),
    elements=st.integers(-9, 9).map(float),
)


@settings(max_examples=120, deadline=None)
@given(samples, st.integers(1, 8))
def test_each_filter_has_the_most_variance_that_those_before_it_do_not_explain(
    sample: np.ndarray, per_layer: int
) -> None:
    values = sample.reshape(-1, sample.shape[3]).astype(np.float64)
    chosen = told(list(sample), per_layer)
    assert len(set(chosen)) == len(chosen) == min(per_layer, values.shape[1])
    for place, number in enumerate(chosen):
        before = chosen[:place]
        others = set(range(values.shape[1])) - set(before)
        most = max(unexplained(values, other, before) for other in others)
        assert unexplained(values, number, before) == pytest.approx(most, abs=1e-6)


def test_a_copy_and_a_brighter_copy_of_a_filter_come_behind_what_is_new() -> None:
    picture, edge = np.random.default_rng(1).random((2, 30, 40))
    maps = np.dstack([picture, 4 * picture + 1, picture, 0.1 * edge, np.zeros((30, 40))])
    assert told([maps.astype(np.float32)], 5) == (1, 3, 0, 2, 4)


def test_a_filter_that_is_bright_everywhere_tells_less_than_one_that_varies() -> None:
    maps = np.zeros((8, 10, 3), np.float32)
    maps[:, :, 0] = 100.0
    maps[:, 5:, 2] = 0.5
    assert told([maps], 3) == (2, 0, 1)


def test_what_varies_only_from_frame_to_frame_counts() -> None:
    dark, bright = np.zeros((2, 4, 5, 2), np.float32)
    dark[0, 0, 0] = bright[0, 0, 0] = 1.0
    bright[:, :, 1] = 3.0
    assert told([dark, bright], 1) == (1,)
    assert told([dark], 1) == (0,)


def test_each_layer_has_filters_of_its_own() -> None:
    layers = (LayerInfo("a", "Conv2D", 2, 2, 3), LayerInfo("b", "Conv2D", 1, 2, 2))
    first, second = np.zeros((2, 2, 3), np.float32), np.zeros((1, 2, 2), np.float32)
    first[0, 0, 2], second[0, 0, 1] = 1, 1
    extractor = SimpleNamespace(layers=layers)
    assert representative_filters(extractor, [(first, second)], 2) == {"a": (2, 0), "b": (1, 0)}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_tells_nothing_and_the_maps_stay_as_they_are(bad: float) -> None:
    maps = np.zeros((3, 4, 3), np.float32)
    maps[0, 0, 0] = bad
    maps[1, 1, 2] = 2.0
    before = maps.copy()
    assert told([maps], 1) == (2,)
    np.testing.assert_array_equal(maps, before)


def test_without_a_frame_nothing_is_chosen() -> None:
    extractor = SimpleNamespace(layers=(LayerInfo("a", "Conv2D", 2, 2, 3),))
    with pytest.raises(FrameError, match="one frame or more"):
        representative_filters(extractor, [], 4)
