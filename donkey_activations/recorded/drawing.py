"""Draws the mosaics of one tub: what is missing, and nothing that is there."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from donkey_activations.errors import TubError
from donkey_activations.files import UNFINISHED
from donkey_activations.formatting import printable
from donkey_activations.pilots.options import PilotOptions
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.exploration import Explored, Progress, explore
from donkey_activations.recorded.findings.layer_ranges import measure_ranges
from donkey_activations.recorded.findings.mosaics import WrittenMosaics
from donkey_activations.recorded.processes import processes
from donkey_activations.recorded.selection import Selection, still_due
from donkey_activations.tubs.given_sets import remarks_on_given_sets
from donkey_activations.tubs.mosaics import MosaicSet, mosaic_set
from donkey_activations.tubs.recorded_sets import read_description
from donkey_activations.tubs.records import TubRecords

# Below this, another process costs more than it brings.
_LEAST_RECORDS_A_WORKER = 25
REASONS_SHOWN = 3
_TUB = "tub"


@dataclass
class TubResult:
    """What became of one tub.

    Attributes:
        tub: What was read of it.
        mosaics: The set that its pictures are in.
        chosen: Number of records asked for.
        made: Number of pictures drawn now.
        kept: Number of pictures that were there.
        resized: Number of pictures drawn now of a frame of another size.
        unreadable: Records whose frame cannot be read, with the reason.
        troubles: What else kept pictures from being drawn, one sentence each.
        notes: What else there is to know of these pictures, one sentence each.
    """

    tub: TubRecords
    mosaics: MosaicSet
    chosen: int = 0
    made: int = 0
    kept: int = 0
    resized: int = 0
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def undone(self) -> int:
        """Number of records asked for that nothing became of."""
        return self.chosen - self.made - self.kept - len(self.unreadable)

    @property
    def complete(self) -> bool:
        """Whether every record of the tub that was asked for has its picture."""
        lost = self.undone or self.tub.damaged or len(self.unreadable)
        return not lost and not self.tub.remarks and not self.troubles

    def counts(self) -> dict[str, int]:
        """Return the numbers of records by their result."""
        return {
            "records": len(self.tub.records),
            "chosen": self.chosen,
            "made": self.made,
            "kept": self.kept,
            "unreadable": len(self.unreadable),
            "undone": self.undone,
            "resized": self.resized,
            "deleted": self.tub.deleted,
            "damaged": self.tub.damaged,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the result for machines; of the reasons, the first ``REASONS_SHOWN``."""
        reasons = self.unreadable[:REASONS_SHOWN]
        return {
            "tub": str(self.tub.path),
            "set": self.mosaics.name,
            "path": str(self.mosaics.path),
            **self.counts(),
            "reasons": [{"index": index, "reason": reason} for index, reason in reasons],
            "remarks": [*self.tub.remarks, *self.troubles, *self.notes],
        }

    def add(self, explored: Explored[WrittenMosaics]) -> None:
        """Count what was drawn."""
        self.made, self.resized = explored.finding.result()
        self.unreadable = sorted((one.record.index, one.reason) for one in explored.unreadable)
        self.troubles += explored.failures


def describe(
    model_path: Path, layers_chosen: Sequence[str], results: Sequence[TubResult]
) -> dict[str, Any]:
    """Return the results of one or more tubs for machines.

    Args:
        model_path: The pilot's file.
        layers_chosen: Names of the layers that were chosen for the user.
        results: One or more.
    """
    counts = [result.counts() for result in results]
    totals = {name: sum(one[name] for one in counts) for name in counts[0]}
    chosen = {"layers_chosen": layers_chosen} if layers_chosen else {}
    tubs = [result.as_json() for result in results]
    return {"model": str(model_path), **totals, **chosen, "tubs": tubs}


class TubDrawing:
    """Draws tubs, one after another, with one pilot."""

    def __init__(self, options: PilotOptions, pilot: OpenPilot, workers: int) -> None:
        """Draw nothing yet.

        Args:
            options: How other processes open the pilot.
            pilot: The pilot, opened.
            workers: The most processes to draw with; 1 is this process alone.
        """
        self._options = options
        self._pilot = pilot
        self._workers = workers

    def draw(
        self, tub: TubRecords, selection: Selection, sets_path: Path | None, progress: Progress
    ) -> TubResult:
        """Draw what is missing.

        Args:
            tub: The tub.
            selection: The records asked for.
            sets_path: The folder for the set; None is the tub's own ``activations``.
            progress: Called with the number of records done and of all that are due.

        Raises:
            TubError: Pictures cannot be written.
            FilterError: The selection does not fit the records.
        """
        positions = selection.positions(tub.records)
        result = TubResult(tub, self._mosaics(tub, sets_path), chosen=len(positions))
        if not positions:
            return result
        mosaics = result.mosaics
        _check_tub(mosaics)
        mosaics.create()
        try:
            mosaics.remove_unfinished()
            length = self._pilot.extractor.sequence_length
            due = still_due(positions, tub.records, mosaics, length)
            result.kept = len(positions) - len(due)
            if due:
                result.add(self._explored(tub, due, mosaics, progress))
        except OSError as error:
            # The picture that is written to, and not the hidden file that becomes it.
            path = UNFINISHED.sub(r"\1", str(error.filename or mosaics.path))
            raise TubError(
                f"{path}: mosaics cannot be written there ({error.strerror}); "
                "free the disk, move away what lies there, or name another folder with --out"
            ) from error
        finally:
            # A worker that was ended may have left one.
            with suppress(OSError):
                mosaics.remove_unfinished()
        pilot_sha256 = mosaics.description["pilot"]["sha256"]
        result.notes += [*tub.notes, *remarks_on_given_sets(tub.path, pilot_sha256)]
        return result

    def _mosaics(self, tub: TubRecords, sets_path: Path | None) -> MosaicSet:
        mosaics = mosaic_set(
            tub.path,
            self._options.model_path,
            self._pilot.extractor,
            self._pilot.layout,
            self._options.transformation_names,
        )
        if sets_path is None:
            return mosaics
        # Tubs of other cars have the same name, and theirs may be drawn into the same folder.
        description = {**mosaics.description, _TUB: os.path.realpath(tub.path)}
        return replace(mosaics, sets_path=sets_path, description=description)

    def _explored(
        self, tub: TubRecords, due: Sequence[int], mosaics: MosaicSet, progress: Progress
    ) -> Explored[WrittenMosaics]:
        is_scaled_over_runs = self._pilot.layout.scales_over_runs()
        # Of all records, whichever are due, so that every picture of the set has the same scale.
        run = measure_ranges(self._pilot, tub.records) if is_scaled_over_runs else {}
        quality = self._options.settings.jpeg_quality
        workers = max(1, min(self._workers, len(due) // _LEAST_RECORDS_A_WORKER))
        with processes(workers) as executor:
            return explore(
                self._pilot,
                self._options,
                tub.records,
                due,
                partial(WrittenMosaics, mosaics, quality, run),
                executor=executor,
                workers=workers,
                progress=progress,
            )


def _check_tub(mosaics: MosaicSet) -> None:
    """Refuse a set outside of its tub that holds the pictures of another tub."""
    wanted = mosaics.description.get(_TUB)
    described = None if wanted is None else read_description(mosaics.path)
    found = None if described is None else described.get(_TUB)
    if found not in (None, wanted):
        raise TubError(
            f"{mosaics.path}: expected mosaics of {wanted}, these are of {printable(str(found))}; "
            "name another folder with --out"
        )
