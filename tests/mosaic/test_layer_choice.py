"""Which layers of a deep network are shown, where nobody asks for any."""

from itertools import pairwise

import pytest

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.controls import CHANNELS
from donkey_activations.mosaic.layer_choice import MOST_LAYERS, choose_layers, note_on_choice
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.sheet import sheet

FRAME_HW = (48, 64)
FILM = Layout(arrangement="beside", width_px=1280, height_px=720)


def network(*groups: tuple[int, int]) -> list[LayerInfo]:
    """Groups of layers with square maps: how many, and how many cells a side."""
    sides = [cells for count, cells in groups for _ in range(count)]
    return [LayerInfo(f"c{n}", "Conv2D", side, side, 8) for n, side in enumerate(sides)]


DEEP = network((20, 32), (30, 16), (10, 8), (21, 4))


@pytest.mark.parametrize("count", [1, 5, MOST_LAYERS])
def test_as_many_layers_as_a_page_takes_are_all_shown(count: int) -> None:
    assert choose_layers(network((count, 8)), Layout(), FRAME_HW) == ()


def test_a_page_shows_a_part_of_more_in_the_networks_order() -> None:
    shown = choose_layers(DEEP, Layout(), FRAME_HW)
    assert len(shown) == MOST_LAYERS
    places = [int(name[1:]) for name in shown]
    assert places == sorted(places)
    # The first, the last, and each that is the last of its size.
    assert {0, 19, 49, 59, 80} <= set(places)
    # Evenly: 80 steps in 23 would be 3.5 each.
    steps = [after - before for before, after in pairwise(places)]
    assert max(steps) <= 2 * 80 / (MOST_LAYERS - 1)


def test_a_film_shows_what_fits_its_height_and_no_less() -> None:
    shown = choose_layers(DEEP, FILM, FRAME_HW)
    drivers = tuple(CHANNELS)
    fitting = Layout(arrangement="beside", width_px=1280, height_px=720, layers=shown)
    assert sheet(FRAME_HW, tuple(DEEP), fitting, drivers).blank.shape == (720, 1280, 3)
    assert {"c0", "c19", "c49", "c59", "c80"} <= set(shown)
    lower = choose_layers(DEEP, Layout(arrangement="beside", height_px=300), FRAME_HW)
    assert len(lower) < len(shown)
    assert set(lower) < set(shown)


def test_a_film_in_which_all_fit_shows_them_however_many_they_are() -> None:
    high = Layout(arrangement="beside", width_px=1280, height_px=4096)
    assert choose_layers(DEEP, high, FRAME_HW) == ()
    assert choose_layers(DEEP[:5], FILM, FRAME_HW) == ()


def test_a_height_in_which_nothing_fits_is_left_for_the_drawing_to_refuse() -> None:
    assert choose_layers(DEEP, Layout(height_px=90), FRAME_HW) == ()


@pytest.mark.parametrize(
    "layout", [Layout(layers=tuple(one.name for one in DEEP)), Layout(panels=("camera",))]
)
def test_nothing_is_chosen_where_the_layout_says_what_to_show(layout: Layout) -> None:
    assert choose_layers(DEEP, layout, FRAME_HW) == ()


def test_maps_of_one_cell_are_left_out_where_there_are_others() -> None:
    layers = network((20, 8), (10, 1), (20, 8), (2, 1))
    places = {int(name[1:]) for name in choose_layers(layers, Layout(), FRAME_HW)}
    assert len(places) == MOST_LAYERS
    assert not places & {*range(20, 30), 50, 51}
    assert {0, 49} <= places
    assert len(choose_layers(network((30, 1)), Layout(), FRAME_HW)) == MOST_LAYERS


def test_a_style_of_a_layer_that_is_not_shown_is_no_error() -> None:
    shown = choose_layers(DEEP, Layout(), FRAME_HW)
    hidden = next(one.name for one in DEEP if one.name not in shown)
    layout = Layout(per_layer={hidden: LayerStyle(top=2)}, layers=shown)
    assert sheet(FRAME_HW, tuple(DEEP), layout, ()).panels


def test_the_line_says_how_many_there_are_which_are_shown_and_what_chooses_others() -> None:
    line = note_on_choice(DEEP, ("c0", "c80"), "--layers")
    assert line == "81 convolutions: shown are c0, c80; --layers chooses others"
