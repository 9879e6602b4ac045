"""The demo's contact sheet: a few mosaics of its drive on one page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import TubError
from donkey_activations.files import written_whole
from donkey_activations.mosaic.contact_sheet import page, spread, tile

PICTURES, COLUMNS = 6, 3


def chosen(mosaics: Sequence[Path], count: int = PICTURES) -> list[Path]:
    """Mosaics spread evenly over a drive, the first and the last among them."""
    return [mosaics[place] for place in spread(count, len(mosaics))]


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
    tiles = [tile(_read(path), f"record {path.stem}", columns) for path in shown]
    done, encoded = cv2.imencode(target.suffix, page(tiles, title, columns))
    if not done:
        raise TubError(f"expected a contact sheet for {target}, got no picture from OpenCV")
    try:
        with written_whole(target, is_ours=True) as unfinished:
            unfinished.write_bytes(encoded.tobytes())
    except OSError as error:
        raise TubError(
            f"expected to write {target}, got: {error.strerror}; make its folder writable"
        ) from error


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise TubError(f"expected a mosaic in {path}, got no picture; run the demo again")
    return picture.astype(np.uint8, copy=False)
