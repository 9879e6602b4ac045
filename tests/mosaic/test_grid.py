"""Where tiles go: worked by hand, and against plain counting for any layers and rooms."""

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donkey_activations.mosaic.grid import Grid, Zoom, fit_grids, largest_zoom

Shape = tuple[int, int, int]

a_side = st.one_of(st.integers(1, 20), st.integers(1, 400))
a_shape = st.tuples(a_side, a_side, st.integers(1, 512))
any_layers = st.lists(a_shape, min_size=1, max_size=7)
any_room_height = st.integers(0, 2200)
any_room_width = st.integers(20, 2000)
any_gap = st.integers(0, 16)


def next_zoom(zoom: Zoom) -> Zoom:
    if zoom.cells_per_pixel > 1:
        return Zoom(cells_per_pixel=zoom.cells_per_pixel // 2)
    return Zoom(pixels_per_cell=zoom.pixels_per_cell + 1)


def smallest_zoom(shape: Shape, room_width_px: int) -> Zoom:
    """Halved until the longer side would have less than 16 pixels, or until it is not too wide."""
    height, width, _ = shape
    cells = 1
    while cells < 64 and max(height, width) // (2 * cells) >= 16:
        cells *= 2
    while ceil(width / cells) > room_width_px:
        cells *= 2
    return Zoom(cells_per_pixel=cells)


def tile_hw(zoom: Zoom, shape: Shape) -> tuple[int, int]:
    height, width = (
        len(range(0, cells, zoom.cells_per_pixel)) * zoom.pixels_per_cell for cells in shape[:2]
    )
    return height, width


def height_at(zoom: Zoom, shape: Shape, room_width_px: int, gap_px: int) -> int:
    """Height of as few rows as the width allows, found by putting down tile after tile."""
    tile_height, tile_width = tile_hw(zoom, shape)
    rows, right = 1, tile_width
    for _ in range(shape[2] - 1):
        right += gap_px + tile_width
        if right > room_width_px:
            rows, right = rows + 1, tile_width
    return rows * tile_height + (rows - 1) * gap_px


def test_the_stock_pilots_layers_fill_a_phones_width_as_worked_by_hand() -> None:
    # All of them cell by pixel take 176 + 55 + 25 + 21 + 17 = 294 px. Then the smallest tiles grow
    # first: those of 8x13, 10x15 and 12x17 cells to twice their size (+33, +62, +74), those of
    # 8x13 and 10x15 to three times (+49, +71), which makes 583. The cheapest further step, those
    # of 8x13 to four times, would take 98 more.
    layers = [(58, 78, 24), (27, 37, 32), (12, 17, 64), (10, 15, 64), (8, 13, 64)]
    grids = fit_grids(layers, room_height_px=600, room_width_px=648, gap_px=1)
    assert grids == (
        Grid(3, 8, 58, 78, 1, Zoom(1)),
        Grid(2, 16, 27, 37, 1, Zoom(1)),
        Grid(4, 16, 24, 34, 1, Zoom(2)),
        Grid(5, 13, 30, 45, 1, Zoom(3)),
        Grid(4, 16, 24, 39, 1, Zoom(3)),
    )
    assert [grid.height_px for grid in grids] == [176, 55, 99, 154, 99]
    assert [grid.width_px for grid in grids] == [631, 607, 559, 597, 639]


@pytest.mark.parametrize(
    ("shape", "room_hw", "gap_px", "expected"),
    [
        # One cell is at most 32 pixels wide.
        ((1, 1, 1), (600, 648), 1, Grid(1, 1, 32, 32, 1, Zoom(32))),
        # At 10 px 60 fit into a row, which makes 9 rows; at 11 px 54, 10 rows and 110 px.
        ((1, 1, 512), (100, 600), 0, Grid(9, 57, 10, 10, 0, Zoom(10))),
        # At an eighth all fit into one row; at a quarter 15 would, and two rows take 61 px.
        ((120, 160, 16), (60, 648), 1, Grid(1, 16, 15, 20, 1, Zoom(1, 8))),
        # Twice 300 is all of the height.
        ((300, 8, 3), (600, 100), 1, Grid(1, 3, 600, 16, 1, Zoom(2))),
        # A thirty-second is the first halving that the width allows, whatever the height.
        ((8, 2000, 3), (600, 100), 1, Grid(3, 1, 1, 63, 1, Zoom(1, 32))),
        # Half the size is the smallest legible, though it takes twice the height there is.
        ((40, 40, 7), (10, 164), 2, Grid(1, 7, 20, 20, 2, Zoom(1, 2))),
        # Maps of fewer than 32 cells are never reduced.
        ((31, 4, 2), (1, 100), 1, Grid(1, 2, 31, 4, 1, Zoom())),
    ],
)
def test_a_single_layer_is_as_large_as_worked_by_hand(
    shape: Shape, room_hw: tuple[int, int], gap_px: int, expected: Grid
) -> None:
    assert fit_grids([shape], *room_hw, gap_px) == (expected,)


@settings(max_examples=80, deadline=None)
@given(any_layers, any_room_height, any_room_width, any_gap)
def test_every_tile_has_a_place_and_no_grid_is_wider_than_the_room(
    layers: list[Shape], room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    grids = fit_grids(layers, room_height_px, room_width_px, gap_px)
    for (_, _, tiles), grid in zip(layers, grids, strict=True):
        right = grid.columns * grid.tile_width_px + (grid.columns - 1) * gap_px
        bottom = grid.rows * grid.tile_height_px + (grid.rows - 1) * gap_px
        assert (grid.width_px, grid.height_px, grid.gap_px) == (right, bottom, gap_px)
        assert right <= room_width_px
        assert (grid.rows - 1) * grid.columns < tiles <= grid.rows * grid.columns
        # With a column less in each row, these rows would not do.
        assert grid.rows * (grid.columns - 1) < tiles


@settings(max_examples=80, deadline=None)
@given(any_layers, any_room_height, any_room_width, any_gap)
def test_cells_become_pixels_by_whole_numbers_and_rows_are_as_few_as_can_be(
    layers: list[Shape], room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    grids = fit_grids(layers, room_height_px, room_width_px, gap_px)
    for shape, grid in zip(layers, grids, strict=True):
        zoom = grid.zoom
        assert min(zoom.pixels_per_cell, zoom.cells_per_pixel) == 1
        assert zoom.pixels_per_cell <= 32
        assert (grid.tile_height_px, grid.tile_width_px) == tile_hw(zoom, shape)
        assert grid.height_px == height_at(zoom, shape, room_width_px, gap_px)


@settings(max_examples=80, deadline=None)
@given(any_layers, any_room_height, any_room_width, any_gap)
def test_the_height_is_exceeded_only_where_every_tile_is_the_smallest_legible_one(
    layers: list[Shape], room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    grids = fit_grids(layers, room_height_px, room_width_px, gap_px)
    smallest = [smallest_zoom(shape, room_width_px) for shape in layers]
    if sum(grid.height_px for grid in grids) > room_height_px:
        assert [grid.zoom for grid in grids] == smallest
    for shape, grid, zoom in zip(layers, grids, smallest, strict=True):
        assert grid.zoom.cells_per_pixel <= zoom.cells_per_pixel
        longer = max(grid.tile_height_px, grid.tile_width_px)
        assert longer >= min(16, max(shape[:2])) or 2 * grid.tile_width_px > room_width_px


@settings(max_examples=80, deadline=None)
@given(any_layers, any_room_height, any_room_width, any_gap)
def test_no_layer_could_be_one_step_larger(
    layers: list[Shape], room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    grids = fit_grids(layers, room_height_px, room_width_px, gap_px)
    taken = sum(grid.height_px for grid in grids)
    for shape, grid in zip(layers, grids, strict=True):
        larger = next_zoom(grid.zoom)
        too_wide = tile_hw(larger, shape)[1] > room_width_px
        more = height_at(larger, shape, room_width_px, gap_px) - grid.height_px
        assert larger.pixels_per_cell > 32 or too_wide or taken + more > room_height_px


@settings(max_examples=60, deadline=None)
@given(a_shape, st.integers(2, 6), any_room_height, any_room_width, any_gap)
def test_of_equal_layers_the_first_gets_what_is_left_over(
    shape: Shape, number: int, room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    grids = fit_grids([shape] * number, room_height_px, room_width_px, gap_px)
    heights = [grid.height_px for grid in grids]
    assert heights == sorted(heights, reverse=True)
    zooms = [grid.zoom.pixels_per_cell / grid.zoom.cells_per_pixel for grid in grids]
    assert zooms == sorted(zooms, reverse=True)
    # What all of them can have together none of them lacks.
    shared = next_zoom(grids[-1].zoom)
    shared_px = height_at(shared, shape, room_width_px, gap_px)
    too_wide = tile_hw(shared, shape)[1] > room_width_px
    assert shared.pixels_per_cell > 32 or too_wide or number * shared_px > room_height_px


def test_a_layer_that_loses_detail_grows_before_one_with_smaller_tiles() -> None:
    # In one row each: from 16 + 4 px the larger one takes all there is, step by step, to 64 px;
    # that the small one's tiles are only 4 px high does not count before.
    reduced, small = fit_grids([(64, 64, 1), (4, 4, 1)], 68, 1000, 0)
    assert (reduced.zoom, small.zoom) == (Zoom(), Zoom())
    reduced, small = fit_grids([(64, 64, 1), (4, 4, 1)], 64 + 12, 1000, 0)
    assert (reduced.zoom, small.zoom) == (Zoom(), Zoom(3))


def test_the_tile_with_the_smallest_area_grows_first_not_the_lowest_one() -> None:
    # 4 + 8 px in one row each, of 40 and 8 px; the 8 px left are for the square.
    wide, square = fit_grids([(4, 40, 1), (8, 8, 1)], 20, 1000, 0)
    assert (wide.zoom, square.zoom) == (Zoom(), Zoom(2))


@pytest.mark.parametrize(
    ("zoom", "lengths"),
    [
        (Zoom(), {1: 1, 2: 2, 7: 7}),
        (Zoom(pixels_per_cell=3), {1: 3, 2: 6, 7: 21}),
        (Zoom(cells_per_pixel=3), {1: 1, 2: 1, 3: 1, 4: 2, 6: 2, 7: 3}),
    ],
)
def test_a_rest_at_the_edge_takes_a_whole_pixel(zoom: Zoom, lengths: dict[int, int]) -> None:
    assert {cells: zoom.length_px(cells) for cells in lengths} == lengths


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.integers(1, 900), st.integers(1, 900))
def test_the_largest_zoom_fits_and_the_next_larger_does_not(
    height: int, width: int, room_height_px: int, room_width_px: int
) -> None:
    def fits(zoom: Zoom) -> bool:
        tile_height, tile_width = tile_hw(zoom, (height, width, 1))
        return tile_height <= room_height_px and tile_width <= room_width_px

    zoom = largest_zoom(height, width, room_height_px, room_width_px)
    assert min(zoom.pixels_per_cell, zoom.cells_per_pixel) == 1
    assert fits(zoom)
    if zoom.cells_per_pixel > 1:
        assert not fits(Zoom(cells_per_pixel=zoom.cells_per_pixel - 1))
    else:
        assert not fits(Zoom(pixels_per_cell=zoom.pixels_per_cell + 1))


@pytest.mark.parametrize(
    ("frame_hw", "room_hw", "expected"),
    [
        ((120, 160), (262, 648), Zoom(pixels_per_cell=2)),
        ((120, 160), (120, 160), Zoom()),
        ((120, 160), (119, 160), Zoom(cells_per_pixel=2)),
        ((120, 160), (600, 53), Zoom(cells_per_pixel=4)),
        ((480, 640), (262, 648), Zoom(cells_per_pixel=2)),
        ((1, 1), (500, 600), Zoom(pixels_per_cell=500)),
    ],
)
def test_a_frame_is_as_large_as_worked_by_hand(
    frame_hw: tuple[int, int], room_hw: tuple[int, int], expected: Zoom
) -> None:
    assert largest_zoom(*frame_hw, *room_hw) == expected
