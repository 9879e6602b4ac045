"""How large tiles are that are compared: by hand for the stock pilot, and for any shapes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donkey_activations.mosaic.comparison.grid import Subject, TileRow, fit_rows

FRAMES = Subject(((120, 160), (360, 640)), 2, 2)
# The maps of Donkeycar's linear pilot at 160x120 and at 640x360.
STOCK = [
    Subject(shapes, 4, 8)
    for shapes in [
        ((58, 78), (178, 318)),
        ((27, 37), (87, 157)),
        ((12, 17), (42, 77)),
        ((10, 15), (40, 75)),
        ((8, 13), (38, 73)),
    ]
]

lengths = st.integers(1, 400)
subjects = st.lists(
    st.builds(
        Subject,
        st.lists(st.tuples(lengths, lengths), min_size=2, max_size=2).map(tuple),
        st.integers(1, 4),
        st.integers(4, 8),
    ),
    min_size=1,
    max_size=6,
)


def widths(row: TileRow) -> list[int]:
    return [width for _, width in row.sizes_hw]


def test_in_two_columns_the_stock_pilots_first_layer_has_a_pixel_for_each_cell() -> None:
    rows = fit_rows([FRAMES, *STOCK], 876, 956, 1)
    assert rows is not None
    assert [(row.tiles, widths(row)) for row in rows] == [
        (2, [320, 320]),
        (3, [78 * 4, 318]),
        (6, [37 * 4, 157]),
        (6, [17 * 9, 77 * 2]),
        (6, [15 * 10, 75 * 2]),
        (6, [13 * 11, 73 * 2]),
    ]
    assert [row.height_px for row in rows] == [240, 232, 108, 108, 100, 88]


@settings(max_examples=150, deadline=None)
@given(subjects, st.integers(200, 1000), st.integers(300, 1900), st.integers(0, 3))
def test_tiles_keep_to_the_room_and_stand_at_the_same_places_at_every_resolution(
    shown: list[Subject], room_height_px: int, room_width_px: int, gap_px: int
) -> None:
    rows = fit_rows(shown, room_height_px, room_width_px, gap_px)
    if rows is None:
        return
    assert sum(row.height_px for row in rows) <= room_height_px
    for row, subject in zip(rows, shown, strict=True):
        assert min(2, subject.least) <= row.tiles <= subject.most
        assert (row.tiles - 1) * row.pitch_px + max(widths(row)) <= room_width_px
        assert row.pitch_px >= max(widths(row)) + gap_px
        assert row.height_px == max(height for height, _ in row.sizes_hw)
        for zoom, (height, width), size in zip(
            row.zooms, subject.shapes_hw, row.sizes_hw, strict=True
        ):
            assert min(zoom.pixels_per_cell, zoom.cells_per_pixel) == 1
            assert size == (zoom.length_px(height), zoom.length_px(width))


@settings(max_examples=150, deadline=None)
@given(subjects)
def test_no_other_whole_number_of_pixels_brings_a_tile_nearer_to_the_width_of_the_finest(
    shown: list[Subject],
) -> None:
    for row in fit_rows(shown, 4000, 1900, 1) or ():
        finest = max(
            range(2), key=lambda n: row.subject.shapes_hw[n][0] * row.subject.shapes_hw[n][1]
        )
        wanted = widths(row)[finest]
        for zoom, (_, cells) in zip(row.zooms, row.subject.shapes_hw, strict=True):
            if cells <= wanted:
                off = abs(zoom.length_px(cells) - wanted)
                for pixels in (zoom.pixels_per_cell - 1, zoom.pixels_per_cell + 1):
                    assert off <= abs(pixels * cells - wanted) or not pixels


def test_fewer_than_wanted_are_shown_only_where_cells_would_be_lost_otherwise() -> None:
    fine, coarse = Subject(((200, 300),), 4, 8), Subject(((10, 15),), 4, 8)
    (row,) = fit_rows([fine], 2000, 700, 1) or ()
    assert (row.tiles, widths(row)) == (2, [300])
    (row,) = fit_rows([coarse], 2000, 700, 1) or ()
    assert (row.tiles, widths(row)) == (4, [165])


def test_there_are_never_more_tiles_than_wanted_and_the_rest_widens_the_gaps() -> None:
    (row,) = fit_rows([Subject(((60, 100),), 2, 3)], 60, 900, 1) or ()
    assert (row.tiles, widths(row), row.pitch_px) == (3, [100], 108)


@pytest.mark.parametrize(("height_px", "width_px"), [(300, 956), (876, 60)])
def test_where_not_even_small_tiles_fit_there_is_no_answer(height_px: int, width_px: int) -> None:
    assert fit_rows([FRAMES, *STOCK], height_px, width_px, 1) is None
