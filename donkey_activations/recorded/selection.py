"""Which records of a tub are seen, and which of those are drawn already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from donkey_activations.errors import TubError
from donkey_activations.recorded.record_filter import RecordFilter, record_filter
from donkey_activations.tubs.mosaics import MosaicSet
from donkey_activations.tubs.recorded_sets import PictureState, picture_state
from donkey_activations.tubs.records import Record, TubRecords


@dataclass(frozen=True)
class Selection:
    """Which records a user asks for.

    Attributes:
        every: Records whose ``_index`` it divides, 1 or more.
        start: The first index.
        end: The index after the last; None is the end of the tub.
        wanted: What the record's values must be, or None.
    """

    every: int = 1
    start: int = 0
    end: int | None = None
    wanted: RecordFilter | None = None

    def positions(self, records: Sequence[Record]) -> list[int]:
        """Return the positions in the list of the records asked for.

        Args:
            records: All records of a tub.

        Raises:
            FilterError: The filter does not fit a record.
        """
        return [number for number, record in enumerate(records) if self._includes(record)]

    def _includes(self, record: Record) -> bool:
        in_range = self.start <= record.index and (self.end is None or record.index < self.end)
        if not in_range or record.index % self.every:
            return False
        return self.wanted is None or self.wanted(record.values)


def select(
    tubs: Sequence[TubRecords],
    *,
    every: int = 1,
    start: int = 0,
    end: int | None = None,
    expression: str | None = None,
    purpose: str,
    ways: str,
) -> Selection:
    """Return a selection that includes some record of the tubs.

    Args:
        tubs: One or more.
        every: As in ``Selection``.
        start: As in ``Selection``.
        end: As in ``Selection``.
        expression: As ``record_filter`` reads it, or None.
        purpose: What is done with the records, such as ``"draw"``.
        ways: What changes the selection, as the user calls it.

    Raises:
        TubError: There are no records, or none is asked for.
        FilterError: The expression is wrong, or does not fit the records.
    """
    records = [record for tub in tubs for record in tub.records]
    if not records:
        deleted = sum(tub.deleted for tub in tubs)
        why = f"all {deleted} are deleted" if deleted else "there are none"
        remarks = (remark for tub in tubs for remark in tub.remarks)
        refused = f"{tubs[0].path}: expected records to {purpose}, {why}; name another tub"
        raise TubError("; ".join((refused, *remarks)))
    if all(record.image_path is None for record in records):
        none_named = f"{tubs[0].path}: none of its {len(records)} records names an image in it"
        notes = [note for tub in tubs for note in tub.notes]
        link = "a link out of the tub is not followed; give a tub with its images"
        raise TubError("; ".join((none_named, *(notes or [link]))))
    wanted = None
    if expression is not None:
        wanted = record_filter(expression, {key for record in records for key in record.values})
    selection = Selection(every, start, end, wanted)
    if not any(selection.positions(tub.records) for tub in tubs):
        indexes = [record.index for record in records]
        raise TubError(
            f"none of the {len(records)} records, of index {min(indexes)} to {max(indexes)}, "
            f"is asked for; see {ways}"
        )
    return selection


def still_due(
    positions: Iterable[int], records: Sequence[Record], mosaics: MosaicSet, sequence_length: int
) -> list[int]:
    """Return the positions of records without a mosaic, with a torn one, or one of an older frame.

    Args:
        positions: Positions in ``records``.
        records: All records of a tub.
        mosaics: The set.
        sequence_length: Number of frames that the pilot takes at once.
    """

    def images(position: int) -> list[Path | None]:
        taken = records[max(0, position - sequence_length + 1) : position + 1]
        return [record.image_path for record in taken]

    return [
        position
        for position in positions
        if not _is_fresh(mosaics.picture_path(records[position].index), images(position))
    ]


def _is_fresh(picture: Path, images: Iterable[Path | None]) -> bool:
    if picture_state(picture) is not PictureState.WHOLE:
        return False
    try:
        drawn_ns = picture.stat().st_mtime_ns
    except OSError:
        return False
    return all(_changed_ns(image) <= drawn_ns for image in images)


def _changed_ns(image: Path | None) -> int:
    """Return when an image was last written; one that is gone cannot have changed since."""
    try:
        return 0 if image is None else image.stat().st_mtime_ns
    except OSError:
        return 0
