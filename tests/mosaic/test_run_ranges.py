"""Ranges over a run: against numpy's percentile of peaks that are known beforehand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.run_ranges import RunRanges

FIRST = LayerInfo("conv2d_1", "Conv2D", 2, 3, 4)
SECOND = LayerInfo("conv2d_2", "Conv2D", 1, 1, 2)

peaks_of_a_run = st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=60)


def maps_with_peak(layer: LayerInfo, peak: float, place: int = 0) -> np.ndarray:
    maps = np.zeros((layer.height, layer.width, layer.filters), np.float32)
    maps.flat[place % maps.size] = peak
    return maps


def observed(peaks: list[float], **options: int) -> float:
    ranges = RunRanges([FIRST], **options)
    for place, peak in enumerate(peaks):
        ranges.observe([maps_with_peak(FIRST, peak, place)])
    return ranges.tops()["conv2d_1"]


def test_before_any_frame_nothing_is_known() -> None:
    assert RunRanges([FIRST, SECOND]).tops() == {}
    assert RunRanges([]).tops() == {}


def test_of_a_hundred_and_one_frames_the_sixth_brightest_sets_the_range() -> None:
    peaks = np.random.default_rng(0).permutation(101).tolist()
    assert observed(peaks) == 95.0


def test_between_two_frames_the_range_is_interpolated() -> None:
    # 95 % of the way from the first of 11 to the last is half-way between the last two.
    assert observed([float(peak) for peak in range(11)]) == pytest.approx(9.5)
    assert observed([2.0, 4.0]) == pytest.approx(3.9)
    assert observed([7.0]) == 7.0


def test_one_glaring_frame_does_not_darken_all_the_others() -> None:
    assert observed([1.0] * 99 + [1e9]) == 1.0


@settings(max_examples=60, deadline=None)
@given(peaks_of_a_run)
def test_the_range_is_numpys_percentile_of_the_peaks(peaks: list[float]) -> None:
    assert observed(peaks) == pytest.approx(float(np.percentile(np.array(peaks), 95)))


@settings(max_examples=60, deadline=None)
@given(peaks_of_a_run, st.integers(1, 20))
def test_only_the_newest_frames_count(peaks: list[float], frames: int) -> None:
    newest = np.array(peaks)[-frames:]
    assert observed(peaks, frames=frames) == pytest.approx(float(np.percentile(newest, 95)))


def test_four_hundred_frames_count_by_default() -> None:
    assert observed([9.0] * 20 + [1.0] * 380) == pytest.approx(
        np.percentile([9.0] * 20 + [1.0] * 380, 95)
    )
    assert observed([9.0] * 400 + [1.0] * 400) == 1.0
    assert observed([9.0] * 400 + [1.0] * 379) == 9.0


def test_negative_values_count_by_their_distance_from_zero() -> None:
    maps = np.full((2, 3, 4), -1.0, np.float32)
    maps[1, 2, 3] = -8.0
    maps[0, 0, 0] = 5.0
    ranges = RunRanges([FIRST])
    ranges.observe([maps])
    assert ranges.tops() == {"conv2d_1": 8.0}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_count(bad: float) -> None:
    maps = maps_with_peak(FIRST, 3.0)
    maps[1, 1, 1] = bad
    before = maps.copy()
    ranges = RunRanges([FIRST])
    ranges.observe([maps])
    assert ranges.tops() == {"conv2d_1": 3.0}
    ranges.observe([np.full_like(maps, bad)])
    assert ranges.tops()["conv2d_1"] == pytest.approx(0.95 * 3.0)
    np.testing.assert_array_equal(maps, before)


def test_each_layer_has_a_range_of_its_own() -> None:
    ranges = RunRanges([FIRST, SECOND])
    for number in range(1, 22):
        ranges.observe([maps_with_peak(FIRST, number), maps_with_peak(SECOND, -10.0 * number)])
    assert ranges.tops() == pytest.approx({"conv2d_1": 20.0, "conv2d_2": 200.0})


def test_a_frame_that_is_changed_later_counts_as_it_was() -> None:
    maps = maps_with_peak(FIRST, 2.0)
    ranges = RunRanges([FIRST])
    ranges.observe([maps])
    maps[:] = 100.0
    assert ranges.tops() == {"conv2d_1": 2.0}


def test_maps_of_too_many_or_too_few_layers_are_refused() -> None:
    ranges = RunRanges([FIRST, SECOND])
    with pytest.raises(ValueError, match="zip"):
        ranges.observe([maps_with_peak(FIRST, 1.0)])


@settings(max_examples=40, deadline=None)
@given(peaks_of_a_run, st.integers(1, 4))
def test_parts_that_are_merged_in_any_order_are_the_whole(peaks: list[float], parts: int) -> None:
    split = [RunRanges([FIRST]) for _ in range(parts)]
    for place, peak in enumerate(peaks):
        split[place % parts].observe([maps_with_peak(FIRST, peak, place)])
    for order in (split, split[::-1]):
        merged = RunRanges([FIRST])
        for part in order:
            merged.merge(part)
        assert merged.tops()["conv2d_1"] == pytest.approx(float(np.percentile(peaks, 95)))
        run = merged.whole()["conv2d_1"]
        assert run.frames == len(peaks)
        assert run.peaks is not None
        assert run.peaks.max() == np.float32(max(peaks))


def test_a_run_at_its_end_tells_each_filters_largest_distance_from_zero() -> None:
    rng = np.random.default_rng(4)
    frames = [rng.normal(size=(2, 3, 4)).astype(np.float32) for _ in range(7)]
    for maps in frames:
        maps[:, :, 2] = 0
    ranges = RunRanges([FIRST], frames=3)
    for maps in frames:
        ranges.observe([maps])
    run = ranges.whole()["conv2d_1"]
    assert run.peaks is not None
    np.testing.assert_array_equal(run.peaks, np.abs(frames).max(axis=(0, 1, 2)))
    assert (run.frames, run.peaks[2]) == (7, 0)
    assert run.top == ranges.tops()["conv2d_1"]
    assert ranges.so_far()["conv2d_1"].peaks is None, "while a drive goes on, nobody knows"


def test_the_usual_value_is_the_median_over_frames_of_the_mean_where_filters_fire() -> None:
    maps = np.zeros((2, 3, 4), np.float32)
    maps[:, :, 1] = -3.0
    maps[0, 0, 3] = 6.0
    ranges = RunRanges([FIRST])
    for factor in (1, 2, 50):
        ranges.observe([maps * np.float32(factor)])
    # Two of four filters fire: 6 cells of 3, and one of 6 among six.
    assert ranges.so_far()["conv2d_1"].usual == pytest.approx(2 * (6 * 3 + 6) / 12)


def test_a_filter_that_gave_no_number_is_none_that_never_fires() -> None:
    maps = np.zeros((2, 3, 4), np.float32)
    maps[0, 0, 1] = np.nan
    ranges = RunRanges([FIRST])
    ranges.observe([maps])
    ranges.observe([maps * 0])
    peaks = ranges.whole()["conv2d_1"].peaks
    assert peaks is not None
    assert (peaks > 0).tolist() == [False, True, False, False]
