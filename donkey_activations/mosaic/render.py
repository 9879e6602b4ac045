"""Draws the mosaic: the camera's frame, and below it one band of tiles a layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.frames import opencv
from donkey_activations.mosaic.layout import Grid, Layout, fit_grid
from donkey_activations.mosaic.scaling import brightest, to_brightness

Picture = NDArray[np.uint8]

_BACKGROUND = (58, 62, 70)
# Of a byte's 256 values the last is the gap between tiles, so that one table colours both.
_BRIGHTEST = 254
_GAP = 255
_TEXT = (235, 235, 235)
_CAPTION_HEIGHT_PX = 20
_MARGIN_PX = 4
_FRAME_HEIGHT_SHARE = 0.375


def render_mosaic(
    frame: NDArray[np.uint8],
    layers: Sequence[LayerInfo],
    maps: Sequence[NDArray[np.float32]],
    layout: Layout | None = None,
) -> Picture:
    """Draws all feature maps of one frame into one picture.

    A layer's tiles share one scale, from 0 (black) to the layer's largest value in this frame
    (brightest), so that they can be compared; a filter that does not fire is black.

    Args:
        frame: uint8 ``(height, width, 3)`` RGB, or ``(height, width[, 1])`` grey, or a sequence of
            such frames, of which the newest is drawn. Left unchanged.
        layers: The layers, as a ``FeatureExtractor`` gives them.
        maps: Their maps, float32 ``(height, width, filters)`` each. Left unchanged.
        layout: The look; None is the default one.

    Returns:
        uint8 ``(H, W, 3)`` RGB, W being the layout's ``width_px``.

    Raises:
        FrameError: The frame is no picture, or a map's shape is not its layer's.
    """
    shown = _as_rgb(frame)
    for layer, layer_maps in zip(layers, maps, strict=True):
        if layer_maps.shape != (layer.height, layer.width, layer.filters):
            raise FrameError(
                f"{layer.name}: expected maps of shape "
                f"{(layer.height, layer.width, layer.filters)}, got {layer_maps.shape}"
            )
    sheet = _sheet(shown.shape[0], shown.shape[1], tuple(layers), layout or Layout())
    picture = sheet.blank.copy()
    _place(picture, sheet.frame_top_px, _resize(shown, *sheet.frame_hw_px))
    for band, layer_maps in zip(sheet.bands, maps, strict=True):
        _place(picture, band.top_px, _tiles(layer_maps, band.grid, sheet.gap_px))
    return picture


@dataclass(frozen=True)
class _Band:
    top_px: int
    grid: Grid


@dataclass(frozen=True, eq=False)
class _Sheet:
    """All that is the same from frame to frame: the captions, and where everything goes."""

    blank: Picture
    frame_top_px: int
    frame_hw_px: tuple[int, int]
    bands: tuple[_Band, ...]
    gap_px: int


@lru_cache(maxsize=8)
def _sheet(
    frame_height: int, frame_width: int, layers: tuple[LayerInfo, ...], layout: Layout
) -> _Sheet:
    frame_hw = _fit_frame(frame_height, frame_width, layout)
    captions = [(f"camera  {frame_width} x {frame_height}", 0)]
    bands = []
    top = _CAPTION_HEIGHT_PX + frame_hw[0] + _MARGIN_PX
    for layer in layers:
        grid = fit_grid(layer.height, layer.width, layer.filters, layout)
        captions.append(
            (f"{layer.name}  {layer.width} x {layer.height} x {layer.filters} filters", top)
        )
        bands.append(_Band(top + _CAPTION_HEIGHT_PX, grid))
        tiles_height = grid.rows * (grid.tile_height_px + layout.gap_px)
        top += _CAPTION_HEIGHT_PX + tiles_height + _MARGIN_PX
    blank = np.full((top, layout.width_px, 3), _BACKGROUND, np.uint8)
    for text, caption_top in captions:
        _write(blank, text, _MARGIN_PX, caption_top)
    _draw_legend(blank, frame_hw)
    return _Sheet(blank, _CAPTION_HEIGHT_PX, frame_hw, tuple(bands), layout.gap_px)


def _fit_frame(height: int, width: int, layout: Layout) -> tuple[int, int]:
    room_height = round(layout.width_px * _FRAME_HEIGHT_SHARE)
    factor = min(room_height / height, layout.width_px / width)
    if factor >= 1.0:
        factor = float(int(factor))
    return max(1, round(height * factor)), max(1, round(width * factor))


def _write(picture: Picture, text: str, left_px: int, top_px: int) -> None:
    cv2 = opencv()
    cv2.putText(
        picture,
        text,
        (left_px, top_px + _CAPTION_HEIGHT_PX - 6),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.45,
        _TEXT,
        1,
        cv2.LINE_AA,
    )


def _draw_legend(blank: Picture, frame_hw: tuple[int, int]) -> None:
    """Draws the colour scale beside the frame, where there is room for it."""
    left = frame_hw[1] + 2 * _MARGIN_PX
    bar_width = min(256, blank.shape[1] - left - _MARGIN_PX)
    if bar_width < 150:
        return
    ramp = np.linspace(0, _BRIGHTEST, bar_width).astype(np.uint8)
    top = _CAPTION_HEIGHT_PX
    blank[top : top + 12, left : left + bar_width] = _colour(ramp[np.newaxis])
    _write(blank, "0", left, top + 12)
    _write(blank, "layer's max", left + bar_width - 84, top + 12)


def _tiles(maps: NDArray[np.float32], grid: Grid, gap_px: int) -> Picture:
    brightness = to_brightness(maps, brightest(maps), _BRIGHTEST)
    by_filter = np.ascontiguousarray(brightness.transpose(2, 0, 1))
    height, width = grid.tile_height_px, grid.tile_width_px
    band = np.full((grid.rows, height + gap_px, grid.columns, width + gap_px), _GAP, np.uint8)
    for i, feature_map in enumerate(by_filter):
        row, column = divmod(i, grid.columns)
        band[row, :height, column, :width] = _resize(feature_map, height, width)
    return _colour(band.reshape(grid.rows * (height + gap_px), -1))


def _colour(brightness: NDArray[np.uint8]) -> Picture:
    coloured: Picture = opencv().applyColorMap(brightness, _colour_table())
    return coloured


@lru_cache(maxsize=1)
def _colour_table() -> NDArray[np.uint8]:
    """The 256 colours as RGB. Inferno: black at 0, and legible for the colour-blind."""
    cv2 = opencv()
    ramp = np.linspace(0, 255, _BRIGHTEST + 1).astype(np.uint8)[:, np.newaxis]
    inferno = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, :, ::-1]
    return np.concatenate([inferno, np.full((1, 1, 3), _BACKGROUND, np.uint8)])


def _resize(image: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Enlarges without blur and reduces by area, so that no cell is dropped or invented."""
    if image.shape[:2] == (height_px, width_px):
        return image
    cv2 = opencv()
    smaller = height_px < image.shape[0] or width_px < image.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    resized: NDArray[np.uint8] = cv2.resize(image, (width_px, height_px), interpolation=method)
    return resized


def _place(picture: Picture, top_px: int, part: Picture) -> None:
    picture[top_px : top_px + part.shape[0], : part.shape[1]] = part


def _as_rgb(frame: NDArray[np.uint8]) -> Picture:
    newest = frame[-1] if frame.ndim == 4 else frame
    if newest.ndim == 2:
        newest = newest[:, :, np.newaxis]
    if newest.ndim != 3 or newest.shape[2] not in (1, 3) or newest.dtype != np.uint8:
        raise FrameError(
            "expected a uint8 frame (height, width, 3) or (height, width[, 1]), "
            f"got {frame.dtype} {frame.shape}"
        )
    return np.broadcast_to(newest, (*newest.shape[:2], 3)) if newest.shape[2] == 1 else newest
