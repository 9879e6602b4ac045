"""Which filters are shown: against exact arithmetic on whole numbers, filter by filter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.tile_order import Silent, choose, silent_filters, slot_count

ALIVE = np.zeros(64, bool)

whole_maps = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9)),
    elements=st.integers(-6, 6).map(float),
)


@st.composite
def styled_maps(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, LayerStyle]:
    maps = draw(whole_maps)
    filters = maps.shape[2]
    some = st.lists(st.integers(0, filters - 1), min_size=1, max_size=filters, unique=True)
    style = LayerStyle(
        order=draw(st.sampled_from(["network", "energy"])),
        hide_dead=draw(st.booleans()),
        top=draw(st.none() | st.integers(1, filters + 2)),
        filters=draw(st.none() | some.map(tuple)),
    )
    return maps, draw(hnp.arrays(np.bool_, filters)), style


def shown(maps: np.ndarray, dead: np.ndarray, style: LayerStyle) -> list[int]:
    chosen = choose(maps, dead, style)
    assert (chosen.dtype, chosen.ndim) == (np.intp, 1)
    numbers: list[int] = chosen.tolist()
    return numbers


def whole_values(maps: np.ndarray, number: int) -> list[int]:
    return [int(value) for value in maps[:, :, number].ravel()]


def exact_energy(maps: np.ndarray, number: int) -> int:
    return sum(value**2 for value in whole_values(maps, number))


def exact_variance(maps: np.ndarray, number: int) -> int:
    values = whole_values(maps, number)
    return len(values) * sum(value**2 for value in values) - sum(values) ** 2


@settings(max_examples=100, deadline=None)
@given(styled_maps())
def test_filters_are_named_then_hidden_then_ordered_then_cut(
    drawn: tuple[np.ndarray, np.ndarray, LayerStyle],
) -> None:
    maps, dead, style = drawn
    before = maps.copy(), dead.copy()
    expected = list(range(maps.shape[2]) if style.filters is None else style.filters)
    if style.hide_dead:
        expected = [number for number in expected if not dead[number]]
    if style.order == "energy":
        expected = sorted(expected, key=lambda number: -exact_energy(maps, number))
    assert shown(maps, dead, style) == expected[: style.top]
    assert len(expected[: style.top]) <= slot_count(maps.shape[2], style)
    np.testing.assert_array_equal(maps, before[0])
    np.testing.assert_array_equal(dead, before[1])


@settings(max_examples=80, deadline=None)
@given(whole_maps)
def test_by_variance_no_filter_comes_before_one_that_varies_more(maps: np.ndarray) -> None:
    numbers = shown(maps, ALIVE[: maps.shape[2]], LayerStyle(order="variance"))
    assert sorted(numbers) == list(range(maps.shape[2]))
    variances = [exact_variance(maps, number) for number in numbers]
    assert variances == sorted(variances, reverse=True)


@pytest.mark.parametrize("order", ["energy", "variance"])
def test_orders_are_those_of_numpy_on_maps_of_a_real_size(order: str) -> None:
    random = np.random.default_rng(1)
    maps = random.normal(random.normal(size=32), random.random(32), (58, 78, 32)).astype(np.float32)
    doubles = maps.astype(np.float64)
    ranks = {"energy": (doubles**2).mean(axis=(0, 1)), "variance": doubles.var(axis=(0, 1))}
    expected = sorted(range(32), key=lambda number: -ranks[order][number])
    assert shown(maps, ALIVE[:32], LayerStyle(order=order)) == expected
    other = {"energy": "variance", "variance": "energy"}[order]
    assert shown(maps, ALIVE[:32], LayerStyle(order=other)) != expected


@pytest.mark.parametrize("order", ["energy", "variance"])
def test_equal_filters_stay_in_the_networks_order(order: str) -> None:
    random = np.random.default_rng(2)
    kinds = random.random((27, 37, 3), np.float32) * [1, 3, 2]
    maps = kinds[:, :, [0, 1, 2] * 5].astype(np.float32)
    expected = [1, 4, 7, 10, 13, 2, 5, 8, 11, 14, 0, 3, 6, 9, 12]
    assert shown(maps, ALIVE[:15], LayerStyle(order=order)) == expected


def test_equal_filters_stay_in_the_order_in_which_they_are_named() -> None:
    maps = np.ones((3, 4, 6), np.float32)
    style = LayerStyle(order="energy", filters=(4, 0, 5, 2))
    assert shown(maps, ALIVE[:6], style) == [4, 0, 5, 2]


def test_filters_that_do_not_vary_stay_in_the_networks_order_whatever_their_values() -> None:
    values = np.random.default_rng(0).random(24, np.float32)
    maps = np.broadcast_to(values, (58, 78, 24)).copy()
    assert shown(maps, ALIVE[:24], LayerStyle(order="variance")) == list(range(24))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_dead_filters_are_left_out_and_the_others_keep_their_order(dead: list[bool]) -> None:
    maps = np.ones((1, 1, len(dead)), np.float32)
    expected = [number for number, is_dead in enumerate(dead) if not is_dead]
    assert shown(maps, np.array(dead), LayerStyle(hide_dead=True)) == expected
    assert shown(maps, np.array(dead), LayerStyle()) == list(range(len(dead)))


def test_dead_filters_take_no_place_of_the_top_ones() -> None:
    maps = np.arange(12, dtype=np.float32).reshape(1, 2, 6)
    dead = np.array([False, True, False, True, False, True])
    assert shown(maps, dead, LayerStyle(hide_dead=True, top=2)) == [0, 2]
    assert shown(maps, dead, LayerStyle(hide_dead=True, top=2, order="energy")) == [4, 2]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (LayerStyle(), 24),
        (LayerStyle(top=10), 10),
        (LayerStyle(top=24), 24),
        (LayerStyle(top=65536), 24),
        (LayerStyle(hide_dead=True), 24),
        (LayerStyle(filters=(23, 0, 7)), 3),
        (LayerStyle(filters=(23, 0, 7), top=2), 2),
        (LayerStyle(filters=(23, 0, 7), top=9), 3),
    ],
)
def test_there_are_places_for_as_many_tiles_as_a_frame_can_show(
    style: LayerStyle, expected: int
) -> None:
    assert slot_count(24, style) == expected


@pytest.mark.parametrize("filters", [(24,), (0, 24, 1), (3, 99)])
def test_a_filter_that_there_is_not_is_a_layout_error_that_says_which_there_are(
    filters: tuple[int, ...],
) -> None:
    said = f"filters: expected numbers from 0 to 23, got {max(filters)}"
    with pytest.raises(LayoutError, match=said):
        slot_count(24, LayerStyle(filters=filters))


@settings(max_examples=100, deadline=None)
@given(styled_maps(), st.sets(st.integers(0, 8)))
def test_what_is_left_out_is_as_if_it_were_not_there(
    drawn: tuple[np.ndarray, np.ndarray, LayerStyle], left_out: set[int]
) -> None:
    maps, dead, style = drawn
    without_end = replace(style, top=None)
    everything = [n for n in shown(maps, dead, without_end) if n not in left_out]
    chosen = choose(maps, dead, style, left_out).tolist()
    assert chosen == everything[: style.top]
    assert len(chosen) <= slot_count(maps.shape[2], style, left_out)
    alive = np.zeros(maps.shape[2], bool)
    assert len(choose(maps, alive, style, left_out)) == slot_count(maps.shape[2], style, left_out)


def run_with_peaks(*peaks: float) -> dict[str, LayerRun]:
    return {"conv": LayerRun(1.0, 0.1, np.array(peaks, np.float32), 200)}


def test_filters_that_are_dead_in_all_of_a_run_are_silent() -> None:
    run = run_with_peaks(0.5, 0.0, 0.01, 0.0)
    layout = Layout(scaling="run")
    assert silent_filters(layout, run) == (Silent("conv", frozenset({1, 3}), 200),)
    layout = Layout(scaling="run", dead_threshold=0.02)
    assert silent_filters(layout, run) == (Silent("conv", frozenset({1, 2, 3}), 200),)
    layout = Layout(scaling="run", per_layer={"other": LayerStyle(scaling="layer")})
    assert silent_filters(layout, run) == (Silent("conv", frozenset({1, 3}), 200),)


@pytest.mark.parametrize(
    "layout",
    [
        Layout(),
        Layout(scaling="filter"),
        Layout(scaling="run", filters=(0, 1)),
        Layout(scaling="run", per_layer={"conv": LayerStyle()}),
    ],
)
def test_what_is_not_scaled_over_the_run_or_is_named_is_shown(layout: Layout) -> None:
    assert silent_filters(layout, run_with_peaks(0.5, 0.0)) == ()


def test_nothing_is_silent_while_a_run_goes_on_or_where_every_filter_fires() -> None:
    layout = Layout(scaling="run")
    assert silent_filters(layout, {}) == ()
    assert silent_filters(layout, {"conv": LayerRun(1.0, 0.1)}) == ()
    assert silent_filters(layout, run_with_peaks(0.5, 1e-9)) == ()


def test_of_a_layer_that_is_dead_as_a_whole_one_filter_is_kept() -> None:
    (silent,) = silent_filters(Layout(scaling="run"), run_with_peaks(0.0, 0.0, 0.0))
    assert silent.filters == {1, 2}
