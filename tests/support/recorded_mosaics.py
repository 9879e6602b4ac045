"""Reads a driven tub as a user would, and measures whether mosaics belong to their records."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from donkey_activations import open_extractor, render_mosaic
from donkey_activations.mosaic.controls import known_controls

Record = dict[str, object]
COLUMN = "cnn/activations"


@dataclass(frozen=True)
class Belonging:
    """How far a recorded mosaic is from pictures rendered anew.

    Attributes:
        index: The record's `_index`.
        own: Mean absolute difference, in grey levels, to the rendering of the record's own frame.
        nearest_other: The least such difference to a rendering of a neighbouring record's frame.
    """

    index: int
    own: float
    nearest_other: float


def manifest_header(tub: Path) -> list[list[str]]:
    """Inputs and types, as the first two lines of the tub's manifest name them."""
    with (tub / "manifest.json").open() as lines:
        return [json.loads(next(lines)), json.loads(next(lines))]


def mosaic_paths(records: Sequence[Record]) -> dict[int, str]:
    """The references of all records that have one, by index."""
    return {int(str(record["_index"])): str(record[COLUMN]) for record in records if record[COLUMN]}


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Decode a whole picture as RGB."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def as_recorded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is left of a picture when it has been a JPEG, by another encoder than the one tested."""
    jpeg = io.BytesIO()
    Image.fromarray(picture).save(jpeg, "JPEG", quality=85)
    return np.asarray(Image.open(jpeg))


def measure_belonging(tub: Path, records: Sequence[Record], pilot: Path) -> list[Belonging]:
    """Compare every recorded mosaic with new renderings of its own and its neighbours' frames."""
    frames = [read_picture(tub / "images" / str(record["cam/image_array"])) for record in records]
    extractor = open_extractor(pilot)
    rendered = [
        as_recorded(
            render_mosaic(
                frame, extractor.layers, extractor(frame), controls=known_controls(record)
            )
        )
        for frame, record in zip(frames, records, strict=True)
    ]
    return list(_belongings(tub, records, frames, rendered))


def _belongings(
    tub: Path,
    records: Sequence[Record],
    frames: Sequence[NDArray[np.uint8]],
    rendered: Sequence[NDArray[np.uint8]],
) -> Iterator[Belonging]:
    for place, record in enumerate(records):
        if not record[COLUMN]:
            continue
        mosaic = read_picture(tub / str(record[COLUMN]))
        others = [
            _difference(mosaic, rendered[other])
            for other in range(max(0, place - 2), min(len(records), place + 3))
            if not np.array_equal(frames[other], frames[place])  # a camera may repeat a frame
        ]
        own = _difference(mosaic, rendered[place])
        yield Belonging(int(str(record["_index"])), own, min(others, default=np.inf))


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())
