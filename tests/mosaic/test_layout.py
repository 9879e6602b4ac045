from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from donkey_activations import LayoutError
from donkey_activations.mosaic.layout import Layout, fit_grid, load_layout


def test_keys_left_out_of_a_file_keep_their_default(tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text("gap_px: 3\n")
    assert load_layout(file) == Layout(gap_px=3)
    file.write_text("# nothing set\n")
    assert load_layout(file) == Layout()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour: red", "unknown key 'colour'.*width_px, gap_px"),
        ("width_px: wide", "width_px: expected a whole number from 160 to 4096, got 'wide'"),
        ("width_px: 100", "from 160 to 4096, got 100"),
        ("gap_px: true", "got True"),
        ("- 1", "key: value"),
        ("a: [", "expected YAML"),
        ("!!python/object/apply:os.system [true]", "expected YAML"),
    ],
)
def test_a_wrong_file_is_answered_with_what_was_expected(
    text: str, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text(text)
    with pytest.raises(LayoutError, match=said) as raised:
        load_layout(file)
    assert str(file) in str(raised.value)


def test_a_missing_file_is_a_layout_error(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="No such file"):
        load_layout(tmp_path / "none.yaml")


def test_the_first_layer_of_a_stock_pilot_is_shown_cell_by_pixel() -> None:
    grid = fit_grid(58, 78, 24, Layout())
    assert (grid.tile_height_px, grid.tile_width_px) == (58, 78)
    assert (grid.rows, grid.columns) == (3, 8)


@given(
    height=st.integers(1, 400),
    width=st.integers(1, 700),
    filters=st.integers(1, 512),
    width_px=st.integers(160, 2000),
    gap_px=st.integers(0, 8),
)
def test_every_filter_has_a_place_within_the_width(
    height: int, width: int, filters: int, width_px: int, gap_px: int
) -> None:
    grid = fit_grid(height, width, filters, Layout(width_px=width_px, gap_px=gap_px))
    assert grid.rows * grid.columns >= filters > (grid.rows - 1) * grid.columns
    assert grid.columns * (grid.tile_width_px + gap_px) <= width_px
    enlarged = grid.tile_width_px // width
    if enlarged:
        assert (grid.tile_height_px, grid.tile_width_px) == (enlarged * height, enlarged * width)
