"""What a pilot file is, and what is wrong with what cannot be opened."""

import hashlib
import os
import stat
from pathlib import Path

from donkey_activations.errors import ModelError
from donkey_activations.extractors import foreign_formats
from donkey_activations.extractors.openers import Opener, find_opener
from donkey_activations.extractors.pilot_format import (
    EDGE_TPU_OPERATOR,
    LARGEST_BYTES,
    SAVED_MODEL_FILE,
    PilotFormat,
    contains,
    files_of,
    format_of,
    weights_of,
)
from donkey_activations.extractors.ways_out import instead, opens
from donkey_activations.files import loads_json

_TENSORRT_OPERATOR = b"TRTEngineOp"

_LARGEST_JSON_BYTES = 64 << 20
_EXPECTED = "expected a .tflite or a Keras pilot"


def opener_of(path: Path) -> Opener:
    """Return the opener of a pilot.

    Args:
        path: The file or folder, with any suffix or none.

    Raises:
        ModelError: It cannot be read, or is nothing that can be opened.
    """
    try:
        head = head_of(path)
        opener = find_opener(path, head)
        if opener is None:
            raise refusal(path, head)
        return opener
    except OSError as error:
        raise unreadable(error) from error


def identify(path: Path) -> PilotFormat:
    """Return which of our own formats a pilot is of.

    Args:
        path: The file or folder, with any suffix or none.

    Raises:
        ModelError: It cannot be read, or is nothing that can be opened; the message says what it
            is and which file to give instead, and leaves it to the caller to name the path.
    """
    try:
        head = head_of(path)
        known = format_of(path, head)
        if known is None:
            raise refusal(path, head)
        _check(path, known)
        return known
    except OSError as error:
        raise unreadable(error) from error


def head_of(path: Path) -> bytes:
    """Return the first bytes of a pilot file, enough to tell its format; none of a folder.

    Args:
        path: The file or folder.

    Raises:
        ModelError: It is no ordinary file, or empty.
        OSError: It cannot be read.
    """
    if path.is_dir():
        return b""
    # A pipe or a device would keep the reader waiting, or never end.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ModelError(f"{_EXPECTED}, this is no ordinary file; {instead(path)}")
    head = foreign_formats.head(path)
    if not head:
        raise ModelError("the file is empty; copy it again, or train again")
    return head


def refusal(path: Path, head: bytes) -> ModelError:
    """Return what to tell of a file or folder that is no pilot, and which file to give instead.

    Args:
        path: The file or folder.
        head: What ``head_of`` returns for it.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_dir():
        return _refused(path, foreign_formats.describe(path, head))
    inside = sorted(entry.name for entry in path.iterdir() if opens(entry))
    way_out = f"give {' or '.join(inside[:3])} in it" if inside else instead(path)
    return ModelError(
        f"{_EXPECTED}, this is a folder that is no SavedModel (no {SAVED_MODEL_FILE} in it); "
        f"{way_out}"
    )


def unreadable(error: OSError) -> ModelError:
    """Return what to tell of a pilot that the system does not let read."""
    reason = error.strerror or str(error)
    return ModelError(f"cannot be read ({reason}); give the path of a .tflite or Keras pilot")


def fingerprint(path: Path) -> str:
    """Return the SHA-256 over a pilot's content, in hexadecimal digits.

    It does not depend on the pilot's name. For a single file it is the SHA-256 of its bytes; where
    a pilot consists of several files, it covers all of them and their names in the pilot.

    Args:
        path: The file or folder.

    Raises:
        ModelError: It cannot be read.
    """
    try:
        files = _files_of(path)
        if files == (path,):
            return _digest(path)
        whole = hashlib.sha256()
        for name, file in sorted((_name_in_pilot(path, file), file) for file in files):
            whole.update(f"{_digest(file)} {name}\n".encode(errors="surrogateescape"))
        return whole.hexdigest()
    except OSError as error:
        raise unreadable(error) from error


def _files_of(path: Path) -> tuple[Path, ...]:
    """Return a pilot's files; of what is none the file, or all in the folder."""
    is_file = path.is_file()
    opener = None
    if is_file or path.is_dir():
        opener = find_opener(path, foreign_formats.head(path) if is_file else b"")
    return files_of(path) if opener is None else opener.files(path)


def _name_in_pilot(path: Path, file: Path) -> str:
    """Return the name of one of a pilot's files without what the pilot is called."""
    if path.is_dir():
        return Path(os.path.relpath(file, path)).as_posix()
    return Path(os.path.relpath(file, path.parent)).as_posix().removeprefix(path.stem)


def _check(path: Path, known: PilotFormat) -> None:
    """Refuse what has the format and still cannot be opened."""
    for part in files_of(path):
        # A damaged disk, or somebody else, has made it endless.
        if part.stat().st_size > LARGEST_BYTES:
            raise _refused(path, f"one of more than {LARGEST_BYTES >> 30} GB ({part.name})")
    if known is PilotFormat.TFLITE and contains(path, EDGE_TPU_OPERATOR):
        raise _refused(path, "compiled for an Edge TPU, which hides its layers")
    graph = path / SAVED_MODEL_FILE
    if known is PilotFormat.SAVED_MODEL and contains(graph, _TENSORRT_OPERATOR):
        raise _refused(path, "a TensorRT engine, which only runs on the NVIDIA board it is made on")
    if known is PilotFormat.JSON_AND_WEIGHTS:
        _check_json(path)


def _check_json(path: Path) -> None:
    if path.stat().st_size > _LARGEST_JSON_BYTES:
        raise _refused(path, f"text of more than {_LARGEST_JSON_BYTES >> 20} MB")
    try:
        network = loads_json(path.read_bytes())
    except ValueError as error:
        raise _refused(path, "damaged or cut-short JSON") from error
    if not isinstance(network, dict) or not {"class_name", "config"} <= network.keys():
        raise _refused(path, "JSON, but no network that Keras wrote with model.to_json()")
    if not weights_of(path):
        weights = path.with_suffix(".weights").name
        raise ModelError(
            f"expected the weights beside the .json network in {weights}, found no such file; "
            f"save them there with model.save_weights('{weights}'), or {instead(path)}"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refused(path: Path, what: str) -> ModelError:
    return ModelError(f"{_EXPECTED}, this is {what}; {instead(path)}")
