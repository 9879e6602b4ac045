"""The records of a tub, read without changing a byte of it.

Donkeycar's own reader writes when it opens and closes a tub, and does not open what a crash left.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError, TubError
from donkey_activations.formatting import printable
from donkey_activations.images.reading import read_recorded_image
from donkey_activations.tubs.files import TubFolder, parsed
from donkey_activations.tubs.folders import MANIFEST, OLD_RECORD, is_tub, listed, tubs_in
from donkey_activations.tubs.manifest import CATALOG, IMAGE, find_catalogs, image_key, read_manifest

_IMAGES = "images"
_TOO_LARGE = 2**63


@dataclass(frozen=True)
class Record:
    """One record of a tub.

    Attributes:
        index: Its ``_index``; in a tub of Donkeycar 3 and older the number in its file's name.
        image_path: The camera's frame; None where the record names none, or one that does not lie
            in its tub.
        timestamp_ms: When it was recorded, in milliseconds, or None.
        values: The record as it is in the file.
    """

    index: int
    image_path: Path | None
    timestamp_ms: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class TubRecords:
    """What was found in a tub.

    Attributes:
        path: The tub's folder.
        records: Ordered by index, the deleted ones left out; where a crash has left an index twice,
            the last one.
        deleted: Number of records that Donkeycar's own iterator skips as deleted.
        damaged: Number of lines or files that are no record.
        remarks: What else is wrong with the tub, one sentence each.
        notes: What else there is to know of it, one sentence each.
    """

    path: Path
    records: tuple[Record, ...]
    deleted: int
    damaged: int
    remarks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_tub(path: str | Path) -> TubRecords:
    """Read all records of a tub, and no image.

    Args:
        path: The tub's folder.

    Raises:
        TubError: There is no tub, or one that cannot be read.
    """
    path = Path(path)
    try:
        if (path / MANIFEST).is_file():
            return _read_v2(path)
        names = sorted(file.name for file in path.iterdir())
        if is_tub(path):
            return _read_v1(path, names)
    except OSError as error:
        raise TubError(
            f"{error.filename}: expected a tub's folder or file, it cannot be read "
            f"({error.strerror}); give the folder that holds {MANIFEST}"
        ) from error
    if any(CATALOG.fullmatch(name) for name in names):
        raise TubError(
            f"{path}: expected {MANIFEST} beside the catalogs, there is none; "
            "copy the whole folder of the tub from the car again"
        )
    if tubs := tubs_in(path):
        raise TubError(
            f"{path}: expected a tub, got a folder of tubs ({printable(listed(tubs))}); "
            "give one of them"
        )
    raise TubError(
        f"{path}: expected a tub ({MANIFEST}, or record_*.json of Donkeycar 3 and older), "
        "found neither; give the folder that holds them"
    )


def read_frame(record: Record, channels: int) -> NDArray[np.uint8]:
    """Read the camera's frame of a record, at its own size.

    Args:
        record: A record of ``read_tub``.
        channels: 3 for RGB, 1 for grey; what the file has is converted as Donkeycar does.

    Returns:
        uint8 ``(height, width, channels)``, to the bit what Donkeycar's ``load_image`` gives.

    Raises:
        FrameError: The record names no image of its tub, or that is missing, empty, cut short, a
            Git LFS pointer, or no image.
    """
    if record.image_path is None:
        raise FrameError("it names no image inside of its tub")
    return read_recorded_image(record.image_path, channels)


def _read_v2(tub: Path) -> TubRecords:
    catalogs, deleted, remarks = read_manifest(tub)
    found: dict[int, Record] = {}
    damaged = skipped = 0
    astray: int | None = None
    images, image = TubFolder(tub, _IMAGES), image_key(tub)
    files, missing = find_catalogs(tub, catalogs)
    for position, values in _positioned(files):
        index = None if values is None else _whole(values.get("_index"))
        if values is None or index is None:
            damaged += 1
            continue
        if (position in deleted) != (index in deleted) and astray is None:
            astray = index
        if position in deleted:
            skipped += 1
        else:
            found[index] = _record(index, values, images, "_timestamp_ms", image)
    notes = [] if astray is None else [_disagreement(astray)]
    notes += _without_images(image, found)
    said = (*remarks, *missing)
    return TubRecords(tub, _in_order(found), skipped, damaged, said, tuple(notes))


def _positioned(files: Iterable[Path]) -> Iterator[tuple[int | None, dict[str, Any] | None]]:
    """Yield what is in each line that is not empty, and where Donkeycar counts it.

    It counts lines over all catalogs, whole or not, and reads none behind an empty one.
    """
    position = 0
    for file in files:
        is_counted = True
        for line in file.read_bytes().split(b"\n"):
            is_counted = is_counted and bool(line.rstrip(b"\r"))
            for values in parsed([line]):
                yield (position if is_counted else None), values
            position += is_counted


def _without_images(image: str, found: Mapping[int, Record]) -> list[str]:
    """Return what to say where no record has an image, and nothing where one has."""
    if not found or any(image in record.values for record in found.values()):
        return []
    first = next(iter(found.values()))
    keys = ", ".join(key for key in first.values if not key.startswith("_"))
    return [f"expected images as {image}, the records' keys are {printable(keys) or 'none'}"]


def _disagreement(index: int) -> str:
    return (
        "deleted records are those that donkey train leaves out, which counts lines; in this tub "
        f"lines and _index differ, so that donkey ui may show others as deleted (record {index})"
    )


def _read_v1(tub: Path, names: Iterable[str]) -> TubRecords:
    found: dict[int, Record] = {}
    damaged = 0
    folder = TubFolder(tub)
    matches = filter(None, (OLD_RECORD.fullmatch(name) for name in names))
    for match in matches:
        file = folder.readable(match[0])
        values = None if file is None else next(parsed([file.path.read_bytes()]), None)
        index = _whole(int(match[1]))
        if values is None or index is None:
            damaged += 1
        else:
            found[index] = _record(index, values, folder, "milliseconds")
    notes = tuple(_without_images(IMAGE, found))
    return TubRecords(tub, _in_order(found), 0, damaged, notes=notes)


def _in_order(found: dict[int, Record]) -> tuple[Record, ...]:
    return tuple(found[index] for index in sorted(found))


def _record(
    index: int, values: dict[str, Any], images: TubFolder, time_key: str, image_key: str = IMAGE
) -> Record:
    name = values.get(image_key)
    image = images.path(name) if isinstance(name, str) and name else None
    return Record(index, image, _whole(values.get(time_key)), values)


def _whole(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_LARGE
    return value if whole else None
