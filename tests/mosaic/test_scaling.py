"""From values to levels: against numpy in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.mosaic.colours import LEVELS
from donkey_activations.mosaic.scaling import Extremes, each_to_levels, only_numbers, to_levels

LAST = LEVELS - 1
FLOAT32_MAX = float(np.finfo(np.float32).max)

shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
any_maps = hnp.arrays(np.float32, shapes, elements=st.floats(width=32))
finite_maps = hnp.arrays(
    np.float32,
    shapes,
    elements=st.one_of(
        st.floats(width=32, allow_nan=False, allow_infinity=False),
        st.floats(-8, 8, width=32),
    ),
)
tame_maps = hnp.arrays(np.float32, shapes, elements=st.floats(-1000, 1000, width=32))
ordinary_tops = st.floats(1e-20, 1e20)


def reference(maps: np.ndarray, low: float, high: float) -> np.ndarray:
    """Levels before rounding, in float64, which also holds the range of any two float32."""
    share = (maps.astype(np.float64) - low) / (high - low)
    return np.clip(share, 0, 1) * LAST


def levels_of(maps: np.ndarray, low: float, high: float) -> np.ndarray:
    numbers, extremes, _ = only_numbers(maps)
    return to_levels(numbers, extremes, low, high)


def assert_never_falls_where_the_value_rises(values: np.ndarray, levels: np.ndarray) -> None:
    rising = levels.ravel()[np.argsort(values, axis=None, kind="stable")].astype(int)
    assert (np.diff(rising) >= 0).all()


@settings(max_examples=80, deadline=None)
@given(any_maps)
def test_extremes_are_those_of_numpy_filter_by_filter(maps: np.ndarray) -> None:
    before = maps.copy()
    numbers, extremes, replaced = only_numbers(maps)
    assert replaced == (not np.isfinite(maps).all())
    assert numbers.dtype == extremes.low.dtype == extremes.high.dtype == np.float32
    assert numbers.flags.c_contiguous
    lowest = [min(0.0, *numbers[:, :, n].ravel().tolist()) for n in range(maps.shape[2])]
    highest = [max(0.0, *numbers[:, :, n].ravel().tolist()) for n in range(maps.shape[2])]
    assert extremes.low.tolist() == lowest
    assert extremes.high.tolist() == highest
    assert extremes.signed == (min(lowest) < 0)
    peaks = [max(-low, high) for low, high in zip(lowest, highest, strict=True)]
    assert extremes.magnitudes().tolist() == peaks
    np.testing.assert_array_equal(maps, before)


@pytest.mark.parametrize("shape", [(58, 78, 24), (480, 640, 1), (1, 700, 512), (700, 1, 64)])
@pytest.mark.parametrize("bad", [False, True])
def test_extremes_of_maps_of_a_real_size_are_those_of_numpy(
    shape: tuple[int, int, int], bad: bool
) -> None:
    random = np.random.default_rng(0)
    maps = random.random(shape, np.float32)
    maps[random.integers(shape[0]), 0, shape[2] // 2] = -3.0
    maps[-1, -1, -1] = -7.0
    if bad:
        maps[shape[0] // 2, shape[1] // 2, 0] = np.nan
    numbers, extremes, replaced = only_numbers(maps)
    expected = np.where(np.isnan(maps), np.float32(0), maps)
    assert replaced == bad
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_array_equal(extremes.low, expected.min(axis=(0, 1), initial=0))
    np.testing.assert_array_equal(extremes.high, expected.max(axis=(0, 1), initial=0))


@settings(max_examples=80, deadline=None)
@given(any_maps)
def test_what_is_no_number_becomes_zero_or_the_layers_own_extreme(maps: np.ndarray) -> None:
    numbers, _, _ = only_numbers(maps)
    finite = [value for value in maps.ravel().tolist() if np.isfinite(value)]
    stand_ins = {np.inf: max([0.0, *finite]), -np.inf: min([0.0, *finite])}
    expected = [
        0.0 if np.isnan(value) else stand_ins.get(value, value) for value in maps.ravel().tolist()
    ]
    assert numbers.ravel().tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_value_in_a_layer_is_told_and_leaves_the_other_values_as_they_are(
    bad: float,
) -> None:
    maps = np.array([[[1.0, -2.0], [bad, 4.0]]], np.float32)
    numbers, extremes, replaced = only_numbers(maps)
    assert replaced
    expected = {np.inf: 4.0, -np.inf: -2.0}.get(bad, 0.0)
    assert numbers.ravel().tolist() == [1.0, -2.0, expected, 4.0]
    assert extremes.high.tolist() == [max(1.0, expected), 4.0]
    assert extremes.low.tolist() == [min(0.0, expected), -2.0]


def test_a_layer_without_any_number_is_all_zero() -> None:
    numbers, extremes, replaced = only_numbers(np.full((2, 3, 4), np.nan, np.float32))
    assert replaced
    assert not numbers.any()
    assert not extremes.magnitudes().any()
    assert not extremes.signed


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_views_and_other_floats_are_taken_as_well(dtype: type) -> None:
    whole = np.arange(-12, 12, dtype=dtype).reshape(2, 3, 4)
    view = whole[::-1, ::2, 1::2]
    numbers, extremes, replaced = only_numbers(view)
    assert numbers.flags.c_contiguous
    assert (numbers.dtype, replaced) == (np.float32, False)
    assert numbers.tolist() == view.tolist()
    assert extremes.low.tolist() == view.min(axis=(0, 1), initial=0).tolist()
    assert extremes.high.tolist() == view.max(axis=(0, 1), initial=0).tolist()
    assert to_levels(numbers, extremes, -12, 12).shape == view.shape


@pytest.mark.parametrize(
    ("low", "high", "levels"),
    [
        (0.0, 2.0, {-3.0: 0, 0.0: 0, 0.5: 63, 1.0: 126, 2.0: 252, 9.0: 252}),
        (-2.0, 2.0, {-3.0: 0, -2.0: 0, -1.0: 63, 0.0: 126, 1.0: 189, 2.0: 252}),
        (-6.0, -2.0, {-9.0: 0, -6.0: 0, -5.0: 63, -4.0: 126, -2.0: 252, 0.0: 252, 5.0: 252}),
        (4.0, 8.0, {-1.0: 0, 0.0: 0, 4.0: 0, 5.0: 63, 8.0: 252, 1e30: 252}),
        (-FLOAT32_MAX, FLOAT32_MAX, {-FLOAT32_MAX: 0, 0.0: 126, FLOAT32_MAX: 252}),
        (0.0, FLOAT32_MAX, {-FLOAT32_MAX: 0, 1.0: 0, FLOAT32_MAX / 2: 126, FLOAT32_MAX: 252}),
        (0.0, 4e-30, {0.0: 0, 1e-30: 63, 2e-30: 126, 4e-30: 252, 1.0: 252}),
        (0.0, 1e300, {0.0: 0, FLOAT32_MAX: 0}),
    ],
)
def test_limits_are_the_first_and_the_last_level_and_the_rest_is_in_between(
    low: float, high: float, levels: dict[float, int]
) -> None:
    maps = np.array([[list(levels)]], np.float32)
    assert levels_of(maps, low, high).ravel().tolist() == list(levels.values())


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 0.0), (3.0, 3.0), (2.0, 1.0), (-0.0, 0.0), (0.0, 1e-31)]
)
def test_without_a_range_all_is_level_0(low: float, high: float) -> None:
    maps = np.array([[[-1.0, 0.0, 3.0, FLOAT32_MAX]]], np.float32)
    assert levels_of(maps, low, high).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize("value", [0.0, 5.0, FLOAT32_MAX])
def test_a_constant_layer_is_of_one_level(value: float) -> None:
    maps = np.full((4, 3, 2), value, np.float32)
    expected = LAST if value else 0
    assert levels_of(maps, 0.0, value).tolist() == np.full(maps.shape, expected).tolist()


@settings(max_examples=80, deadline=None)
@given(finite_maps, ordinary_tops, st.booleans())
def test_levels_are_those_of_float64_within_one(maps: np.ndarray, top: float, signed: bool) -> None:
    before = maps.copy()
    low = -top if signed else 0.0
    levels = levels_of(maps, low, top)
    assert (levels.dtype, levels.shape) == (np.uint8, maps.shape)
    assert np.abs(levels - reference(maps, low, top)).max() <= 1
    np.testing.assert_array_equal(maps, before)


@settings(max_examples=80, deadline=None)
@given(finite_maps)
def test_a_layers_own_limits_hit_the_first_and_the_last_level(maps: np.ndarray) -> None:
    numbers, extremes, _ = only_numbers(maps)
    top = float(extremes.magnitudes().max())
    low = -top if extremes.signed else 0.0
    levels = to_levels(numbers, extremes, low, top)
    assert levels.max() < LEVELS
    assert_never_falls_where_the_value_rises(maps, levels)
    if top > 1e-29:
        assert (levels[maps == top] == LAST).all()
        assert (levels[maps == low] == 0).all()
        if extremes.signed:
            assert (levels[maps == 0] == LAST // 2).all()


@settings(max_examples=80, deadline=None)
@given(tame_maps, st.floats(-1000, 1000), st.floats(0.1, 2000))
def test_fixed_limits_scale_as_float64_does_and_keep_the_order(
    maps: np.ndarray, low: float, above: float
) -> None:
    levels = levels_of(maps, low, low + above)
    assert np.abs(levels - reference(maps, low, low + above)).max() <= 1
    assert levels.max() < LEVELS
    assert_never_falls_where_the_value_rises(maps, levels)
    assert (levels[maps <= low] == 0).all()
    assert (levels[maps >= low + above] == LAST).all()


@pytest.mark.parametrize(
    ("low", "high"),
    [(40000.125, 40001.25), (123456.703125, 123457.703125), (1000000.0625, 1000001.0)],
)
def test_limits_close_together_and_far_from_zero_hold_as_well(low: float, high: float) -> None:
    maps = np.linspace(low - 0.2, high + 0.2, 200).astype(np.float32).reshape(10, 4, 5)
    levels = levels_of(maps, low, high)
    assert levels.max() < LEVELS
    assert_never_falls_where_the_value_rises(maps, levels)
    assert (levels[maps <= low] == 0).all()
    assert (levels[maps >= high] == LAST).all()
    assert np.abs(levels - reference(maps, low, high)).max() <= 1


@pytest.mark.parametrize(
    ("low", "high"), [(40000.1, 40001.3), (1000000.03, 1000001.0), (16777216.3, 16777219.1)]
)
def test_limits_between_two_float32_make_no_level_behind_the_last(low: float, high: float) -> None:
    maps = np.linspace(low - 4, high + 4, 200).astype(np.float32).reshape(10, 4, 5)
    levels = levels_of(maps, low, high)
    assert levels.max() == LAST
    assert levels.min() == 0
    assert_never_falls_where_the_value_rises(maps, levels)


@settings(max_examples=80, deadline=None)
@given(finite_maps)
def test_each_filter_is_scaled_to_limits_of_its_own(maps: np.ndarray) -> None:
    before = maps.copy()
    _, extremes, _ = only_numbers(maps)
    tops = extremes.magnitudes()
    for lows in (np.zeros_like(tops), -tops):
        levels = each_to_levels(maps, lows, tops)
        assert (levels.dtype, levels.shape) == (np.uint8, maps.shape)
        assert levels.max() < LEVELS
        for n, (low, top) in enumerate(zip(lows.tolist(), tops.tolist(), strict=True)):
            own, own_levels = maps[:, :, n], levels[:, :, n]
            assert_never_falls_where_the_value_rises(own, own_levels)
            if top <= 1e-29:
                continue
            assert np.abs(own_levels - reference(own, low, top)).max() <= 1
            assert (own_levels[own == top] == LAST).all()
            assert (own_levels[own == low] == 0).all()
    np.testing.assert_array_equal(maps, before)


def test_a_filter_without_a_range_is_of_level_0_beside_others() -> None:
    maps = np.array([[[0.0, 1.0, 7.0], [0.0, 4.0, -1.0]]], np.float32)
    lows, highs = np.array([0, 0, 3], np.float32), np.array([0, 4, 3], np.float32)
    assert each_to_levels(maps, lows, highs).tolist() == [[[0, 63, 0], [0, 252, 0]]]


@pytest.mark.filterwarnings("error")
def test_the_largest_values_of_both_signs_are_scaled_filter_by_filter() -> None:
    maps = np.array([[[-3e38, 1.0], [0.0, -1.0], [3e38, 0.0], [1.5e38, 0.5]]], np.float32)
    tops = np.array([3e38, 1.0], np.float32)
    expected = [[[0, 252], [126, 0], [252, 126], [189, 189]]]
    assert each_to_levels(maps, -tops, tops).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(tame_maps, st.floats(0.5, 500))
def test_equal_limits_for_each_filter_make_the_levels_of_the_layers_limits_within_one(
    maps: np.ndarray, top: float
) -> None:
    filters = maps.shape[2]
    lows, highs = np.full(filters, -top, np.float32), np.full(filters, top, np.float32)
    each = each_to_levels(maps, lows, highs)
    assert np.abs(each - reference(maps, -top, top)).max() <= 1


def test_extremes_tell_distances_from_zero() -> None:
    extremes = Extremes(np.array([-3, 0, -1], np.float32), np.array([2, 0, 5], np.float32))
    assert extremes.magnitudes().tolist() == [3, 0, 5]
    assert extremes.signed
    assert not Extremes(np.zeros(2, np.float32), np.ones(2, np.float32)).signed
