"""What full brightness is over a tub, and which filters fire in it."""

from collections.abc import Sequence
from copy import deepcopy

from donkey_activations.mosaic.run_ranges import LayerRun, RunRanges
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.walk import Seen, spread, walk
from donkey_activations.tubs.records import Record

# This many frames of a tub are enough for the range of the whole tub.
FRAMES_OF_A_RUN = 200


class LayerRanges:
    """Each layer's range over the records that are observed, at most ``FRAMES_OF_A_RUN``."""

    def __init__(self) -> None:
        """Begin with no record."""
        self._ranges: RunRanges | None = None

    def observe(self, seen: Seen) -> None:
        """Add one record.

        Args:
            seen: The record and its maps.
        """
        if self._ranges is None:
            self._ranges = RunRanges(seen.pilot.extractor.layers, FRAMES_OF_A_RUN)
        self._ranges.observe(seen.maps)

    def merge(self, other: "LayerRanges") -> None:
        """Add what another part has observed.

        Args:
            other: A part of other records.
        """
        if self._ranges is None:
            self._ranges = deepcopy(other._ranges)
        elif other._ranges is not None:
            self._ranges.merge(other._ranges)

    def result(self) -> dict[str, LayerRun]:
        """Return each layer's range by its name; nothing before any record."""
        return {} if self._ranges is None else self._ranges.whole()


def measure_ranges(
    pilot: OpenPilot, records: Sequence[Record], positions: Sequence[int] | None = None
) -> dict[str, LayerRun]:
    """Return the range of each layer over records, measured in frames spread over them.

    Args:
        pilot: The pilot.
        records: All records of a tub.
        positions: Positions of the records that count, one or more; None is all of them. Those
            whose frames cannot be read are left out.

    Raises:
        FrameError: The pilot does not take what the car's transformations make of a frame.
    """
    ranges = LayerRanges()
    among = range(len(records)) if positions is None else positions
    for seen in walk(pilot, records, spread(among, FRAMES_OF_A_RUN)):
        if isinstance(seen, Seen):
            ranges.observe(seen)
    return ranges.result()
