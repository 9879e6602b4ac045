"""Damaged and hostile Keras pilots of every format, which TensorFlow reads in the end."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fuzzing import keras_archives as archives
from fuzzing.case import Case, MakeCase, Room, Subject
from fuzzing.damage import DEEP, damaged, mkfifo, sparse, with_odd_value

_FOLDER_FILES = ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb",
"variables/variables.index",
                 "variables/variables.data-00000-of-00001")  # fmt: skip


def _words(room: Room, name: str) -> Case:
    if room.chance.random() < 0.5:
        return Case(["layers", "--model", name, *room.chance.choice([[], ["--json"]])])
    image = str(room.materials / "images" / "colour.jpg")
    return Case(["image", "--model", name, "--image", image, "--out", "seen.jpg"], ["seen.jpg"])


def _copied(room: Room, suffix: str) -> str:
    """Puts a sound pilot of a format into the room."""
    source = room.materials / "pilots" / f"small{suffix}"
    name = f"pilot{suffix}"
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, name)
    if suffix == ".json":
        shutil.copyfile(source.with_suffix(".weights"), "pilot.weights")
    return name


def any_pilot(room: Room) -> Case:
    """A pilot with damage to the bytes of a file, or to a value of its configuration."""
    chance = room.chance
    suffix = chance.choice(
        (".h5", ".h5", ".keras", ".keras", ".savedmodel", ".savedmodel", ".json")
    )
    name = _copied(room, suffix)
    if suffix == ".savedmodel":
        files = [file for file in _FOLDER_FILES if (Path(name) / file).exists()]
        _damage(Path(name) / chance.choice(files), room)
    elif chance.random() < 0.4:
        _damage(Path(chance.choice([name, "pilot.weights"]) if suffix == ".json" else name), room)
    else:
        with_config(name, lambda config: with_odd_value(config, chance))
    return _words(room, name)


def _damage(file: Path, room: Room) -> None:
    file.write_bytes(damaged(file.read_bytes(), room.chance))


def with_config(name: str, change: Callable[[Any], Any]) -> None:
    """Writes the network's configuration in a pilot's file anew."""
    path = Path(name)
    if path.suffix == ".json":
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
    elif path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            text = json.dumps(change(json.loads(file.attrs["model_config"])))
            try:
                file.attrs["model_config"] = text
            except (OSError, ValueError):
                # An attribute holds 64 kB, and no null byte.
                file.attrs["model_config"] = np.void(text.encode()[:60_000])
    else:
        archives.rewrite_zip(
            path, {"config.json": lambda old: json.dumps(change(json.loads(old))).encode()}
        )


def _config(room: Room, change: Callable[[Any], Any], suffix: str) -> Case:
    name = _copied(room, suffix)
    with_config(name, change)
    return _words(room, name)


def _with_key(key: str, value: Any, config: Any) -> Any:
    """The same value for a key wherever it stands."""
    if isinstance(config, dict):
        return {k: value if k == key else _with_key(key, value, v) for k, v in config.items()}
    if isinstance(config, list):
        return [_with_key(key, value, item) for item in config]
    return config


def _zip(room: Room, make: Callable[[Path], Any]) -> Case:
    name = _copied(room, ".keras")
    make(Path(name))
    return _words(room, name)


def _h5(room: Room, change: Callable[[Any, Room], Any]) -> Case:
    name = _copied(room, ".h5")
    with h5py.File(name, "r+") as file:
        change(file, room)
    return _words(room, name)


def _folder(room: Room, change: Callable[[Path], Any]) -> Case:
    name = _copied(room, ".savedmodel")
    change(Path(name))
    return _words(room, name)


def _link(folder: Path, name: str, target: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(target)


def _place(room: Room, make: Callable[[Path], Any], suffix: str) -> Case:
    make(Path(f"pilot{suffix}"))
    return _words(room, f"pilot{suffix}")


def _json(room: Room, content: bytes) -> Case:
    name = _copied(room, ".json")
    Path(name).write_bytes(content)
    return _words(room, name)


_H5_HEAD, _ZIP_HEAD = b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"
_CONFIGS: list[tuple[str, str, Any]] = [
    (".json", "units", 10**9), (".h5", "units", 10**9), (".json", "units", 10**6),
    (".keras", "filters", 10**8), (".keras", "filters", -1), (".h5", "kernel_size", [5000, 5000]),
    (".json", "units", 1e999), (".json", "units", "9" * 5000), (".h5", "strides", [0, 0]),
    (".json", "batch_input_shape", [None, 10**6, 10**6, 3]), (".h5", "name", "x/y"),
    (".h5", "batch_input_shape", [None, 0, 0, 3]), (".keras", "name", "a\nb\x1b[2J"),
    (".h5", "layers", []), (".keras", "layers", None), (".json", "dtype", "string"),
    (".h5", "name", ""), (".h5", "name", "x" * 10_000),
]  # fmt: skip
_NAMES = ("config.json", "metadata.json", "bomb.bin", "model.weights.h5")
_ZIPS: list[Callable[[Path], Any]] = [
    *(partial(archives.bomb, name) for name in _NAMES),
    archives.many_entries,
    archives.packed,
    archives.names,
]
_H5S: list[Callable[[Any, Room], Any]] = [
    archives.external_link,
    archives.external_values,
    archives.virtual_values,
    archives.soft_loop,
    archives.deep_groups,
    partial(archives.huge_values, chunks=False),
    partial(archives.huge_values, chunks=True),
]
_LINKS = (
    ("variables/round", "../.."), ("assets/dev", "/dev"), ("x.pkl", "/dev/null"),
    ("keras_metadata.pb", "/dev/zero"), ("saved_model.pb", "saved_model.pb"),
)  # fmt: skip
_FOLDERS: list[Callable[[Path], Any]] = [
    *(partial(_link, name=name, target=target) for name, target in _LINKS),
    lambda folder: sparse(folder / "saved_model.pb"),
    lambda folder: sparse(folder / "keras_metadata.pb"),
    lambda folder: shutil.rmtree(folder / "variables"),
]
_FILES: list[tuple[str, Callable[[Path], Any]]] = [
    (".h5", lambda path: path.write_bytes(_H5_HEAD)),
    (".h5", lambda path: path.write_bytes(_H5_HEAD + b"\xff" * 5000)),
    (".h5", lambda path: sparse(path, _H5_HEAD)),
    (".h5", mkfifo),
    (".keras", lambda path: sparse(path, _ZIP_HEAD)),
    (".keras", lambda path: path.write_bytes(_ZIP_HEAD + bytes(5000))),
    (".json", lambda path: sparse(path, b"{")),
    (".savedmodel", lambda path: path.mkdir()),
]
_DEEP_LAYERS = b'{"class_name": "Sequential", "config": {"layers": ' + b"[" * 450 + b"]" * 450
_JSONS = [
    b"{", b'{"a":' * DEEP, b'{"class_name": "Model", "config": ' + b"[" * DEEP,
    _DEEP_LAYERS + b"}}", b'{"class_name": 1, "config": 2}', b"{\xff",
    b'{"class_name": "X", "config": {}}',
    b'{"class_name": "' + b"x" * 5_000_000 + b'", "config": {}}',
]  # fmt: skip
_FIXED: list[MakeCase] = [
    *(
        partial(_config, change=partial(_with_key, key, value), suffix=suffix)
        for suffix, key, value in _CONFIGS
    ),
    *(partial(_zip, make=make) for make in _ZIPS),
    *(partial(_h5, change=change) for change in _H5S),
    *(partial(_folder, change=change) for change in _FOLDERS),
    *(partial(_place, make=make, suffix=suffix) for suffix, make in _FILES),
    *(partial(_json, content=content) for content in _JSONS),
]
SUBJECT = Subject(_FIXED, any_pilot, talkative=True)
