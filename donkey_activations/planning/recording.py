"""What recording takes of the disk at a resolution."""

import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from donkey_activations.tubs.records import Record

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Recording:
    """What a tub takes.

    Attributes:
        jpeg_bytes: Mean of the frames' files.
        record_bytes: Mean of the lines in the catalog.
        mosaic_bytes: Mean of the mosaics' files.
        enlarged: The frames were smaller, so that a camera's own take more.
    """

    jpeg_bytes: float
    record_bytes: float
    mosaic_bytes: float
    enlarged: bool

    def bytes_per_minute(self, rate_hz: float, every_n_frames: int | None) -> float:
        """Return how fast the tub grows.

        Args:
            rate_hz: Records in a second.
            every_n_frames: Period in frames of the mosaics; None without them.
        """
        mosaic = self.mosaic_bytes / every_n_frames if every_n_frames else 0.0
        return (self.jpeg_bytes + self.record_bytes + mosaic) * rate_hz * 60.0


def jpeg_bytes(frames: Sequence[Frame]) -> float:
    """Return the mean size of frames as the files that Donkeycar's tub makes of them.

    Args:
        frames: uint8 ``(height, width, 3)`` RGB each, one or more.
    """
    return float(np.mean([_saved_bytes(frame) for frame in frames]))


def _saved_bytes(frame: Frame) -> int:
    # As donkeycar.parts.tub_v2.Tub.write_record saves it, Pillow's own quality with it.
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "jpeg")
    return file.tell()


def record_bytes(records: Sequence[Record]) -> float:
    """Return the mean size of the records' lines in a catalog; one record or more."""
    return float(np.mean([len(json.dumps(dict(record.values))) + 1 for record in records]))


def free_bytes(folder: Path) -> int:
    """Return the free space of the disk that a folder is on."""
    return shutil.disk_usage(folder).free
