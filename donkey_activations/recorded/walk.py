"""The one walk over a tub: its records, seen through a pilot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureMaps
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.frames import RecordedFrames
from donkey_activations.tubs.records import Record


@dataclass(frozen=True, eq=False)
class Seen:
    """A record, and what the pilot makes of its frame.

    Attributes:
        pilot: The pilot.
        position: The record's position among the records that are walked over.
        record: The record.
        frame: uint8 ``(height, width, channels)``, the frame as the pilot takes it.
        maps: One float32 array ``(height, width, filters)`` a layer of the pilot.
        camera_hw: ``(height, width)`` in pixels of the frame before the car's transformations.
        recorded_hw: ``(height, width)`` in pixels of the frame in its file.
        resized: Whether the frame in its file was of another size than ``camera_hw``.
    """

    pilot: OpenPilot
    position: int
    record: Record
    frame: NDArray[np.uint8]
    maps: FeatureMaps
    camera_hw: tuple[int, int]
    recorded_hw: tuple[int, int]
    resized: bool

    def draw(self, run: Mapping[str, LayerRun]) -> NDArray[np.uint8]:
        """Draw the record's mosaic.

        Args:
            run: Each layer's range over the run by its name; empty unless the layout asks for it.

        Returns:
            uint8 ``(H, W, 3)`` RGB.
        """
        controls = known_controls(self.record.values)
        return self.pilot.render(self.frame, self.maps, self.camera_hw, controls, run)


@dataclass(frozen=True)
class Unreadable:
    """A record whose frame cannot be read.

    Attributes:
        position: Its position among the records that are walked over.
        record: The record.
        reason: Why, in one sentence.
    """

    position: int
    record: Record
    reason: str


def walk(
    pilot: OpenPilot, records: Sequence[Record], positions: Sequence[int] | None = None
) -> Iterator[Seen | Unreadable]:
    """Run a pilot over records of a tub.

    A sequence pilot takes with each record the frames of those before it, also of records that are
    not walked over themselves.

    Args:
        pilot: The pilot.
        records: All records of the tub, in the order in which they were recorded.
        positions: Positions of the records to see, in any order; None is all of them.

    Yields:
        One element a position, in the order of ``positions``. The arrays are the caller's.

    Raises:
        IndexError: There is no record at a position.
        FrameError: The pilot does not take what the car's transformations make of a frame.
    """
    frames = RecordedFrames(records, pilot.frame_shape, pilot.extractor.sequence_length)
    for position in range(len(records)) if positions is None else positions:
        if not 0 <= position < len(records):
            raise IndexError(
                f"expected positions from 0 to {len(records) - 1}, got {position}; "
                "a position is a record's number in the list, and not its _index"
            )
        record = records[position]
        try:
            taken = frames.at(position)
        except FrameError as error:
            yield Unreadable(position, record, str(error))
            continue
        frame, maps = pilot.compute(taken)
        camera_hw = taken.shape[1], taken.shape[2]
        recorded_hw, resized = frames.recorded_hw[position], position in frames.resized
        yield Seen(pilot, position, record, frame, maps, camera_hw, recorded_hw, resized)


def spread(positions: Sequence[int], most: int) -> list[int]:
    """Return at most so many positions, spread evenly over those given.

    Args:
        positions: One or more.
        most: 1 or more.
    """
    chosen = np.linspace(0, len(positions) - 1, min(len(positions), most)).astype(int)
    return [positions[number] for number in chosen]
