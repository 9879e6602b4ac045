"""Draws the mosaic: frame, feature maps and layout in, one picture out."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.controls import Controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.panels.base import Scene
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.sheet import sheet
from donkey_activations.mosaic.tile_order import silent_filters

# Part of the name of a set of mosaics: raise it when the same maps are drawn in another way.
DRAWING_VERSION = 3

Picture = NDArray[np.uint8]


def render_mosaic(
    frame: NDArray[np.uint8],
    layers: Sequence[LayerInfo],
    maps: Sequence[NDArray[np.float32]],
    layout: Layout | None = None,
    *,
    controls: Mapping[str, Controls] | None = None,
    run: Mapping[str, LayerRun] | None = None,
    trained_hw: tuple[int, int] | None = None,
    camera_hw: tuple[int, int] | None = None,
    unfed_inputs: Sequence[str] = (),
) -> Picture:
    """Draw all feature maps of one frame into one picture.

    In the default layout a layer's tiles share one scale, from 0 to the layer's largest value in
    this frame, so that they can be compared; a filter that does not fire at all is crossed out.

    Args:
        frame: uint8 ``(height, width, 3)`` RGB, or ``(height, width[, 1])`` grey, or a sequence of
            such frames, of which the newest is drawn. Left unchanged.
        layers: The layers, as a ``FeatureExtractor`` gives them.
        maps: Their maps, float32 ``(height, width, filters)`` each. Left unchanged.
        layout: The look; None is the default one.
        controls: Steering and throttle by driver, ``user`` or ``pilot``, where known.
        run: For layers that are scaled over the run, what is known of it by the layer's name, as
            ``RunRanges`` finds it; without it a run is this one frame. Filters that never fire in
            it are left out.
        trained_hw: ``(height, width)`` in pixels that the pilot was trained at, where the maps were
            computed at another size; the picture says so beside the camera.
        camera_hw: ``(height, width)`` in pixels of what the frame was made of, where that had
            another size; the picture says so, too.
        unfed_inputs: Names of the pilot's other inputs that were 0 because nobody fed them; the
            picture names them.

    Returns:
        uint8 ``(H, W, 3)`` RGB, W being the layout's ``width_px``.

    Raises:
        FrameError: The frame is no picture, or a map's shape is not its layer's.
        LayoutError: The layout names a layer or filter that there is not, or is too low.
    """
    shown = as_rgb(frame)
    for layer, layer_maps in zip(layers, maps, strict=True):
        if layer_maps.shape != (layer.height, layer.width, layer.filters):
            raise FrameError(
                f"{layer.name}: expected maps of shape "
                f"{(layer.height, layer.width, layer.filters)}, got {layer_maps.shape}"
            )
    known = controls or {}
    height, width = shown.shape[:2]
    layout = layout or Layout()
    page = sheet(
        (height, width),
        tuple(layers),
        layout,
        tuple(known),
        trained_hw=trained_hw,
        camera_hw=camera_hw,
        unfed_inputs=tuple(unfed_inputs),
        silent=silent_filters(layout, run or {}),
    )
    scene = Scene(shown, tuple(layers), tuple(maps), known, run or {})
    picture = page.blank.copy()
    for placed in page.panels:
        placed.panel.draw(placed.area(picture), scene)
    return picture


def as_rgb(frame: NDArray[np.uint8]) -> Picture:
    """Return what is shown of a frame.

    Args:
        frame: As of ``render_mosaic``.

    Returns:
        uint8 ``(height, width, 3)`` RGB.

    Raises:
        FrameError: The frame is no picture.
    """
    newest = frame[-1] if frame.ndim == 4 else frame
    if newest.ndim == 2:
        newest = newest[:, :, np.newaxis]
    if newest.ndim != 3 or newest.shape[2] not in (1, 3) or newest.dtype != np.uint8:
        raise FrameError(
            "expected a uint8 frame (height, width, 3) or (height, width[, 1]), "
            f"got {frame.dtype} {frame.shape}"
        )
    return np.repeat(newest, 3, axis=2) if newest.shape[2] == 1 else newest
