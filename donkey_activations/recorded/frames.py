"""The frames that a pilot takes at a record: its own, and for sequence pilots those before."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.images.fitting import read_resized
from donkey_activations.pilots.history import FrameHistory
from donkey_activations.tubs.records import Record, read_frame

Frame = NDArray[np.uint8]

_SESSION = "_session_id"
# A history that has to reach over more records whose frames cannot be read begins anew.
_LONGEST_GAP = 100


class RecordedFrames:
    """Frames by the position of their record in a list, each read and resized once.

    Attributes:
        resized: Positions of the records whose frame was of another size.
        recorded_hw: ``(height, width)`` in pixels of the frames that were read, at their own size,
            by their record's position.
    """

    def __init__(
        self, records: Sequence[Record], shape_hwc: tuple[int, int, int], sequence_length: int
    ) -> None:
        """Read nothing yet.

        Args:
            records: The records in the order in which they were recorded.
            shape_hwc: ``(height, width, channels)`` in pixels that frames are brought to.
            sequence_length: Number of frames that the pilot takes at once.
        """
        self.resized: set[int] = set()
        self.recorded_hw: dict[int, tuple[int, int]] = {}
        self._records = records
        self._shape = shape_hwc
        self._length = sequence_length
        self._read: OrderedDict[int, Frame | FrameError] = OrderedDict()

    def at(self, position: int) -> Frame:
        """Return what the pilot takes at a record.

        Frames that cannot be read are left out of a history, as a camera's gaps are in a drive, and
        another session's frames never are in it.

        Args:
            position: The record's position in the list.

        Returns:
            uint8 ``(sequence_length, height, width, channels)``, the oldest first.

        Raises:
            FrameError: The record's own frame cannot be read.
        """
        newest_first = [self._frame(position)]
        for earlier in reversed(history_of(self._records, position, self._length)):
            if len(newest_first) == self._length:
                break
            try:
                newest_first.append(self._frame(earlier))
            except FrameError:
                continue
        history = FrameHistory(self._length)
        for frame in reversed(newest_first):
            history.append(frame, self._shape)
        frames = np.empty((self._length, *self._shape), np.uint8)
        history.copy_to(frames)
        return frames

    def _frame(self, position: int) -> Frame:
        found = self._read.get(position)
        if found is None:
            found = self._load(position)
            self._read[position] = found
            if len(self._read) > 2 * self._length:
                self._read.popitem(last=False)
        if isinstance(found, FrameError):
            raise found
        return found

    def _load(self, position: int) -> Frame | FrameError:
        height, width, channels = self._shape
        record = self._records[position]
        try:
            frame = read_frame(record, channels)
            self.recorded_hw[position] = frame.shape[0], frame.shape[1]
            if frame.shape != self._shape and record.image_path is not None:
                frame = read_resized(record.image_path, channels, (height, width))
                self.resized.add(position)
        except FrameError as error:
            return error
        return frame


def history_of(records: Sequence[Record], position: int, sequence_length: int) -> range:
    """Return the positions of the records whose frames may precede a record's in a sequence.

    Args:
        records: The records in the order in which they were recorded.
        position: The record's position.
        sequence_length: Number of frames that the pilot takes at once.
    """
    if sequence_length == 1:
        return range(position, position)
    session = records[position].values.get(_SESSION)
    lowest = max(0, position - (sequence_length - 1) - _LONGEST_GAP)
    first = position
    while first > lowest and records[first - 1].values.get(_SESSION) == session:
        first -= 1
    return range(first, position)
