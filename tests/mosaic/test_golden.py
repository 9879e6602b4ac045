"""Whole pictures as they are meant to look.

A picture changes only on purpose: run ``pytest tests/mosaic/test_golden.py --update-golden``, look
at each picture that has changed, and commit it with the reason.
"""

from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame
from PIL import Image

from donkey_activations import Controls, LayerInfo, Layout, render_mosaic
from donkey_activations.graphs.receptive_field.window import Window

FOLDER = Path(__file__).with_name("golden")

# OpenCV's versions may smooth the edges of letters a little differently.
_LETTERS = 24
_LETTERS_SHARE = 0.001

_SIZES = [(28, 38, 8), (12, 17, 12), (10, 15, 16)]
_WINDOWS = [
    Window((5, 5), (4, 4), (0, 0)),
    Window((5, 5), (2, 2), (0, 0)),
    Window((3, 3), (1, 1), (0, 0)),
]
_FIELDS = [(5, 5), (21, 21), (37, 37)]

LAYOUTS = {
    "default": Layout(),
    "film": Layout(arrangement="beside", width_px=800, layers=("conv2d_3", "conv2d_1")),
    "light": Layout(
        theme="light", width_px=320, colormap="viridis", order="energy", hide_dead=True, gap_px=2
    ),
    "narrow": Layout(width_px=160, layers_height_px=200, scaling="filter"),
    "signed": Layout(width_px=480, panels=("layers",), layers=("conv2d_2",)),
    "branching": Layout(width_px=400, panels=("saliency", "camera"), colormap="gray"),
}


def layers_and_maps(*, signed: bool, branching: bool) -> tuple[list[LayerInfo], list[np.ndarray]]:
    """Stripes of another width and direction in each filter; every third one is dead."""
    layers, maps = [], []
    for number, (height, width, filters) in enumerate(_SIZES):
        y, x = np.mgrid[:height, :width].astype(np.float32)
        stack = np.stack(
            [
                np.sin(x * (f + 1) / width * 6 + y * f / 9) * (f % 3 > 0) * (f + 1) / filters
                for f in range(filters)
            ],
            axis=-1,
        )
        maps.append(stack if signed else np.maximum(stack, 0))
        window = None if branching and number == 2 else _WINDOWS[number]
        size = (height, width, filters)
        layers.append(
            LayerInfo(f"conv2d_{number + 1}", "Conv2D", *size, _FIELDS[number], (4, 4), window)
        )
    return layers, maps


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_picture_looks_as_it_is_meant_to(name: str, request: pytest.FixtureRequest) -> None:
    layers, maps = layers_and_maps(signed=name == "signed", branching=name == "branching")
    controls = {"user": Controls(-0.4, 0.3), "pilot": Controls(0.25, 0.5)}
    frame = draw_frame(2)
    picture = render_mosaic(frame, layers, maps, LAYOUTS[name], controls=controls)
    file = FOLDER / f"{name}.png"
    if request.config.getoption("--update-golden"):
        Image.fromarray(picture).save(file, optimize=True)
    golden = np.asarray(Image.open(file))
    assert picture.shape == golden.shape
    assert share_that_differs(picture, golden) <= _LETTERS_SHARE


def share_that_differs(picture: np.ndarray, golden: np.ndarray) -> float:
    difference = np.abs(picture.astype(int) - golden).max(axis=2)
    return float((difference > _LETTERS).mean())


def test_one_wrong_tile_would_be_noticed() -> None:
    golden = np.asarray(Image.open(FOLDER / "default.png"))
    height, width, _ = _SIZES[0]
    wrong = golden.copy()
    wrong[-height:, -width:] = 255
    assert share_that_differs(wrong, golden) > _LETTERS_SHARE
