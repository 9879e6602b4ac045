"""How bright a layer's usual values are: against the formula that the legend explains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from donkey_activations import LayerInfo, Layout, render_mosaic
from donkey_activations.mosaic.brightness import gamma_for
from donkey_activations.mosaic.colours import THEMES, colour_table
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.sheet import sheet

FRAME = np.zeros((120, 160, 3), np.uint8)
DARK = THEMES["dark"]

shares = st.floats(1e-9, 1, exclude_max=True)


@given(shares)
def test_usual_values_have_three_tenths_of_the_brightness_as_far_as_the_limits_allow(
    share: float,
) -> None:
    gamma = gamma_for(share)
    assert 0.3 <= gamma <= 0.7
    exact = np.log(0.3) / np.log(share)
    assert abs(gamma - np.clip(exact, 0.3, 0.7)) <= 0.0251


@given(shares, shares)
def test_fainter_layers_are_never_drawn_darker(one: float, other: float) -> None:
    assert gamma_for(min(one, other)) <= gamma_for(max(one, other))


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5, -1.0, float("nan"), float("inf")])
def test_where_nothing_is_usual_the_gamma_is_the_usual_one(share: float) -> None:
    assert gamma_for(share) == 0.7


def test_a_small_change_from_frame_to_frame_does_not_change_the_gamma() -> None:
    assert len({gamma_for(share) for share in np.linspace(0.110, 0.112, 50)}) == 1


def tile_of(maps: np.ndarray, layout: Layout, run: dict[str, LayerRun] | None = None) -> np.ndarray:
    """The tile of a layer of one filter, a pixel for each cell."""
    layer = LayerInfo("conv2d_1", "Conv2D", *maps.shape)
    picture = render_mosaic(FRAME, [layer], [maps], layout, run=run)
    (place,) = sheet((120, 160), (layer,), layout, ()).panels
    area = place.area(picture)
    cell = area.shape[0] // maps.shape[0]
    return area[: cell * maps.shape[0] : cell, : cell * maps.shape[1] : cell]


def faint_maps(strongest: float) -> np.ndarray:
    """Values of about 0.02 everywhere but in one cell."""
    maps = np.full((8, 10, 1), 0.02, np.float32)
    maps[0, 0] = strongest
    return maps


def test_a_few_strong_cells_do_not_hide_all_the_others() -> None:
    automatic = Layout(panels=("layers",), captions=False)
    fixed = Layout(panels=("layers",), captions=False, gamma=0.7)
    shown, before = (tile_of(faint_maps(1.0), layout).max(axis=2) for layout in (automatic, fixed))
    assert shown[4, 4] > 2 * before[4, 4]
    assert shown[0, 0] == before[0, 0], "the largest value has the brightest colour"


def test_no_brighter_value_is_drawn_darker() -> None:
    rising = np.linspace(0, 1, 80, dtype=np.float32).reshape(8, 10, 1) ** 5
    tile = tile_of(rising, Layout(panels=("layers",), captions=False, colormap="gray"))
    assert (np.diff(tile[:, :, 0].ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("strongest", [0.5, 0.9])
def test_over_a_run_a_value_has_the_same_colour_in_every_frame(strongest: float) -> None:
    layout = Layout(panels=("layers",), captions=False, scaling="run")
    run = {"conv2d_1": LayerRun(1.0, 0.05)}
    colour = tile_of(faint_maps(strongest), layout, run)[4, 4]
    table = colour_table("inferno", DARK, gamma_for(0.05))
    assert colour.tolist() == table[round(0.02 * 252), 0].tolist()


@pytest.mark.parametrize("scaling", [(0.0, 1.0), "filter"])
def test_where_values_have_a_colour_of_their_own_it_does_not_depend_on_the_others(
    scaling: object,
) -> None:
    layout = Layout(panels=("layers",), captions=False, scaling=scaling)  # type: ignore[arg-type]
    colour = tile_of(faint_maps(1.0), layout)[4, 4]
    assert colour.tolist() == colour_table("inferno", DARK, 0.7)[round(0.02 * 252), 0].tolist()
