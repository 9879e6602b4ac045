"""Tiles in their grid: against loops over pixels."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from donkey_activations import LayerInfo, render_mosaic
from donkey_activations.mosaic.colours import DEAD, DEAD_MARK, LEVELS, THEMES, colour_table
from donkey_activations.mosaic.grid import Grid, Zoom, fit_grids
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.sheet import sheet
from donkey_activations.mosaic.tiles import draw_dead_tiles, draw_tiles, reduced

Margins = tuple[int, int, int, int]

# Each byte has a colour of its own, and each channel tells which byte it is.
TABLE = np.stack(
    [np.random.default_rng(channel).permutation(256) for channel in range(3)], axis=-1
).astype(np.uint8)[:, np.newaxis]

a_level = st.integers(0, LEVELS - 1)
few_tiles = hnp.arrays(
    np.uint8,
    st.tuples(st.integers(1, 4), st.integers(1, 14), st.integers(1, 14)),
    elements=a_level,
)
some_margins = st.tuples(*[st.integers(0, 4)] * 4)


@st.composite
def tiles_and_grid(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Grid]:
    """Tiles, and the places that they are for, in any order; there may be places left."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    numbers = draw(st.lists(st.integers(0, rows * columns - 1), unique=True))
    zooms = [Zoom(), Zoom(2), Zoom(3), Zoom(7), Zoom(1, 2), Zoom(1, 3), Zoom(1, 4), Zoom(1, 7)]
    zoom = draw(st.sampled_from(zooms))
    height, width = (draw(st.integers(1, 5)) * zoom.cells_per_pixel for _ in "hw")
    levels = draw(hnp.arrays(np.uint8, (len(numbers), height, width), elements=a_level))
    size = zoom.length_px(height), zoom.length_px(width)
    grid = Grid(rows, columns, *size, draw(st.integers(0, 3)), zoom)
    return levels, np.array(numbers, np.intp), grid


def filled_up(levels: np.ndarray, cells: int) -> np.ndarray:
    _, height, width = levels.shape
    return np.pad(levels, ((0, 0), (0, -height % cells), (0, -width % cells)), "edge")


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


def region_of(grid: Grid, number: int) -> tuple[slice, slice]:
    row, column = divmod(number, grid.columns)
    top = row * (grid.tile_height_px + grid.gap_px)
    left = column * (grid.tile_width_px + grid.gap_px)
    return slice(top, top + grid.tile_height_px), slice(left, left + grid.tile_width_px)


def bytes_of(pixels: np.ndarray) -> np.ndarray:
    """Which bytes have been coloured with ``TABLE``."""
    shown = np.argsort(TABLE[:, 0, 0])[pixels[:, :, 0]]
    np.testing.assert_array_equal(pixels, TABLE[shown, 0])
    return shown


def drawn_regions(
    grid: Grid,
    numbers: np.ndarray,
    draw: Callable[[np.ndarray], None],
    margins: Margins = (2, 3, 1, 4),
) -> list[np.ndarray]:
    """Draws into the middle of a picture, and returns what is in some places of the grid.

    All other pixels are as they were: in gaps and other places, and around the grid, inside the
    area and outside of it.
    """
    top, left, bottom, right = margins
    shape = grid.height_px + 2 * top + bottom, grid.width_px + 2 * left + right, 3
    picture = np.random.default_rng(sum(shape)).integers(0, 256, shape, np.uint8)
    before = picture.copy()
    # More room than the grid needs, and other pixels on each side.
    area = picture[top : shape[0] - bottom, left : shape[1] - right]
    draw(area)
    untouched = np.ones(shape[:2], bool)
    regions = []
    for number in numbers.tolist():
        region = region_of(grid, number)
        inside = untouched[top:, left:][region]
        assert inside.shape == (grid.tile_height_px, grid.tile_width_px)
        assert inside.all(), "no two in one place"
        inside[:] = False
        regions.append(area[region].copy())
    np.testing.assert_array_equal(picture[untouched], before[untouched])
    return regions


def drawn_in_a_row(levels: np.ndarray, zoom: Zoom) -> list[np.ndarray]:
    """The bytes of each tile, side by side in a grid of one row."""
    tiles, height, width = levels.shape
    grid = Grid(1, tiles, zoom.length_px(height), zoom.length_px(width), 1, zoom)
    numbers = np.arange(tiles)
    regions = drawn_regions(
        grid, numbers, lambda area: draw_tiles(area, levels, numbers, grid, TABLE)
    )
    return [bytes_of(region) for region in regions]


@settings(max_examples=60, deadline=None)
@given(few_tiles, st.integers(1, 32))
def test_an_enlarged_cell_is_a_square_of_its_level(levels: np.ndarray, pixels: int) -> None:
    before = levels.copy()
    enlarged = drawn_in_a_row(levels, Zoom(pixels_per_cell=pixels))
    square = np.ones((pixels, pixels), np.uint8)
    np.testing.assert_array_equal(enlarged, [np.kron(tile, square) for tile in levels])
    np.testing.assert_array_equal(levels, before)


@settings(max_examples=80, deadline=None)
@given(few_tiles, st.integers(2, 12))
def test_a_reduced_pixel_is_the_mean_of_a_square_of_cells(levels: np.ndarray, cells: int) -> None:
    filled = filled_up(levels, cells)
    before = filled.copy()
    smaller = reduced(filled, cells)
    means = np.array([means_of_squares(tile, cells) for tile in levels])
    assert (smaller.shape, smaller.dtype) == (means.shape, np.uint8)
    assert np.abs(smaller - means).max() <= 1
    np.testing.assert_array_equal(drawn_in_a_row(filled, Zoom(cells_per_pixel=cells)), smaller)
    np.testing.assert_array_equal(filled, before)


@pytest.mark.parametrize("cells", range(2, 21))
def test_a_map_of_a_real_size_is_reduced_within_one_level(cells: int) -> None:
    levels = np.random.default_rng(cells).integers(0, LEVELS, (3, 120, 163), np.uint8)
    smaller = reduced(filled_up(levels, cells), cells)
    means = np.array([means_of_squares(tile, cells) for tile in levels])
    assert np.abs(smaller - means).max() <= 1


@pytest.mark.parametrize("level", [0, 1, 126, LEVELS - 1])
@pytest.mark.parametrize("zoom", [Zoom(), Zoom(5), Zoom(1, 2), Zoom(1, 3), Zoom(1, 6), Zoom(1, 16)])
def test_a_plain_map_stays_plain_at_every_zoom(level: int, zoom: Zoom) -> None:
    levels = filled_up(np.full((2, 17, 35), level, np.uint8), zoom.cells_per_pixel)
    assert set(np.ravel(drawn_in_a_row(levels, zoom)).tolist()) == {level}


@settings(max_examples=80, deadline=None)
@given(few_tiles, st.data())
def test_raising_cells_never_lowers_a_pixel(levels: np.ndarray, data: st.DataObject) -> None:
    cells = data.draw(st.integers(1, 12))
    levels = filled_up(levels, cells)
    raised = np.maximum(levels, data.draw(hnp.arrays(np.uint8, levels.shape, elements=a_level)))
    assert (reduced(raised, cells) >= reduced(levels, cells)).all()


def band_of(levels: np.ndarray) -> np.ndarray:
    """The tile of a layer of one filter in a picture that has 152 pixels for it."""
    maps = levels[:, :, np.newaxis].astype(np.float32)
    layer = LayerInfo("conv2d_1", "Conv2D", *maps.shape)
    layout = Layout(panels=("layers",), captions=False, colormap="gray", width_px=160)
    picture = render_mosaic(np.zeros((120, 160, 3), np.uint8), [layer], [maps], layout)
    area = sheet((120, 160), (layer,), layout, ()).panels[0].area(picture)
    (grid,) = fit_grids([maps.shape], layout.layers_height_px, 152, layout.gap_px)
    assert len(area) == grid.height_px
    return area[:, : grid.width_px]


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 40), st.integers(153, 600), st.integers(0, 9))
def test_a_rest_at_the_edge_is_the_mean_of_what_is_there_and_no_darker(
    height: int, width: int, seed: int
) -> None:
    levels = np.random.default_rng(seed).integers(0, LEVELS, (height, width))
    levels[0, 0] = LEVELS - 1
    (grid,) = fit_grids([(height, width, 1)], 600, 152, 1)
    cells = grid.zoom.cells_per_pixel
    assert cells > 1
    # As if the last row and column went on.
    filled = filled_up(levels[np.newaxis], cells)[0]
    np.testing.assert_array_equal(band_of(levels), band_of(filled))
    assert (band_of(np.full((height, width), 9)) == 255).all()


def test_a_rest_at_the_edge_counts_once_it_is_filled_up() -> None:
    levels = filled_up(np.array([[[0, 0, 100], [0, 0, 200]]], np.uint8), 2)
    assert reduced(levels, 2).tolist() == [[[0, 150]]]
    levels = filled_up(np.full((1, 5, 5), 250, np.uint8), 4)
    assert reduced(levels, 4).tolist() == [[[250, 250], [250, 250]]]


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(3), Zoom(1, 2), Zoom(1, 3), Zoom(1, 4)])
def test_neighbouring_tiles_do_not_run_into_each_other(zoom: Zoom) -> None:
    levels = np.zeros((3, 7, 5), np.uint8)
    levels[1] = 252
    levels = filled_up(levels, zoom.cells_per_pixel)
    first, second, third = drawn_in_a_row(levels, zoom)
    assert not first.any()
    assert (second == 252).all()
    assert not third.any()


def test_a_picture_at_its_own_size_stays_as_it_is() -> None:
    levels = np.arange(12, dtype=np.uint8).reshape(1, 3, 4)
    assert reduced(levels, 1).tolist() == np.arange(12).reshape(1, 3, 4).tolist()
    assert drawn_in_a_row(levels, Zoom())[0].tolist() == levels[0].tolist()


@settings(max_examples=150, deadline=None)
@given(tiles_and_grid(), some_margins)
def test_tiles_stand_in_their_places_and_nothing_else_is_touched(
    drawn: tuple[np.ndarray, np.ndarray, Grid], margins: Margins
) -> None:
    levels, numbers, grid = drawn
    before = levels.copy(), numbers.copy(), TABLE.copy()
    regions = drawn_regions(
        grid, numbers, lambda area: draw_tiles(area, levels, numbers, grid, TABLE), margins
    )
    square = np.ones((grid.zoom.pixels_per_cell,) * 2)
    for tile, region in zip(levels, regions, strict=True):
        means = means_of_squares(tile, grid.zoom.cells_per_pixel)
        off = np.abs(bytes_of(region) - np.kron(means, square)).max()
        assert off <= 1 if grid.zoom.cells_per_pixel > 1 else off == 0
    for same, now in zip(before, (levels, numbers, TABLE), strict=True):
        np.testing.assert_array_equal(now, same)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["inferno", "blue_orange"])
def test_tiles_have_the_colours_of_their_colormap(name: str, theme: str) -> None:
    table = colour_table(name, THEMES[theme])
    levels = np.arange(LEVELS, dtype=np.uint8)[: 250 // 5 * 5].reshape(5, 10, 5)
    grid = Grid(2, 3, 20, 10, 2, Zoom(2))
    numbers = np.array([0, 1, 2, 4, 5])
    regions = drawn_regions(
        grid, numbers, lambda area: draw_tiles(area, levels, numbers, grid, table)
    )
    for tile, region in zip(levels, regions, strict=True):
        expected = table[tile, 0].repeat(2, axis=0).repeat(2, axis=1)
        np.testing.assert_array_equal(region, expected)


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(2), Zoom(1, 2), Zoom(1, 4)])
def test_levels_may_be_a_view(zoom: Zoom) -> None:
    whole = np.random.default_rng(0).integers(0, LEVELS, (10, 10, 8), np.uint8)
    view = whole.transpose(2, 0, 1)[::2, 1:9, 2:10]
    np.testing.assert_array_equal(drawn_in_a_row(view, zoom), drawn_in_a_row(view.copy(), zoom))


@pytest.mark.parametrize(
    ("filters", "size", "zoom"),
    [(512, (70, 78), Zoom()), (512, (66, 4), Zoom(2)), (1024, (36, 40), Zoom(1, 2))],
)
def test_as_many_tiles_as_a_large_layer_has_are_all_in_their_places(
    filters: int, size: tuple[int, int], zoom: Zoom
) -> None:
    levels = np.random.default_rng(0).integers(0, LEVELS, (filters, *size), np.uint8)
    numbers = np.random.default_rng(1).permutation(filters + 16)[:filters]
    grid = Grid((filters + 16) // 16, 16, *map(zoom.length_px, size), 1, zoom)
    regions = drawn_regions(
        grid, numbers, lambda area: draw_tiles(area, levels, numbers, grid, TABLE)
    )
    rows, columns = (length // zoom.cells_per_pixel for length in size)
    means = levels.reshape(filters, rows, size[0] // rows, columns, -1).mean(axis=(2, 4))
    square = np.ones((1, zoom.pixels_per_cell, zoom.pixels_per_cell))
    shown = np.array([bytes_of(region) for region in regions])
    assert np.abs(shown - np.kron(means, square)).max() <= (0 if size[0] == rows else 0.5)


@settings(max_examples=80, deadline=None)
@given(tiles_and_grid(), some_margins, st.data())
def test_dead_tiles_take_the_first_places_and_nothing_else_is_touched(
    drawn: tuple[np.ndarray, np.ndarray, Grid], margins: Margins, data: st.DataObject
) -> None:
    _, _, grid = drawn
    tiles = data.draw(st.integers(0, grid.rows * grid.columns))
    regions = drawn_regions(
        grid,
        np.arange(tiles),
        lambda area: draw_dead_tiles(area, tiles, grid, TABLE),
        margins,
    )
    for region in regions:
        shown = bytes_of(region)
        assert set(shown.ravel().tolist()) <= {DEAD, DEAD_MARK}
        np.testing.assert_array_equal(shown, bytes_of(regions[0]))
        assert_is_crossed_out(shown)


def assert_is_crossed_out(tile: np.ndarray) -> None:
    assert tile[-1, 0] == tile[0, -1] == DEAD_MARK
    marked = tile == DEAD_MARK
    assert marked.any(axis=1).all()
    assert marked.any(axis=0).all()
    assert (tile[~marked] == DEAD).all()
    # A stroke, not an area.
    assert marked.sum() == max(tile.shape)


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2), (58, 78), (20, 13)])
def test_a_dead_tile_is_crossed_out_from_corner_to_corner(size: tuple[int, int]) -> None:
    grid = Grid(1, 2, *size, 1, Zoom())
    (tile,) = drawn_regions(grid, np.arange(1), lambda area: draw_dead_tiles(area, 1, grid, TABLE))
    assert_is_crossed_out(bytes_of(tile))


@pytest.mark.parametrize("theme", THEMES)
def test_a_dead_tile_has_the_themes_colours(theme: str) -> None:
    grid = Grid(2, 2, 12, 9, 1, Zoom(3))
    table = colour_table("inferno", THEMES[theme])
    for tile in drawn_regions(
        grid, np.arange(3), lambda area: draw_dead_tiles(area, 3, grid, table)
    ):
        shown = set(map(tuple, tile.reshape(-1, 3).tolist()))
        assert shown == {THEMES[theme].dead, THEMES[theme].dead_mark}


@settings(max_examples=60, deadline=None)
@given(tiles_and_grid())
def test_of_a_dead_tile_nothing_is_left_where_one_is_drawn_over_it(
    drawn: tuple[np.ndarray, np.ndarray, Grid],
) -> None:
    levels, numbers, grid = drawn
    places = np.arange(grid.rows * grid.columns)

    def draw(area: np.ndarray) -> None:
        draw_dead_tiles(area, len(places), grid, TABLE)
        draw_tiles(area, levels, numbers, grid, TABLE)

    regions = drawn_regions(grid, places, draw)
    alive = [bytes_of(regions[number]) for number in numbers]
    alone = drawn_regions(
        grid, numbers, lambda area: draw_tiles(area, levels, numbers, grid, TABLE)
    )
    for over, tile in zip(alive, alone, strict=True):
        np.testing.assert_array_equal(over, bytes_of(tile))
        assert over.max() < LEVELS
    for number in set(places.tolist()) - set(numbers.tolist()):
        assert_is_crossed_out(bytes_of(regions[number]))


def test_dead_tiles_look_like_no_level() -> None:
    assert DEAD != DEAD_MARK
    assert min(DEAD, DEAD_MARK) >= LEVELS
    assert max(DEAD, DEAD_MARK) <= 255


@pytest.mark.parametrize("zoom", [Zoom(), Zoom(2), Zoom(1, 2)])
def test_without_any_tile_nothing_is_touched(zoom: Zoom) -> None:
    grid = Grid(2, 3, zoom.length_px(4), zoom.length_px(6), 1, zoom)
    none = np.zeros(0, np.intp)
    levels = np.zeros((0, 4, 6), np.uint8)
    assert not drawn_regions(grid, none, lambda area: draw_tiles(area, levels, none, grid, TABLE))
    assert not drawn_regions(grid, none, lambda area: draw_dead_tiles(area, 0, grid, TABLE))
