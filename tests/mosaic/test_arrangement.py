"""How much of a picture is used, whatever the camera's shape."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from donkey_activations import LayerInfo, Layout
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.mosaic.arrangement import PlacedPanel
from donkey_activations.mosaic.panels.camera import CameraPanel
from donkey_activations.mosaic.panels.controls import ControlsPanel
from donkey_activations.mosaic.panels.layers import BandPanel
from donkey_activations.mosaic.panels.saliency import NoSaliencyPanel, SaliencyPanel
from donkey_activations.mosaic.sheet import sheet

WINDOW = Window((5, 5), (2, 2), (0, 0))
LINE_PX = 20


def layers(*, branching: bool = False) -> tuple[LayerInfo, ...]:
    window = None if branching else WINDOW
    sizes = [(58, 78, 24), (12, 17, 64)]
    return tuple(
        LayerInfo(f"conv2d_{n}", "Conv2D", *size, window=window) for n, size in enumerate(sizes)
    )


def places(
    frame_hw: tuple[int, int], layout: Layout | None = None, *, branching: bool = False
) -> Sequence[PlacedPanel]:
    drivers = ("user", "pilot")
    return sheet(frame_hw, layers(branching=branching), layout or Layout(), drivers).panels


def only(kind: type, found: Sequence[PlacedPanel]) -> PlacedPanel:
    (place,) = (one for one in found if isinstance(one.panel, kind))
    return place


def frame_of(found: Sequence[PlacedPanel]) -> tuple[int, int]:
    """(height, width) in pixels at which the camera's frame is drawn."""
    panel = only(CameraPanel, found).panel
    assert isinstance(panel, CameraPanel)
    return panel._size_hw


@pytest.mark.parametrize(
    ("frame_hw", "drawn_hw"),
    [
        ((120, 160), (240, 320)),
        ((360, 640), (180, 320)),
        ((50, 150), (100, 300)),
        # 2 * 150 + 4 of 656 px is less than half: beside the layers, and 492 px high at most.
        ((150, 50), (450, 150)),
        ((160, 120), (320, 240)),
        ((100, 100), (300, 300)),
        ((480, 640), (240, 320)),
    ],
)
def test_the_camera_is_as_large_as_worked_by_hand(
    frame_hw: tuple[int, int], drawn_hw: tuple[int, int]
) -> None:
    assert frame_of(places(frame_hw)) == drawn_hw


def test_a_narrow_camera_stands_beside_the_layers_with_the_controls_below_it() -> None:
    found = places((150, 50))
    camera, saliency = only(CameraPanel, found), only(SaliencyPanel, found)
    controls = only(ControlsPanel, found)
    bands = [place for place in found if isinstance(place.panel, BandPanel)]
    assert camera.top_px == saliency.top_px == bands[0].top_px
    assert camera.left_px + 150 < saliency.left_px
    assert saliency.left_px + 150 <= bands[0].left_px == bands[1].left_px
    assert controls.left_px == camera.left_px
    assert controls.top_px >= camera.top_px + LINE_PX + 450


def test_a_pilot_without_saliency_gives_its_room_to_the_camera() -> None:
    found = places((120, 160), branching=True)
    assert frame_of(found) == (360, 480)
    said = only(NoSaliencyPanel, found)
    assert said.top_px >= only(CameraPanel, found).top_px + LINE_PX + 360


@pytest.mark.parametrize(("width_px", "drawn_hw"), [(320, (120, 160)), (160, (60, 80))])
def test_in_a_narrow_picture_each_frame_has_a_row_of_its_own(
    width_px: int, drawn_hw: tuple[int, int]
) -> None:
    found = places((120, 160), Layout(width_px=width_px))
    assert frame_of(found) == drawn_hw
    assert only(SaliencyPanel, found).top_px > only(CameraPanel, found).top_px + drawn_hw[0]


def test_in_a_film_a_narrow_camera_has_saliency_at_its_side() -> None:
    found = places((150, 50), Layout(arrangement="beside", width_px=1280, height_px=720))
    # 605 px are for frames: below each other twice their size, beside each other four times.
    assert frame_of(found) == (600, 200)
    assert only(SaliencyPanel, found).top_px == only(CameraPanel, found).top_px


def test_an_order_of_ones_own_is_kept() -> None:
    found = places((150, 50), Layout(panels=("layers", "camera", "saliency")))
    last_band = [place for place in found if isinstance(place.panel, BandPanel)][-1]
    assert only(CameraPanel, found).top_px > last_band.top_px + last_band.panel.height_px - 1
    apart = Layout(
        panels=("camera", "controls", "saliency", "layers"),
        arrangement="beside",
        width_px=1280,
        height_px=720,
    )
    tops = [place.top_px for place in places((150, 50), apart)][:3]
    assert tops == sorted(set(tops))


@settings(max_examples=80, deadline=None)
@given(st.integers(20, 500), st.integers(20, 700))
def test_no_camera_is_a_stamp_in_an_empty_page(height: int, width: int) -> None:
    found = places((height, width))
    drawn_height, drawn_width = frame_of(found)
    # The longer side: of most of its share of the row, or of the height that frames may have.
    assert max(drawn_height / 398, drawn_width / 326) > 0.5
