"""Refuses Keras files that would run code, or open other files, when they are loaded.

Nothing here makes an object of what a file holds: configurations are read as plain JSON, graphs as
plain protocol buffers, and HDF5 files by their attributes and links alone.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from donkey_activations import files
from donkey_activations.errors import ModelError
from donkey_activations.extractors import graph_operators, keras_configs
from donkey_activations.extractors.keras_configs import refusal
from donkey_activations.extractors.pilot_format import PilotFormat, weights_of
from donkey_activations.graphs import protobuf

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# What stands in a small file may be packed; a network is never nearly so large.
_MOST_ENTRIES, _MOST_TEXT_BYTES, _MOST_WEIGHTS_BYTES = 1000, 64 << 20, 2 << 30
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".dill")

# Field numbers in TensorFlow's and Keras' schemas: where Keras keeps each layer's configuration,
# in a file of its own (nodes, metadata) and before TensorFlow 2.5 in the graph's file.
_METADATA = (1, 5)
_OLD_METADATA = (2, 7, 1, 4, 3)


def refuse_stored_code(path: Path, pilot_format: PilotFormat) -> None:
    """Refuse a pilot that would run stored code or open other files when it is loaded.

    Args:
        path: The file or folder.
        pilot_format: What ``formats.identify`` told about it.

    Raises:
        ModelError: It would, or it is damaged; the message names the layer.
    """
    checks = {
        PilotFormat.HDF5: _check_hdf5,
        PilotFormat.KERAS_ZIP: _check_keras_zip,
        PilotFormat.SAVED_MODEL: _check_saved_model,
        PilotFormat.JSON_AND_WEIGHTS: _check_json_and_weights,
    }
    check = checks.get(pilot_format)
    if check is None:
        return
    try:
        check(path)
    except (ModelError, ImportError):
        raise
    except Exception as error:  # the readers raise whatever damaged bytes make them raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelError(f"the file is damaged ({reason}); copy it again") from error


def _check_hdf5(path: Path) -> None:
    _check_hdf5_source(path)


def _check_hdf5_source(source: Any) -> None:
    import h5py

    with h5py.File(source, "r") as file:
        _refuse_links_and_bombs(file)
        config = file.attrs.get("model_config")
        if config is not None:
            keras_configs.refuse(_json(config))


def _check_keras_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        _refuse_large_entries(archive.infolist())
        keras_configs.refuse(_json(archive.read("config.json")))
        for name in archive.namelist():
            with archive.open(name) as member:
                start = member.read(len(_HDF5_SIGNATURE))
                _refuse_pickle(name, start)
                if start == _HDF5_SIGNATURE:
                    member.seek(0)
                    _check_hdf5_source(member)


def _check_saved_model(path: Path) -> None:
    for file in sorted(path.rglob("*")):
        # The weights are bare numbers, which may look like anything.
        if file.is_file() and file.parent.name != "variables":
            with file.open("rb") as opened:
                _refuse_pickle(file.relative_to(path).as_posix(), opened.read(8))
    saved_model = (path / "saved_model.pb").read_bytes()
    for config in _keras_metadata(path, saved_model):
        # Keras looks classes up by name alone here, and takes the stored graph for unknown ones.
        keras_configs.refuse(config, imports=False)
    operator = graph_operators.find_unsafe(saved_model)
    if operator is not None:
        raise refusal(f"the stored graph has the operator {operator}")


def _check_json_and_weights(path: Path) -> None:
    keras_configs.refuse(_json(path.read_bytes()))
    for weights in weights_of(path):
        with weights.open("rb") as file:
            start = file.read(len(_HDF5_SIGNATURE))
        if start == _HDF5_SIGNATURE:
            _check_hdf5_source(weights)


def _keras_metadata(path: Path, saved_model: bytes) -> Iterator[Any]:
    separate = path / "keras_metadata.pb"
    texts = protobuf.texts(memoryview(saved_model), *_OLD_METADATA)
    if separate.is_file():
        texts += protobuf.texts(memoryview(separate.read_bytes()), *_METADATA)
    for text in texts:
        if text:
            yield _json(text)


def _json(text: Any) -> Any:
    return files.loads_json(text if isinstance(text, (str, bytes)) else str(text))


def _refuse_pickle(name: str, start: bytes) -> None:
    if name.lower().endswith(_PICKLE_SUFFIXES) or start.startswith(_PICKLE_STARTS):
        raise refusal(f"{name} in it is a Python pickle, which can hold code")


def _refuse_large_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that unpacks to far more than it is, or to more than a pilot can be."""
    sizes = {entry.filename: entry.file_size for entry in entries}
    texts = sum(size for name, size in sizes.items() if name.endswith(".json"))
    if len(entries) > _MOST_ENTRIES or texts > _MOST_TEXT_BYTES:
        raise ModelError(
            f"expected at most {_MOST_ENTRIES} files in the archive, and {_MOST_TEXT_BYTES >> 20} "
            f"MB of JSON, got {len(entries)} and {texts >> 20} MB; save the pilot again"
        )
    _check_weights(sum(sizes.values()))


def _check_weights(size_bytes: int) -> None:
    if size_bytes > _MOST_WEIGHTS_BYTES:
        raise ModelError(
            f"expected at most {_MOST_WEIGHTS_BYTES >> 30} GB of weights, got "
            f"{size_bytes / (1 << 30):.1f} GB; save the pilot again"
        )


def _refuse_links_and_bombs(file: Any) -> None:
    """Refuse an HDF5 file that has other files read in its place, or that unpacks to too much."""
    import h5py

    seen, weights_bytes = set(), 0
    groups = [file]
    while groups:
        group = groups.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise refusal(f"{group.name.rstrip('/')}/{name} in it is a link to another file")
            if not isinstance(link, h5py.HardLink):
                continue  # what a soft link leads to lies elsewhere in the same file
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(found, h5py.Group):
                groups.append(found)
            elif isinstance(found, h5py.Dataset):
                if found.external or found.is_virtual:
                    raise refusal(f"{found.name} in it has its values in another file")
                weights_bytes += found.nbytes
    _check_weights(weights_bytes)
