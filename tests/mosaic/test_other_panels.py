"""A panel of another distribution: where it stands, and that it is drawn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from other_distribution import on_the_path, write_distribution

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic

RED = np.array([255, 0, 0])
FRAME = np.full((120, 160, 3), (0, 0, 255), np.uint8)
LAYERS = (LayerInfo("conv2d_1", "Conv2D", height=58, width=78, filters=4),)
MAPS = (np.random.default_rng(3).random((58, 78, 4), np.float32),)

PANEL = """
from donkey_activations.mosaic.panels.base import Panel
from donkey_activations.mosaic.panels.camera import fit_frame

def make(setting, available_width_px):
    return [Red(setting, available_width_px)] * {count}

def is_frame_sized(setting):
    return {frame_sized}

class Red(Panel):
    def __init__(self, setting, available_width_px):
        zoom = fit_frame(setting, available_width_px)
        self.height_px, self.width_px = (zoom.length_px(px) for px in setting.frame_hw)

    def draw_once(self, area):
        area[:] = (255, 0, 0)

    def draw(self, area, scene):
        pass
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path) -> Iterator[None]:
    kinds = {"pane": ("True", 1), "row": ("False", 1), "nothing": ("True", 0)}
    for name, (frame_sized, count) in kinds.items():
        module = tmp_path / f"red_{name}.py"
        module.write_text(PANEL.format(frame_sized=frame_sized, count=count))
        write_distribution(tmp_path, "acme", f"{name} = {module.stem}", "donkey_activations.panels")
    with on_the_path(tmp_path):
        yield


def drawn(*panels: str) -> tuple[np.ndarray, np.ndarray]:
    """Where the camera's blue and the panel's red are in the picture."""
    picture = render_mosaic(FRAME, LAYERS, MAPS, Layout(panels=panels))
    return (picture == FRAME[0, 0]).all(axis=2), (picture == RED).all(axis=2)


def test_one_as_large_as_the_frame_stands_beside_the_camera() -> None:
    blue, red = drawn("camera", "pane", "layers")
    assert blue.sum() == red.sum() > 0
    (top_of_blue, *_), (top_of_red, *_) = (np.flatnonzero(x.any(axis=1)) for x in (blue, red))
    assert top_of_blue - top_of_red < 40  # of the camera's caption
    assert np.flatnonzero(blue.any(axis=0))[-1] < np.flatnonzero(red.any(axis=0))[0]


def test_any_other_is_a_row_of_its_own() -> None:
    blue, red = drawn("camera", "row", "layers")
    assert np.flatnonzero(blue.any(axis=1))[-1] < np.flatnonzero(red.any(axis=1))[0]


@pytest.mark.parametrize("panels", [("nothing",), ("camera", "nothing", "layers")])
def test_one_that_shows_nothing_here_leaves_the_others(panels: tuple[str, ...]) -> None:
    blue, red = drawn(*panels)
    assert blue.any() == ("camera" in panels)
    assert not red.any()


def test_a_wrong_name_is_answered_with_all_names_ours_first() -> None:
    with pytest.raises(LayoutError, match="camera, saliency, controls, layers, nothing, pane, row"):
        Layout(panels=("camera", "pain"))
