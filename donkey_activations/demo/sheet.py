"""A contact sheet: a few mosaics of a drive on one page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import TubError

Image = NDArray[np.uint8]

PICTURES, COLUMNS = 6, 3
WIDEST_PX = 2000
_GAP_PX, _CAPTION_PX, _TITLE_PX = 12, 26, 40
_PAPER, _INK = 24, (235, 235, 235)


def chosen(mosaics: Sequence[Path], count: int = PICTURES) -> list[Path]:
    """Mosaics spread evenly over a drive, the first and the last among them."""
    places = np.linspace(0, len(mosaics) - 1, min(count, len(mosaics))).round().astype(int)
    return [mosaics[place] for place in places]


def write_sheet(target: Path, mosaics: Sequence[Path], title: str) -> None:
    """Write the contact sheet.

    Args:
        target: A .jpg or .png file; an older one is replaced.
        mosaics: Pictures named ``<index>.jpg``, in order; six of them are shown.
        title: One line of ASCII above them.

    Raises:
        TubError: If a picture cannot be read, or the sheet not be written.
    """
    shown = chosen(mosaics)
    columns = min(COLUMNS, len(shown))
    width_px = (WIDEST_PX - _GAP_PX) // columns - _GAP_PX
    tiles = [_tile(path, width_px) for path in shown]
    rows = [
        _row(tiles[first : first + columns], columns) for first in range(0, len(tiles), columns)
    ]
    page = np.vstack(rows)
    head = np.full((_TITLE_PX, page.shape[1], 3), _PAPER, np.uint8)
    _write(head, title, _TITLE_PX - 14, 0.7)
    done, encoded = cv2.imencode(target.suffix, np.vstack([head, page]))
    if not done:
        raise TubError(f"expected a contact sheet for {target}, got no picture from OpenCV")
    unfinished = target.with_name(f".{target.name}.part")
    try:
        unfinished.write_bytes(encoded.tobytes())
        unfinished.replace(target)
    except OSError as error:
        raise TubError(
            f"expected to write {target}, got: {error.strerror}; make its folder writable"
        ) from error


def _tile(path: Path, width_px: int) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TubError(f"expected a mosaic in {path}, got no picture; run the demo again")
    scale = min(1.0, width_px / picture.shape[1])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tile = np.full((size[1] + _CAPTION_PX, size[0], 3), _PAPER, np.uint8)
    tile[_CAPTION_PX:] = small
    _write(tile, f"record {path.stem}", _CAPTION_PX - 8, 0.5)
    return tile


def _row(tiles: Sequence[Image], columns: int) -> Image:
    """Side by side on paper; a short last row is filled up with paper."""
    width_px = max(tile.shape[1] for tile in tiles)
    height_px = max(tile.shape[0] for tile in tiles)
    row = np.full(
        (height_px + _GAP_PX, columns * (width_px + _GAP_PX) + _GAP_PX, 3), _PAPER, np.uint8
    )
    for number, tile in enumerate(tiles):
        left = _GAP_PX + number * (width_px + _GAP_PX)
        row[: tile.shape[0], left : left + tile.shape[1]] = tile
    return row


def _write(picture: Image, text: str, baseline_px: int, scale: float) -> None:
    cv2.putText(
        picture, text, (_GAP_PX, baseline_px), cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA
    )
