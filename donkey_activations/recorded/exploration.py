"""Asks a question of a tub: blocks of records in this process, in others, or on other machines."""

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, TypeVar

from donkey_activations.images.frame import opencv
from donkey_activations.pilots.options import PilotOptions
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.finding import Finding
from donkey_activations.recorded.frames import history_of
from donkey_activations.recorded.processes import WorkerDiedError
from donkey_activations.recorded.walk import Unreadable, walk
from donkey_activations.tubs.records import Record

# Small enough that progress is seen, large enough that sending a block costs little beside it.
_MOST_RECORDS_A_BLOCK = 50

FindingT = TypeVar("FindingT", bound=Finding[Any])
Progress = Callable[[int, int], None]


@dataclass
class Explored(Generic[FindingT]):
    """The answer, and what it is not made of.

    Attributes:
        finding: All that was observed.
        unreadable: The records whose frames cannot be read.
        failures: Why other records are missing, one sentence for each block that failed.
    """

    finding: FindingT
    unreadable: list[Unreadable] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Block(Generic[FindingT]):
    """Records that are walked over in one go, wherever that is; it can be pickled.

    Attributes:
        options: How to open the pilot.
        records: Those to see, and before them those that a sequence may reach back to.
        positions: Positions in ``records`` of those to see.
        make_finding: Returns a finding that has observed nothing.
    """

    options: PilotOptions
    records: tuple[Record, ...]
    positions: tuple[int, ...]
    make_finding: Callable[[], FindingT]

    def explore(self) -> Explored[FindingT]:
        """Open the pilot, unless this process has opened it last, and see the records.

        Raises:
            ActivationsError: The pilot cannot be opened, or does not take the frames.
            OSError: The finding writes files, and one of them cannot be written.
        """
        explored = Explored(self.make_finding())
        for _ in _observed(_opened(self.options), self.records, self.positions, explored):
            pass
        return explored


def open_for_records(options: PilotOptions) -> OpenPilot:
    """Open a pilot for recorded frames, with one thread a process.

    Args:
        options: How to open it.

    Raises:
        ActivationsError: The pilot cannot be opened.
    """
    # As many processes as cores, each of one thread, are faster than the reverse.
    opencv().setNumThreads(1)
    return options.open()


_opened = functools.lru_cache(maxsize=1)(open_for_records)


def explore(
    pilot: OpenPilot,
    options: PilotOptions,
    records: Sequence[Record],
    positions: Sequence[int],
    make_finding: Callable[[], FindingT],
    *,
    executor: Executor | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Explored[FindingT]:
    """Have a finding observe records of a tub.

    Args:
        pilot: The pilot, opened.
        options: How to open it elsewhere.
        records: All records of the tub, in the order in which they were recorded.
        positions: Positions of the records to see, ascending.
        make_finding: Returns a finding that has observed nothing; can be pickled.
        executor: Runs the blocks; None is this process.
        workers: Number of blocks that the executor runs at once, 1 or more.
        progress: Called with the number of records done and of all.

    Raises:
        ActivationsError: The pilot does not take the frames.
        OSError: The finding writes files, and one of them cannot be written.
    """
    explored = Explored(make_finding())
    if executor is None:
        for done in _observed(pilot, records, positions, explored):
            if progress is not None:
                progress(done, len(positions))
        return explored
    length = pilot.extractor.sequence_length
    done = 0
    futures = {
        executor.submit(_block(options, records, part, length, make_finding).explore): len(part)
        for part in _parts(positions, workers)
    }
    for future in as_completed(futures):
        try:
            part = future.result()
        except WorkerDiedError as error:
            explored.failures.append(str(error))
            continue
        explored.finding.merge(part.finding)
        explored.unreadable += part.unreadable
        done += futures[future]
        if progress is not None:
            progress(done, len(positions))
    return explored


def _observed(
    pilot: OpenPilot,
    records: Sequence[Record],
    positions: Sequence[int],
    explored: Explored[FindingT],
) -> Iterator[int]:
    """Add records to what was explored; yield how many are done after each."""
    for done, seen in enumerate(walk(pilot, records, positions), 1):
        if isinstance(seen, Unreadable):
            explored.unreadable.append(seen)
        else:
            explored.finding.observe(seen)
        yield done


def _block(
    options: PilotOptions,
    records: Sequence[Record],
    positions: Sequence[int],
    sequence_length: int,
    make_finding: Callable[[], FindingT],
) -> Block[FindingT]:
    histories = [history_of(records, one, sequence_length) for one in positions]
    # With the record before each history, so that it ends where it ends in the whole tub.
    borders = {max(0, history.start - 1) for history in histories if sequence_length > 1}
    needed = sorted(borders.union(positions, *histories))
    position_in_block = {position: number for number, position in enumerate(needed)}
    return Block(
        options,
        tuple(records[position] for position in needed),
        tuple(position_in_block[position] for position in positions),
        make_finding,
    )


def _parts(positions: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Split positions into runs of neighbours of equal length, at least one a worker."""
    count = max(workers, -(-len(positions) // _MOST_RECORDS_A_BLOCK))
    bounds = [len(positions) * number // count for number in range(count + 1)]
    return [positions[low:high] for low, high in pairwise(bounds)]
