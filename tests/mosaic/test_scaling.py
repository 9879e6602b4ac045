"""From values to levels: against numpy in float64."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.mosaic.colours import LEVELS
from donkey_activations.mosaic.scaling import Measured, each_to_levels, measure, to_levels

LAST = LEVELS - 1
FLOAT32_MAX = float(np.finfo(np.float32).max)

UNTOUCHED = 255  # no level

shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
any_maps = hnp.arrays(np.float32, shapes, elements=st.floats(width=32))
# Every float32 there is: both zeros, denormals, infinity, and NaN of every kind.
any_bits = hnp.arrays(
    np.uint32,
    shapes,
    elements=st.one_of(
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**31 - 1),
        st.sampled_from(
            [0, 1, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000,
             0x80000000, 0x80000001, 0xFF7FFFFF, 0xFF800000, 0xFF800001, 0xFFC00000, 0xFFFFFFFF]
        ),
    ),
).map(lambda bits: bits.view(np.float32))  # fmt: skip
positive_maps = hnp.arrays(
    np.float32, shapes, elements=st.floats(0, width=32, allow_nan=False, allow_infinity=False)
)
finite_maps = hnp.arrays(
    np.float32,
    shapes,
    elements=st.one_of(
        st.floats(width=32, allow_nan=False, allow_infinity=False),
        st.floats(-8, 8, width=32),
    ),
)
# The mean of many of the largest float32 would be rounded to infinity.
summable_maps = hnp.arrays(np.float32, shapes, elements=st.floats(-(2.0**127), 2.0**127, width=32))
tame_maps = hnp.arrays(np.float32, shapes, elements=st.floats(-1000, 1000, width=32))
ordinary_tops = st.floats(1e-20, 1e20)


def reference(maps: np.ndarray, low: float, high: float) -> np.ndarray:
    """Levels before rounding, in float64, which also holds the range of any two float32."""
    share = (maps.astype(np.float64) - low) / (high - low)
    return np.clip(share, 0, 1) * LAST


def written(
    shape: tuple[int, ...],
    write: Callable[[np.ndarray], None],
    margins: tuple[int, int, int, int] = (1, 2, 3, 1),
) -> np.ndarray:
    """What is written into a view, which lies in a larger array of which nothing else changes."""
    top, left, bottom, right = margins
    height, width, filters = shape
    whole = np.full((top + height + bottom, left + width + right, filters), UNTOUCHED, np.uint8)
    view = whole[top : top + height, left : left + width]
    write(view)
    levels = view.copy()
    view[:] = UNTOUCHED
    assert (whole == UNTOUCHED).all()
    return levels


def levels_of(maps: np.ndarray, low: float, high: float) -> np.ndarray:
    measured = measure(maps)
    return written(maps.shape, lambda levels: to_levels(measured, low, high, levels))


def each_levels_of(maps: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    measured = measure(maps)
    return written(maps.shape, lambda levels: each_to_levels(measured, lows, highs, levels))


def assert_is_numpys_mean(mean: np.ndarray, numbers: np.ndarray) -> None:
    filters = numbers.shape[2]
    expected = np.abs(numbers.astype(np.float64)).mean(axis=2)
    assert (mean.dtype, mean.shape) == (np.float32, expected.shape)
    # A rounding for each filter; of denormals, by the smallest one.
    np.testing.assert_allclose(mean, expected, rtol=filters * 2.0**-22, atol=filters * 2.0**-149)


def assert_never_falls_where_the_value_rises(values: np.ndarray, levels: np.ndarray) -> None:
    rising = levels.ravel()[np.argsort(values, axis=None, kind="stable")].astype(int)
    assert (np.diff(rising) >= 0).all()


@settings(max_examples=200, deadline=None)
@given(st.one_of(any_maps, any_bits, positive_maps))
def test_extremes_are_those_of_numpy_filter_by_filter(maps: np.ndarray) -> None:
    before = maps.copy()
    measured = measure(maps)
    numbers = measured.maps
    assert measured.replaced == (not np.isfinite(maps).all())
    assert numbers.dtype == measured.low.dtype == measured.high.dtype == np.float32
    assert numbers.flags.c_contiguous
    assert np.isfinite(numbers).all()
    lowest = [min(0.0, *numbers[:, :, n].ravel().tolist()) for n in range(maps.shape[2])]
    highest = [max(0.0, *numbers[:, :, n].ravel().tolist()) for n in range(maps.shape[2])]
    assert measured.low.tolist() == lowest
    assert measured.high.tolist() == highest
    assert measured.signed == (min(lowest) < 0)
    peaks = [max(-low, high) for low, high in zip(lowest, highest, strict=True)]
    assert measured.magnitudes().tolist() == peaks
    assert maps.tobytes() == before.tobytes()


@settings(max_examples=150, deadline=None)
@given(st.one_of(summable_maps, summable_maps.map(np.abs), tame_maps))
def test_the_mean_distance_from_zero_is_that_of_numpy_cell_by_cell(maps: np.ndarray) -> None:
    assert_is_numpys_mean(measure(maps).mean_magnitude, maps)


@pytest.mark.parametrize("shape", [(58, 78, 24), (480, 640, 1), (1, 700, 512), (700, 1, 64)])
@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_maps_of_a_real_size_are_measured_as_numpy_does(
    shape: tuple[int, int, int], bad: bool, signed: bool
) -> None:
    random = np.random.default_rng(0)
    maps = random.random(shape, np.float32)
    maps[maps < 0.3] = 0
    maps[random.integers(shape[0]), 0, shape[2] // 2] = -3.0 if signed else 3.0
    maps[-1, -1, -1] = -7.0 if signed else 7.0
    if bad:
        maps[shape[0] // 2, shape[1] // 2, 0] = np.nan
    measured = measure(maps)
    expected = np.where(np.isnan(maps), np.float32(0), maps)
    assert (measured.replaced, measured.signed) == (bad, signed)
    np.testing.assert_array_equal(measured.maps, expected)
    np.testing.assert_array_equal(measured.low, expected.min(axis=(0, 1), initial=0))
    np.testing.assert_array_equal(measured.high, expected.max(axis=(0, 1), initial=0))
    assert_is_numpys_mean(measured.mean_magnitude, expected)


@settings(max_examples=150, deadline=None)
@given(st.one_of(any_maps, any_bits))
def test_what_is_no_number_becomes_zero_or_the_layers_own_extreme(maps: np.ndarray) -> None:
    finite = [value for value in maps.ravel().tolist() if np.isfinite(value)]
    stand_ins = {np.inf: max([0.0, *finite]), -np.inf: min([0.0, *finite])}
    expected = [
        0.0 if np.isnan(value) else stand_ins.get(value, value) for value in maps.ravel().tolist()
    ]
    assert measure(maps).maps.ravel().tolist() == expected


@pytest.mark.parametrize("rest", [1.0, -2.0])
@pytest.mark.parametrize("bits", [0x7FC00000, 0x7F800001, 0xFFC00000, 0xFF800001, 0xFFFFFFFF])
def test_every_kind_of_nan_is_zero_among_values_of_either_sign(bits: int, rest: float) -> None:
    nan = np.array([bits], np.uint32).view(np.float32)
    maps = np.full((2, 2, 3), rest, np.float32)
    maps[1, 0, 1:2] = nan
    measured = measure(maps)
    assert measured.replaced
    assert measured.maps[1, 0].tolist() == [rest, 0.0, rest]
    assert measured.low.tolist() == [min(rest, 0)] * 3
    assert measured.high.tolist() == [max(rest, 0)] * 3
    assert measured.signed == (rest < 0)
    assert measured.mean_magnitude.tolist() == [
        [pytest.approx(abs(rest))] * 2,
        [pytest.approx(abs(rest) * 2 / 3), pytest.approx(abs(rest))],
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_value_in_a_layer_is_told_and_leaves_the_other_values_as_they_are(
    bad: float,
) -> None:
    maps = np.array([[[1.0, -2.0], [bad, 4.0]]], np.float32)
    measured = measure(maps)
    assert measured.replaced
    expected = {np.inf: 4.0, -np.inf: -2.0}.get(bad, 0.0)
    assert measured.maps.ravel().tolist() == [1.0, -2.0, expected, 4.0]
    assert measured.high.tolist() == [max(1.0, expected), 4.0]
    assert measured.low.tolist() == [min(0.0, expected), -2.0]
    assert measured.mean_magnitude.tolist() == [[1.5, (abs(expected) + 4) / 2]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_layer_without_any_number_is_all_zero(bad: float) -> None:
    measured = measure(np.full((2, 3, 4), bad, np.float32))
    assert measured.replaced
    assert not measured.maps.any()
    assert not measured.magnitudes().any()
    assert not measured.mean_magnitude.any()
    assert not measured.signed


@pytest.mark.parametrize(
    ("values", "low", "high", "mean"),
    [
        ([-0.0, -0.0], 0.0, 0.0, 0.0),
        ([0.0, -0.0], 0.0, 0.0, 0.0),
        ([-0.0, 3.0], 0.0, 3.0, 1.5),
        ([-0.0, -3.0], -3.0, 0.0, 1.5),
        ([0.0, 2.0**-148], 0.0, 2.0**-148, 2.0**-149),
        ([0.0, -(2.0**-148)], -(2.0**-148), 0.0, 2.0**-149),
        ([2.0**-149, 2.0**-126], 0.0, 2.0**-126, 2.0**-127),
        ([FLOAT32_MAX, 0.0], 0.0, FLOAT32_MAX, FLOAT32_MAX / 2),
        ([-FLOAT32_MAX, FLOAT32_MAX], -FLOAT32_MAX, FLOAT32_MAX, FLOAT32_MAX),
        ([1.0, -(2.0**-149)], -(2.0**-149), 1.0, 0.5),
    ],
)
def test_zeros_of_both_signs_and_the_smallest_and_largest_numbers_are_measured(
    values: list[float], low: float, high: float, mean: float
) -> None:
    in_filters = np.array([[values]], np.float32)
    in_cells = in_filters.reshape(1, 2, 1)
    for maps in (in_cells, in_filters, in_cells.swapaxes(0, 1)):
        measured = measure(maps)
        assert (measured.low.min(), measured.high.max()) == (low, high)
        assert measured.signed == (low < 0)
        assert not measured.replaced
        assert measured.maps.tobytes() == maps.tobytes()
    assert measure(in_filters).mean_magnitude.item() == pytest.approx(mean, rel=1e-6, abs=2e-45)
    np.testing.assert_array_equal(measure(in_cells).mean_magnitude, np.abs(in_cells[:, :, 0]))


@pytest.mark.parametrize("first", [-12, 0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_views_and_other_floats_are_taken_as_well(dtype: type, first: int) -> None:
    whole = np.arange(first, first + 24, dtype=dtype).reshape(2, 3, 4)
    before = whole.copy()
    for view in (whole[::-1, ::2, 1::2], whole.transpose(1, 0, 2), whole.transpose(2, 1, 0)):
        measured = measure(view)
        assert measured.maps.flags.c_contiguous
        assert (measured.maps.dtype, measured.replaced) == (np.float32, False)
        assert measured.maps.tolist() == view.tolist()
        assert measured.low.tolist() == view.min(axis=(0, 1), initial=0).tolist()
        assert measured.high.tolist() == view.max(axis=(0, 1), initial=0).tolist()
        assert_is_numpys_mean(measured.mean_magnitude, view)
        assert np.abs(levels_of(view, -12, 24) - reference(view, -12, 24)).max() <= 1
    np.testing.assert_array_equal(whole, before)


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
    ("low", "high", "level"),
    [
        (0.0, 0.0, 0),
        (3.0, 3.0, 0),
        (2.0, 1.0, 0),
        (-0.0, 0.0, 0),
        (0.0, 1e-31, 0),
        (1.0, 1.0 + 1e-12, 0),
        (16777216.1, 16777216.4, 0),
        (-1e-31, 1e-31, LAST // 2),
        (-3.0, -3.0, LAST // 2),
        (-1.0, -2.0, LAST // 2),
        (-1.0 - 1e-12, -1.0, LAST // 2),
    ],
)
def test_without_a_range_all_is_of_one_level_the_middle_one_if_values_are_below_0(
    low: float, high: float, level: int
) -> None:
    maps = np.array([[[-1.0, 0.0, 3.0, FLOAT32_MAX]]], np.float32)
    assert levels_of(maps, low, high).tolist() == [[[level] * 4]]


@settings(max_examples=80, deadline=None)
@given(finite_maps, st.tuples(*[st.integers(0, 3)] * 4), st.floats(0.1, 100), st.data())
def test_nothing_but_the_view_is_written_into_and_the_maps_stay_as_they_are(
    maps: np.ndarray, margins: tuple[int, int, int, int], top: float, data: st.DataObject
) -> None:
    measured = measure(maps)
    before = (
        [part.copy() for part in (measured.maps, measured.low, measured.high)],
        measured.mean_magnitude.copy(),
    )
    low = data.draw(st.sampled_from([-top, 0.0, -2 * top, top / 2, top]))
    levels = written(maps.shape, lambda view: to_levels(measured, low, top, view), margins)
    alone = np.full(maps.shape, UNTOUCHED, np.uint8)
    to_levels(measured, low, top, alone)
    np.testing.assert_array_equal(levels, alone)
    lows, highs = (np.full(maps.shape[2], limit, np.float32) for limit in (low, top))
    each = written(maps.shape, lambda view: each_to_levels(measured, lows, highs, view), margins)
    each_to_levels(measured, lows, highs, alone)
    np.testing.assert_array_equal(each, alone)
    assert max(levels.max(), each.max()) < LEVELS
    for part, same in zip((measured.maps, measured.low, measured.high), before[0], strict=True):
        np.testing.assert_array_equal(part, same)
    np.testing.assert_array_equal(measured.mean_magnitude, before[1])


@pytest.mark.parametrize("size", [(58, 78, 24), (1, 300, 512), (300, 1, 64), (120, 160, 1)])
def test_maps_of_a_real_size_fill_their_part_of_a_larger_array(size: tuple[int, int, int]) -> None:
    maps = np.random.default_rng(0).normal(size=size).astype(np.float32)
    levels = levels_of(maps, -2.0, 2.0)
    assert np.abs(levels - reference(maps, -2.0, 2.0)).max() <= 0.51
    limits = np.linspace(1.0, 3.0, size[2], dtype=np.float32)
    levels = each_levels_of(maps, -limits, limits)
    for n, limit in enumerate(limits.tolist()):
        assert np.abs(levels[:, :, n] - reference(maps[:, :, n], -limit, limit)).max() <= 0.51


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
    measured = measure(maps)
    top = float(measured.magnitudes().max())
    low = -top if measured.signed else 0.0
    levels = levels_of(maps, low, top)
    assert levels.max() < LEVELS
    assert_never_falls_where_the_value_rises(maps, levels)
    if top > 1e-29:
        assert (levels[maps == top] == LAST).all()
        assert (levels[maps == low] == 0).all()
        if measured.signed:
            assert (levels[maps == 0] == LAST // 2).all()
    else:
        # Nothing there that has a range; what is 0 still has the colour of 0.
        assert (levels[maps == 0] == (LAST // 2 if measured.signed else 0)).all()


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


@settings(max_examples=200, deadline=None)
@given(
    st.floats(-1e30, 1e30) | st.floats(-1e4, 1e4) | st.floats(1e4, 1e8),
    st.floats(0.1, 1e30) | st.floats(0.1, 4),
    st.lists(st.floats(-1, 2), min_size=1, max_size=20),
)
def test_limits_in_full_precision_never_make_a_level_behind_the_last(
    low: float, above: float, shares: list[float]
) -> None:
    high = low + above
    values = [low, high, *(low + share * above for share in shares)]
    maps = np.array(values, np.float32).reshape(-1, 1, 1)
    levels = levels_of(maps, low, high)
    assert levels.max() <= LAST
    assert_never_falls_where_the_value_rises(maps, levels)
    low32, high32 = float(np.float32(low)), float(np.float32(high))
    if high32 - low32 >= 1e-30:
        assert np.abs(levels - reference(maps, low32, high32)).max() <= 1
        assert levels[0] == 0
        assert levels[1] == LAST
    else:
        assert set(levels.ravel().tolist()) == {LAST // 2 if low < 0 else 0}


@settings(max_examples=80, deadline=None)
@given(finite_maps)
def test_each_filter_is_scaled_to_limits_of_its_own(maps: np.ndarray) -> None:
    before = maps.copy()
    tops = measure(maps).magnitudes()
    for lows in (np.zeros_like(tops), -tops):
        levels = each_levels_of(maps, lows, tops)
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


def test_a_filter_without_a_range_is_of_one_level_beside_others() -> None:
    maps = np.array([[[0.0, 1.0, 7.0, 9.0, 0.0], [0.0, 4.0, -1.0, -9.0, 1e-35]]], np.float32)
    lows = np.array([0, 0, 3, -3, -1e-31], np.float32)
    highs = np.array([0, 4, 3, -3, 1e-31], np.float32)
    expected = [[[0, 63, 0, 126, 126], [0, 252, 0, 126, 126]]]
    assert each_levels_of(maps, lows, highs).tolist() == expected


@pytest.mark.filterwarnings("error")
def test_the_largest_values_of_both_signs_are_scaled_filter_by_filter() -> None:
    maps = np.array([[[-3e38, 1.0], [0.0, -1.0], [3e38, 0.0], [1.5e38, 0.5]]], np.float32)
    tops = np.array([3e38, 1.0], np.float32)
    expected = [[[0, 252], [126, 0], [252, 126], [189, 189]]]
    assert each_levels_of(maps, -tops, tops).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(tame_maps, st.floats(0.5, 500))
def test_equal_limits_for_each_filter_make_the_levels_of_the_layers_limits_within_one(
    maps: np.ndarray, top: float
) -> None:
    filters = maps.shape[2]
    lows, highs = np.full(filters, -top, np.float32), np.full(filters, top, np.float32)
    each = each_levels_of(maps, lows, highs)
    assert np.abs(each - reference(maps, -top, top)).max() <= 1


def test_what_was_measured_tells_distances_from_zero() -> None:
    maps = np.zeros((1, 1, 3), np.float32)
    mean = np.zeros((1, 1), np.float32)
    low, high = np.array([-3, 0, -1], np.float32), np.array([2, 0, 5], np.float32)
    measured = Measured(maps, low, high, mean)
    assert measured.magnitudes().tolist() == [3, 0, 5]
    assert measured.signed
    assert not measured.replaced
    assert not Measured(maps, np.zeros(3, np.float32), np.ones(3, np.float32), mean).signed
