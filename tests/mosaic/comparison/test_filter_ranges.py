"""Ranges of single filters: against numpy's percentile of what was observed."""

import numpy as np
import pytest

from donkey_activations.mosaic.comparison.filter_ranges import FilterRanges


def test_a_range_is_the_percentile_of_peaks_at_the_resolution_where_that_is_largest() -> None:
    random = np.random.default_rng(3)
    coarse = random.random((20, 4, 5, 3), np.float32) * [1.0, 0.5, 0.3]
    fine = random.random((15, 8, 9, 3), np.float32) * [0.4, 0.9, 0.31]
    ranges = FilterRanges(2)
    for number, frames in enumerate((coarse, fine)):
        for maps in frames:
            ranges.observe(number, {"conv": maps.astype(np.float32)})
    peaks = [np.percentile(frames.max(axis=(1, 2)), 95, axis=0) for frames in (coarse, fine)]
    limits = ranges.limits()["conv"]
    np.testing.assert_allclose(limits.highs, np.maximum(*peaks), rtol=1e-6)
    assert limits.lows.tolist() == [0, 0, 0]
    assert (limits.lows.dtype, limits.highs.dtype) == (np.float32, np.float32)


def test_a_filter_that_hardly_fires_stays_dark() -> None:
    ranges = FilterRanges(1)
    ranges.observe(0, {"conv": np.array([[[5.0, 0.001, 0.0, 0.7]]], np.float32)})
    assert ranges.limits()["conv"].highs.tolist() == pytest.approx([5.0, 0.5, 0.5, 0.7])


def test_a_value_below_zero_anywhere_puts_zero_into_the_middle_for_its_layer() -> None:
    ranges = FilterRanges(2)
    maps = np.array([[[1.0, 2.0]]], np.float32)
    ranges.observe(0, {"signed": maps, "relu": maps})
    ranges.observe(1, {"signed": maps * [1, -2], "relu": maps})
    limits = ranges.limits()
    # Of the peaks at either resolution the larger one.
    assert limits["signed"].lows.tolist() == [-1.0, -4.0]
    assert limits["signed"].highs.tolist() == [1.0, 4.0]
    assert limits["relu"].lows.tolist() == [0.0, 0.0]


def test_what_is_no_number_does_not_count_and_maps_stay_as_they_are() -> None:
    maps = np.array([[[3.0, 1.0]], [[np.nan, np.inf]]], np.float32)
    before = maps.copy()
    ranges = FilterRanges(1)
    ranges.observe(0, {"conv": maps})
    assert ranges.limits()["conv"].highs[0] == 3.0
    assert np.isfinite(ranges.limits()["conv"].highs).all()
    np.testing.assert_array_equal(maps, before)


def test_before_any_frame_nothing_is_known_and_a_dead_layer_has_no_range() -> None:
    ranges = FilterRanges(2)
    assert ranges.limits() == {}
    ranges.observe(1, {"conv": np.zeros((2, 2, 3), np.float32)})
    assert ranges.limits()["conv"].highs.tolist() == [0, 0, 0]
