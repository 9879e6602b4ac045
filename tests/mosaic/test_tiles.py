"""Tiles in their grid: against loops over pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations.mosaic.colours import DEAD, DEAD_MARK, GAP, LEVELS
from donkey_activations.mosaic.grid import Grid, Zoom
from donkey_activations.mosaic.tiles import lay_out, zoomed

a_level = st.integers(0, LEVELS - 1)
few_tiles = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 4), st.integers(1, 14), st.integers(1, 14)),
    elements=a_level,
)


@st.composite
def tiles_and_grid(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Grid]:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    number = draw(st.integers(1, rows * columns))
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    levels = draw(hnp.arrays(np.uint8, (number, height, width), elements=a_level))
    dead = draw(hnp.arrays(np.bool_, number))
    zoom = draw(st.sampled_from([Zoom(), Zoom(2), Zoom(3), Zoom(1, 2), Zoom(1, 3), Zoom(1, 7)]))
    size = zoom.length_px(height), zoom.length_px(width)
    return levels, dead, Grid(rows, columns, *size, draw(st.integers(0, 3)), zoom)


def means_of_squares(tile: np.ndarray, cells: int) -> np.ndarray:
    """Means before rounding; beyond the edge the last row and column go on."""
    height, width = tile.shape
    rows, columns = range(0, height, cells), range(0, width, cells)
    means = np.zeros((len(rows), len(columns)))
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            square = [
                int(tile[min(y, height - 1), min(x, width - 1)])
                for y in range(top, top + cells)
                for x in range(left, left + cells)
            ]
            means[i, j] = sum(square) / len(square)
    return means


def roundings(cells: int) -> int:
    """How often a mean is rounded on the way: at each halving, and for the odd rest."""
    halvings = 0
    while cells % 2 == 0:
        cells, halvings = cells // 2, halvings + 1
    return halvings + (cells > 1)


def region_of(grid: Grid, number: int) -> tuple[slice, slice]:
    row, column = divmod(number, grid.columns)
    top = row * (grid.tile_height_px + grid.gap_px)
    left = column * (grid.tile_width_px + grid.gap_px)
    return slice(top, top + grid.tile_height_px), slice(left, left + grid.tile_width_px)


@settings(max_examples=60, deadline=None)
@given(few_tiles, st.integers(1, 32))
def test_an_enlarged_cell_is_a_square_of_its_level(levels: np.ndarray, pixels: int) -> None:
    before = levels.copy()
    enlarged = zoomed(levels, Zoom(pixels_per_cell=pixels))
    square = np.ones((pixels, pixels), np.uint8)
    np.testing.assert_array_equal(enlarged, [np.kron(tile, square) for tile in levels])
    enlarged[:] = 255
    np.testing.assert_array_equal(levels, before)


@settings(max_examples=80, deadline=None)
@given(few_tiles, st.integers(2, 12))
def test_a_reduced_pixel_is_the_mean_of_a_square_of_cells(levels: np.ndarray, cells: int) -> None:
    before = levels.copy()
    reduced = zoomed(levels, Zoom(cells_per_pixel=cells))
    means = np.array([means_of_squares(tile, cells) for tile in levels])
    assert reduced.shape == means.shape
    assert np.abs(reduced - means).max() <= 0.5 * roundings(cells)
    np.testing.assert_array_equal(levels, before)


@pytest.mark.parametrize("cells", range(2, 21))
def test_a_map_of_a_real_size_is_reduced_within_one_level(cells: int) -> None:
    levels = np.random.default_rng(cells).integers(0, LEVELS, (3, 120, 163), np.uint8)
    reduced = zoomed(levels, Zoom(cells_per_pixel=cells))
    means = np.array([means_of_squares(tile, cells) for tile in levels])
    assert np.abs(reduced - means).max() <= 1


@pytest.mark.parametrize("level", [0, 1, 126, LEVELS - 1])
@pytest.mark.parametrize("zoom", [Zoom(), Zoom(5), Zoom(1, 2), Zoom(1, 3), Zoom(1, 6), Zoom(1, 16)])
def test_a_plain_map_stays_plain_at_every_zoom(level: int, zoom: Zoom) -> None:
    levels = np.full((2, 17, 35), level, np.uint8)
    assert set(zoomed(levels, zoom).ravel().tolist()) == {level}


@settings(max_examples=80, deadline=None)
@given(few_tiles, st.data())
def test_raising_cells_never_lowers_a_pixel(levels: np.ndarray, data: st.DataObject) -> None:
    zoom = Zoom(cells_per_pixel=data.draw(st.integers(1, 12)))
    raised = np.maximum(levels, data.draw(hnp.arrays(np.uint8, levels.shape, elements=a_level)))
    assert (zoomed(raised, zoom) >= zoomed(levels, zoom)).all()


def test_a_rest_at_the_edge_is_the_mean_of_what_is_there_and_no_darker() -> None:
    levels = np.array([[[0, 0, 100], [0, 0, 200]]], np.uint8)
    assert zoomed(levels, Zoom(cells_per_pixel=2)).tolist() == [[[0, 150]]]
    levels = np.full((1, 5, 5), 250, np.uint8)
    assert zoomed(levels, Zoom(cells_per_pixel=4)).tolist() == [[[250, 250], [250, 250]]]


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(3), Zoom(1, 2), Zoom(1, 3)])
def test_neighbouring_tiles_do_not_run_into_each_other(zoom: Zoom) -> None:
    levels = np.zeros((3, 7, 5), np.uint8)
    levels[1] = 252
    first, second, third = zoomed(levels, zoom)
    assert not first.any()
    assert (second == 252).all()
    assert not third.any()


def test_a_picture_at_its_own_size_is_a_copy() -> None:
    levels = np.arange(12, dtype=np.uint8).reshape(1, 3, 4)
    same = zoomed(levels, Zoom())
    np.testing.assert_array_equal(same, levels)
    assert not np.shares_memory(same, levels)


@settings(max_examples=80, deadline=None)
@given(tiles_and_grid())
def test_tiles_stand_row_by_row_with_gaps_between_and_nothing_behind_the_last(
    drawn: tuple[np.ndarray, np.ndarray, Grid],
) -> None:
    levels, dead, grid = drawn
    before = levels.copy(), dead.copy()
    band = lay_out(levels, dead, grid)
    assert (band.shape, band.dtype) == ((grid.height_px, grid.width_px), np.uint8)
    taken = np.zeros(band.shape, bool)
    for number, tile in enumerate(zoomed(levels, grid.zoom)):
        region = region_of(grid, number)
        assert not taken[region].any()
        taken[region] = True
        if not dead[number]:
            np.testing.assert_array_equal(band[region], tile)
            assert band[region].max() < LEVELS
        else:
            assert set(band[region].ravel().tolist()) <= {DEAD, DEAD_MARK}
    assert (band[~taken] == GAP).all()
    np.testing.assert_array_equal(levels, before[0])
    np.testing.assert_array_equal(dead, before[1])


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2), (58, 78), (20, 13)])
def test_a_dead_tile_is_crossed_out_from_corner_to_corner(size: tuple[int, int]) -> None:
    levels = np.full((2, *size), 100, np.uint8)
    band = lay_out(levels, np.array([True, False]), Grid(1, 2, *size, 1, Zoom()))
    tile = band[:, : size[1]]
    assert tile[-1, 0] == tile[0, -1] == DEAD_MARK
    marked = tile == DEAD_MARK
    assert marked.any(axis=1).all()
    assert marked.any(axis=0).all()
    assert (tile[~marked] == DEAD).all()
    # A stroke, not an area.
    assert marked.sum() == max(size)


def test_dead_tiles_look_like_no_level_and_like_no_gap() -> None:
    assert len({DEAD, DEAD_MARK, GAP}) == 3
    assert min(DEAD, DEAD_MARK, GAP) >= LEVELS
    assert max(DEAD, DEAD_MARK, GAP) <= 255


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(2), Zoom(1, 2)])
def test_without_any_tile_there_are_only_empty_places(zoom: Zoom) -> None:
    grid = Grid(2, 3, zoom.length_px(4), zoom.length_px(6), 1, zoom)
    band = lay_out(np.zeros((0, 4, 6), np.uint8), np.zeros(0, bool), grid)
    assert band.tolist() == np.full((grid.height_px, grid.width_px), GAP).tolist()
