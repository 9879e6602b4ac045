"""The demo's contact sheet: a few mosaics of its drive on one page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import TubError
from donkey_activations.export.picture import save_picture
from donkey_activations.mosaic.contact_sheet import page, spread, tile

PICTURES, COLUMNS = 6, 3


def chosen(mosaics: Sequence[Path], count: int = PICTURES) -> list[Path]:
    """Mosaics spread evenly over a drive, the first and the last among them."""
    return [mosaics[position] for position in spread(count, len(mosaics))]


def write_sheet(target: Path, mosaics: Sequence[Path], title: str) -> None:
    """Write the contact sheet.

    Args:
        target: A .jpg or .png file; an older one is replaced.
        mosaics: Pictures named ``<index>.jpg``, in order; six of them are shown.
        title: One line of ASCII above them.

    Raises:
        TubError: If a picture cannot be read.
        OSError: If the sheet cannot be written.
    """
    shown = chosen(mosaics)
    columns = min(COLUMNS, len(shown))
    tiles = [tile(_read(path), f"record {path.stem}", columns) for path in shown]
    save_picture(page(tiles, title, columns), target)


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TubError(f"expected a mosaic in {path}, got no picture; run the demo again")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
