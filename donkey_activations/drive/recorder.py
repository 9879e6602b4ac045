"""From a drawn mosaic to a file in the tub, as long as the disk has room."""

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import TubError
from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.tubs.given_sets import given_set
from donkey_activations.tubs.mosaics import MosaicSet

logger = logging.getLogger(__name__)

MIN_FREE_BYTES = 256 * 1024 * 1024


def tub_folder(tub: Any) -> Path:
    """Return the absolute folder of an opened Donkeycar tub."""
    return Path(tub.manifest.base_path)


class MosaicRecorder:
    """Writes mosaics into a set, and stops where they would fill the disk.

    A full disk stops the car in stock Donkeycar (its own records cannot be written), so the
    pictures leave it alone in time: below ``MIN_FREE_BYTES`` they stop and the records go on.
    """

    def __init__(self, mosaics: MosaicSet, jpeg_quality: int, channel: str | None = None) -> None:
        """Make the set's folder.

        Args:
            mosaics: Where the pictures of recorded frames go.
            jpeg_quality: 1 to 100.
            channel: Where the frames come from, if it is known that they are no recorded ones.

        Raises:
            TubError: The folder cannot be written to, or the disk is too full to begin.
        """
        self._mosaics = mosaics
        self._sets: dict[str | None, MosaicSet] = {}
        self._folder = self._made_set(channel).path
        self.has_room = self._measure_room()
        self._jpeg_quality = jpeg_quality
        self._refers = True
        if not self.has_room:
            raise TubError(
                f"{self._folder}: expected at least {MIN_FREE_BYTES >> 20} MB of free disk "
                "for mosaics; free the disk, records need it too"
            )

    def reference(self, index: int, channel: str | None = None) -> str:
        """Return what the record is to carry; ``""`` since a mosaic has failed.

        Args:
            index: The record's ``_index``.
            channel: Where the frame comes from, if it is no recorded one.
        """
        return self._set(channel).reference(index) if self._refers else ""

    def stop_referring(self) -> None:
        """Have records refer to no picture until one is written again."""
        self._refers = False

    def _set(self, channel: str | None) -> MosaicSet:
        return self._mosaics if channel is None else given_set(self._mosaics, channel)

    def _made_set(self, channel: str | None) -> MosaicSet:
        """Make a folder once: when it is gone later, somebody has taken it away."""
        if channel not in self._sets:
            mosaics = self._set(channel)
            mosaics.create()
            self._sets[channel] = mosaics
        return self._sets[channel]

    def _measure_room(self) -> bool:
        return shutil.disk_usage(self._folder).free >= MIN_FREE_BYTES

    def look_for_room(self) -> None:
        """Measure the free disk, and say so when it has crossed the floor."""
        had_room, self.has_room = self.has_room, self._measure_room()
        if self.has_room != had_room:
            logger.warning(
                "mosaics %s: the disk has %s than %d MB free",
                "go on" if self.has_room else "stop, records go on",
                "more" if self.has_room else "less",
                MIN_FREE_BYTES >> 20,
            )

    def write(self, index: int, picture: NDArray[np.uint8], channel: str | None = None) -> None:
        """Encode and write one mosaic.

        Args:
            index: The record's ``_index``.
            picture: uint8 ``(H, W, 3)`` RGB.
            channel: Where the frame comes from, if it is no recorded one: such mosaics have a set
                of their own.

        Raises:
            OSError: The disk is full, gone, or read-only.
            TubError: The folder of another set cannot be made.
        """
        self._made_set(channel).write_picture(index, encode_jpeg(picture, self._jpeg_quality))
        self._refers = True
