"""Which records of a tub are drawn, and which of those are drawn already."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from donkey_activations.recorded.record_filter import RecordFilter
from donkey_activations.tubs.mosaics import MosaicSet
from donkey_activations.tubs.records import Record

_END_OF_JPEG = b"\xff\xd9"


@dataclass(frozen=True)
class Choice:
    """What a user asks for.

    Attributes:
        every: Records whose ``_index`` it divides, 1 or more.
        start: The first index.
        end: The index behind the last; None is the end of the tub.
        wanted: What the record's values must be, or None.
    """

    every: int = 1
    start: int = 0
    end: int | None = None
    wanted: RecordFilter | None = None

    def places(self, records: Sequence[Record]) -> list[int]:
        """Returns the places in the list of the records asked for.

        Args:
            records: All records of a tub.

        Raises:
            FilterError: The filter does not fit a record.
        """
        return [place for place, record in enumerate(records) if self._includes(record)]

    def _includes(self, record: Record) -> bool:
        in_range = self.start <= record.index and (self.end is None or record.index < self.end)
        if not in_range or record.index % self.every:
            return False
        return self.wanted is None or self.wanted(record.values)


def still_due(
    places: Iterable[int], records: Sequence[Record], mosaics: MosaicSet, length: int
) -> list[int]:
    """Returns the places of records that have no mosaic, a torn one, or one of an older frame.

    Args:
        places: Places in ``records``.
        records: All records of a tub.
        mosaics: The set.
        length: Number of frames that the pilot sees at once.
    """
    return [
        place
        for place in places
        if not _is_fresh(
            mosaics.picture_path(records[place].index),
            [record.image_path for record in records[max(0, place - length + 1) : place + 1]],
        )
    ]


def _is_fresh(picture: Path, images: Iterable[Path | None]) -> bool:
    try:
        found = picture.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size < len(_END_OF_JPEG):
            return False
        with picture.open("rb") as jpeg:
            jpeg.seek(-len(_END_OF_JPEG), os.SEEK_END)
            whole = jpeg.read() == _END_OF_JPEG
    except OSError:
        return False
    return whole and all(_changed_ns(image) <= found.st_mtime_ns for image in images)


def _changed_ns(image: Path | None) -> int:
    """When an image was last written; one that is gone cannot have changed since."""
    try:
        return 0 if image is None else image.stat().st_mtime_ns
    except OSError:
        return 0
