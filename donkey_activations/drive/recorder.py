"""From a drawn mosaic to a file in the tub, as long as the disk has room."""

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import TubError
from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.tubs.mosaics import MosaicSet

logger = logging.getLogger(__name__)

MIN_FREE_BYTES = 256 * 1024 * 1024


def tub_folder(tub: Any) -> Path:
    """Returns the absolute folder of an opened Donkeycar tub."""
    return Path(tub.manifest.base_path)


class MosaicRecorder:
    """Writes mosaics into a set, and stops where they would fill the disk.

    A full disk stops the car in stock Donkeycar (its own records cannot be written), so the
    pictures leave it alone in time: below ``MIN_FREE_BYTES`` they stop and the records go on.
    """

    def __init__(self, mosaics: MosaicSet, jpeg_quality: int) -> None:
        """Makes the set's folder.

        Args:
            mosaics: Where the pictures go.
            jpeg_quality: 1 to 100.

        Raises:
            TubError: The folder cannot be written to, or the disk is too full to begin.
        """
        mosaics.create()
        self.mosaics = mosaics
        self.has_room = self._measure_room()
        self._jpeg_quality = jpeg_quality
        self._refers = True
        if not self.has_room:
            raise TubError(
                f"{mosaics.path}: expected at least {MIN_FREE_BYTES >> 20} MB of free disk "
                "for mosaics; free the disk, records need it too"
            )

    def reference(self, index: int) -> str:
        """Returns what the record is to carry; ``""`` since a mosaic has failed."""
        return self.mosaics.reference(index) if self._refers else ""

    def stop_referring(self) -> None:
        """Has records refer to no picture until one is written again."""
        self._refers = False

    def _measure_room(self) -> bool:
        return shutil.disk_usage(self.mosaics.path).free >= MIN_FREE_BYTES

    def look_for_room(self) -> None:
        """Measures the free disk, and says so when it has crossed the floor."""
        had_room, self.has_room = self.has_room, self._measure_room()
        if self.has_room != had_room:
            logger.warning(
                "mosaics %s: the disk has %s than %d MB free",
                "go on" if self.has_room else "stop, records go on",
                "more" if self.has_room else "less",
                MIN_FREE_BYTES >> 20,
            )

    def write(self, index: int, picture: NDArray[np.uint8]) -> None:
        """Encodes and writes one mosaic.

        Args:
            index: The record's ``_index``.
            picture: uint8 ``(H, W, 3)`` RGB.

        Raises:
            OSError: The disk is full, gone, or read-only.
        """
        self.mosaics.write_picture(index, encode_jpeg(picture, self._jpeg_quality))
        self._refers = True
