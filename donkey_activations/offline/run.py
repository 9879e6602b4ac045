"""Draws the mosaics of one tub: what is missing, and nothing that is there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from pathlib import Path

from donkey_activations.errors import TubError
from donkey_activations.mosaic.controls import CHANNELS, OTHER_NAMES
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.offline.choice import Choice, still_due
from donkey_activations.offline.crew import Crew
from donkey_activations.offline.drawing import Block, Look, Outcome, Studio
from donkey_activations.tubs.given_sets import remarks_on_given_sets
from donkey_activations.tubs.mosaics import MosaicSet, mosaic_set
from donkey_activations.tubs.records import Record, TubRecords

# Below this, another process costs more than it brings.
_LEAST_RECORDS_A_WORKER = 25
# What drawing takes of a record; the rest need not travel to another process.
_SENT = ("_session_id", *chain(*CHANNELS.values()), *OTHER_NAMES.values())

Progress = Callable[[int, int], None]


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

    def add(self, outcome: Outcome) -> None:
        """Counts what became of one record."""
        if outcome.reason is not None:
            self.unreadable.append((outcome.index, outcome.reason))
            return
        self.made += 1
        self.resized += outcome.resized


class TubDrawing:
    """Draws tubs, one after another, with one pilot."""

    def __init__(self, look: Look, studio: Studio, workers: int) -> None:
        """Draws nothing yet.

        Args:
            look: How to draw.
            studio: The same, opened.
            workers: The most processes to draw with; 1 is this process alone.
        """
        self._look = look
        self._studio = studio
        self._workers = workers

    def draw(
        self, tub: TubRecords, choice: Choice, sets_path: Path | None, progress: Progress
    ) -> TubResult:
        """Draws what is missing.

        Args:
            tub: The tub.
            choice: The records asked for.
            sets_path: The folder for the set; None is the tub's own ``activations``.
            progress: Called with the number of records done and of all that are due.

        Raises:
            TubError: Pictures cannot be written.
            FilterError: The choice does not fit the records.
        """
        places = choice.places(tub.records)
        result = TubResult(tub, self._mosaics(tub, sets_path), chosen=len(places))
        if not places:
            return result
        mosaics = result.mosaics
        mosaics.create()
        try:
            mosaics.remove_unfinished()
            length = self._studio.pilot.extractor.sequence_length
            due = still_due(places, tub.records, mosaics, length)
            result.kept = len(places) - len(due)
            for done, outcome in enumerate(self._outcomes(tub, due, result), 1):
                result.add(outcome)
                progress(done, len(due))
        except OSError as error:
            raise TubError(
                f"{error.filename or mosaics.path}: mosaics cannot be written there "
                f"({error.strerror}); free the disk or name another folder with --out"
            ) from error
        finally:
            # A worker that was ended may have left one.
            with suppress(OSError):
                mosaics.remove_unfinished()
        result.unreadable.sort()
        result.notes += tub.notes
        pilot_sha256 = mosaics.description["pilot"]["sha256"]
        result.notes += remarks_on_given_sets(tub.path, pilot_sha256)
        return result

    def _mosaics(self, tub: TubRecords, sets_path: Path | None) -> MosaicSet:
        mosaics = mosaic_set(
            tub.path,
            self._look.model_path,
            self._studio.pilot.extractor,
            self._studio.pilot.layout,
            self._studio.car.transformation_names,
        )
        return replace(mosaics, sets_path=sets_path)

    def _outcomes(
        self, tub: TubRecords, due: Sequence[int], result: TubResult
    ) -> Iterator[Outcome]:
        if not due:
            return
        is_measured = self._studio.pilot.run_ranges is not None
        run = self._studio.measure_run(tub.records) if is_measured else {}
        workers = max(1, min(self._workers, len(due) // _LEAST_RECORDS_A_WORKER))
        sequence = self._studio.pilot.extractor.sequence_length > 1
        blocks = [
            _block(tub.records, part, result.mosaics, run, sequence)
            for part in _parts(due, workers)
        ]
        if workers == 1:
            yield from self._studio.draw(blocks[0])
            return
        crew = Crew(self._look)
        yield from crew.draw(blocks)
        result.troubles += crew.deaths


def _block(
    records: Sequence[Record],
    due: Sequence[int],
    mosaics: MosaicSet,
    run: dict[str, LayerRun],
    sequence: bool,
) -> Block:
    """The records of a block: those that are due, and all before them that a history may reach."""
    first = due[0]
    while sequence and first and _session(records[first - 1]) == _session(records[first]):
        first -= 1
    needed = range(first, due[-1] + 1) if sequence else due
    place_in_block = {place: number for number, place in enumerate(needed)}
    lean = tuple(_lean(records[place]) for place in needed)
    return Block(mosaics, lean, tuple(place_in_block[place] for place in due), run)


def _session(record: Record) -> object:
    return record.values.get("_session_id")


def _lean(record: Record) -> Record:
    values = {key: record.values[key] for key in _SENT if key in record.values}
    return replace(record, values=values)


def _parts(due: Sequence[int], count: int) -> list[Sequence[int]]:
    """Runs of neighbours, of as equal a length as can be."""
    bounds = [len(due) * number // count for number in range(count + 1)]
    return [due[low:high] for low, high in pairwise(bounds)]
