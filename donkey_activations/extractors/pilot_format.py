"""The formats of pilot files, told by their content and never by their suffixes."""

import re
from contextlib import suppress
from enum import Enum
from pathlib import Path

from donkey_activations.extractors import foreign_formats

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_FLATBUFFER_IDENTIFIER = b"TFL3"
_CHUNK = 1 << 20
_SHARD = re.compile(r"variables\.data-\d{5}-of-(\d{5})")

SAVED_MODEL_FILE = "saved_model.pb"
EDGE_TPU_OPERATOR = b"edgetpu-custom-op"
# A .tflite cannot be larger, and a network in JSON is never nearly so.
LARGEST_BYTES = 2 << 30


class PilotFormat(Enum):
    """The formats that Donkeycar drives with and that can be opened here."""

    TFLITE = "tflite"
    HDF5 = "hdf5"
    KERAS_ZIP = "keras"
    SAVED_MODEL = "savedmodel"
    JSON_AND_WEIGHTS = "json"


def format_of(path: Path, head: bytes) -> PilotFormat | None:
    """Return what a pilot is by its beginning, though it may be damaged further on.

    Args:
        path: The file or folder.
        head: What ``head_of`` returns for it.

    Returns:
        Its format; None if it is none of those.

    Raises:
        OSError: It cannot be read.
    """
    if path.is_dir():
        return PilotFormat.SAVED_MODEL if (path / SAVED_MODEL_FILE).is_file() else None
    if head[4:8] == _FLATBUFFER_IDENTIFIER:
        return PilotFormat.TFLITE
    if head.startswith(_HDF5_SIGNATURE):
        return PilotFormat.HDF5
    if foreign_formats.is_keras_zip(path, head):
        return PilotFormat.KERAS_ZIP
    return PilotFormat.JSON_AND_WEIGHTS if head.lstrip().startswith(b"{") else None


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files of a pilot: all in a folder, and the weights beside a ``.json`` network.

    Args:
        path: The file or folder. Of what is not there or cannot be read it is the only one.

    Raises:
        OSError: The folder cannot be read.
    """
    if path.is_dir():
        return tuple(file for file in path.rglob("*") if file.is_file())
    with suppress(OSError):
        if path.is_file() and foreign_formats.head(path).lstrip().startswith(b"{"):
            return (path, *weights_of(path))
    return (path,)


def weights_of(json_path: Path) -> tuple[Path, ...]:
    """Return the weights beside a ``.json`` network.

    Donkeycar's ``manage.py`` names them ``.weights``; other habits are ``.weights.h5`` and ``.h5``.

    Returns:
        The one HDF5 file, or the index and the data files of a TensorFlow checkpoint, or nothing.
    """
    weights = json_path.with_suffix(".weights")
    if weights.is_file():
        return (weights,)
    index = weights.with_name(f"{weights.name}.index")
    if not index.is_file():
        others = (json_path.with_suffix(suffix) for suffix in (".weights.h5", ".h5"))
        return next(((file,) for file in others if file.is_file()), ())
    prefix = f"{weights.name}.data-"
    beside = (file for file in weights.parent.iterdir() if file.name.startswith(prefix))
    data = (file for file in beside if file.is_file())
    return (index, *sorted(data))


def missing_variables(saved_model: Path) -> str | None:
    """Return which file of its weights a SavedModel lacks, relative to its folder.

    Returns:
        The first that is missing by what the others are called; None if all are there.

    Raises:
        OSError: The folder cannot be read.
    """
    folder = saved_model / "variables"
    names = {file.name for file in folder.iterdir()} if folder.is_dir() else set()
    totals = [found[1] for found in map(_SHARD.fullmatch, names) if found is not None]
    total = int(totals[0]) if totals else 1
    shards = [f"variables.data-{number:05}-of-{total:05}" for number in range(total)]
    expected = ["variables.index", *shards]
    return next((f"variables/{name}" for name in expected if name not in names), None)


def contains(path: Path, needle: bytes) -> bool:
    """Return whether a file has these bytes in it; one that is too large for a pilot has not.

    Raises:
        OSError: It cannot be read.
    """
    if path.stat().st_size > LARGEST_BYTES:
        return False
    # In pieces, as a pilot at high resolution is larger than all else in memory.
    with path.open("rb") as file:
        overlap = b""
        while chunk := file.read(_CHUNK):
            if needle in overlap + chunk:
                return True
            overlap = chunk[-len(needle) :]
    return False
