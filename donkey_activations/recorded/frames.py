"""The frames that a pilot sees at a record: that record's, and for sequence pilots those before."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.images.fitting import read_resized
from donkey_activations.pilots.history import FrameHistory
from donkey_activations.tubs.records import Record, read_frame

Frame = NDArray[np.uint8]

_SESSION = "_session_id"


def shape_to_read(extractor: FeatureExtractor) -> tuple[int, int, int]:
    """Returns ``(height, width, channels)`` to which frames are brought for a pilot.

    Args:
        extractor: The pilot.
    """
    height, width, channels = extractor.input_shape
    # Donkeycar's sequence pilots make a camera's colours grey in their own way.
    return height, width, 3 if extractor.sequence_length > 1 else channels


class RecordedFrames:
    """Frames by the place of their record in a list, each read and resized once.

    Attributes:
        resized: Places of the records whose frame was of another size.
        recorded_hw: ``(height, width)`` in pixels of the frames that were read, at their own size,
            by their record's place.
    """

    def __init__(
        self, records: Sequence[Record], shape_hwc: tuple[int, int, int], length: int
    ) -> None:
        """Reads nothing yet.

        Args:
            records: The records in the order in which they were recorded.
            shape_hwc: ``(height, width, channels)`` in pixels that frames are brought to.
            length: Number of frames that the pilot sees at once.
        """
        self.resized: set[int] = set()
        self.recorded_hw: dict[int, tuple[int, int]] = {}
        self._records = records
        self._shape = shape_hwc
        self._length = length
        self._read: OrderedDict[int, Frame | FrameError] = OrderedDict()

    def at(self, place: int) -> Frame:
        """Returns what the pilot sees at a record.

        Frames that cannot be read are left out of a history, as a camera's gaps are in a drive, and
        another session's frames never are in it.

        Args:
            place: The record's place in the list.

        Returns:
            uint8 ``(length, height, width, channels)``, the oldest first.

        Raises:
            FrameError: The record's own frame cannot be read.
        """
        newest_first = [self._frame(place)]
        session = self._records[place].values.get(_SESSION)
        while len(newest_first) < self._length:
            place -= 1
            if place < 0 or self._records[place].values.get(_SESSION) != session:
                break
            try:
                newest_first.append(self._frame(place))
            except FrameError:
                continue
        history = FrameHistory(self._length)
        for frame in reversed(newest_first):
            history.append(frame, self._shape)
        frames = np.empty((self._length, *self._shape), np.uint8)
        history.copy_to(frames)
        return frames

    def _frame(self, place: int) -> Frame:
        found = self._read.get(place)
        if found is None:
            found = self._load(place)
            self._read[place] = found
            if len(self._read) > 2 * self._length:
                self._read.popitem(last=False)
        if isinstance(found, FrameError):
            raise found
        return found

    def _load(self, place: int) -> Frame | FrameError:
        height, width, channels = self._shape
        record = self._records[place]
        try:
            frame = read_frame(record, channels)
            self.recorded_hw[place] = frame.shape[0], frame.shape[1]
            if frame.shape != self._shape and record.image_path is not None:
                frame = read_resized(record.image_path, channels, (height, width))
                self.resized.add(place)
        except FrameError as error:
            return error
        return frame
