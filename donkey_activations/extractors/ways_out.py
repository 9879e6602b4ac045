"""Which file to give in place of one that cannot be opened."""

from collections.abc import Sequence
from pathlib import Path

from donkey_activations.errors import ModelError
from donkey_activations.extractors import foreign_formats, keras_releases
from donkey_activations.extractors.openers import find_opener, pilot_suffixes
from donkey_activations.extractors.pilot_format import (
    EDGE_TPU_OPERATOR,
    PilotFormat,
    contains,
    format_of,
    missing_variables,
    weights_of,
)


def instead(path: Path, suffixes: Sequence[str] | None = None) -> str:
    """Return the way out for a file that cannot be opened: which file to give instead.

    Args:
        path: The file or folder.
        suffixes: Those that a file beside it may have; the first found is named. None are those
            of all pilots.
    """
    plain = path.name.removesuffix("_edgetpu.tflite")
    stems = dict.fromkeys((path.stem, path.name, plain, Path(path.stem).stem))
    for suffix in pilot_suffixes() if suffixes is None else suffixes:
        for stem in stems:
            candidate = path.parent / f"{stem}{suffix}"
            if candidate != path and opens(candidate):
                return f"give {candidate.name} beside it"
    return (
        "give the .tflite, .keras or .h5 of the same training; donkey train writes the .tflite as "
        "well"
    )


def incomplete(saved_model: Path) -> ModelError | None:
    """Return what to tell of a SavedModel that lacks a file of its weights; None if it has all.

    Args:
        saved_model: Its folder.
    """
    try:
        missing = missing_variables(saved_model)
    except OSError:
        return None  # what cannot be read is told by whoever has failed to
    if missing is None:
        return None
    return ModelError(
        f"expected the SavedModel's weights in {missing}, found no such file; copy the whole "
        f"folder again, or {instead(saved_model)}"
    )


def opens(candidate: Path) -> bool:
    """Return whether a file or folder is a pilot that can be opened here, as far as it tells."""
    try:
        if not (candidate.is_file() or candidate.is_dir()):
            return False
        head = b"" if candidate.is_dir() else foreign_formats.head(candidate)
        known = format_of(candidate, head)
        if known is PilotFormat.TFLITE:
            return not contains(candidate, EDGE_TPU_OPERATOR)
        if known is None:
            return find_opener(candidate, head) is not None
        if known is PilotFormat.JSON_AND_WEIGHTS and not weights_of(candidate):
            return False
        return keras_releases.is_installed_for(candidate, known)
    except OSError:
        return False
