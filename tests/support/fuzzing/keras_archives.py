"""Hostile insides of the archives that Keras pilots are: zip and HDF5."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py

from fuzzing.case import Room

_GIGABYTE = 1 << 30
_BOMB_BYTES = 384 << 20


def rewrite_zip(
    path: Path, changed: Mapping[str, Callable[[bytes], bytes]], packed: int = zipfile.ZIP_STORED
) -> None:
    """Writes an archive anew, with other contents for some of its names."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name in {**contents, **changed}:
            old = contents.get(name, b"")
            archive.writestr(name, changed[name](old) if name in changed else old)


def bomb(name: str, path: Path) -> None:
    """An entry of blanks that takes a thousandth of its size in the archive."""
    with zipfile.ZipFile(path) as archive:
        kept = {one: archive.read(one) for one in archive.namelist() if one != name}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in kept.items():
            archive.writestr(one, content)
        with archive.open(name, "w", force_zip64=True) as entry:
            entry.write(b"\x89HDF\r\n\x1a\n" if name.endswith(".h5") else b'{"a":"')
            for _ in range(_BOMB_BYTES >> 24):
                entry.write(b" " * (1 << 24))
        # So large it would be with patience.
        archive.getinfo(name).file_size *= 8


def many_entries(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}.x", b"")


def packed(path: Path) -> None:
    """Weights that are compressed in the archive, with a gigabyte of nothing among them."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as archive:
        content.write(archive.read("model.weights.h5"))
    with h5py.File(content, "r+") as file:
        file.create_dataset("padding", (_GIGABYTE,), "u1", chunks=(1 << 22,), compression=1)
    rewrite_zip(path, {"model.weights.h5": lambda _: content.getvalue()}, zipfile.ZIP_DEFLATED)


def names(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../../outside/new", "/new", "..\\x", "\x1b[2J", "a\nb", "x/../../y"):
            archive.writestr(name, b"x")


def _weights(file: Any) -> tuple[Any, str]:
    """The group of the first layer's weights, and the name of its kernel."""
    names: list[str] = []
    file.visit(names.append)
    kernel = next(name for name in names if name.endswith(("kernel:0", "/kernel")))
    return file[kernel].parent, kernel.rpartition("/")[2]


def external_link(file: Any, room: Room) -> None:
    group, name = _weights(file)
    del group[name]
    group[name] = h5py.ExternalLink(str(room.secret), "/kernel:0")


def external_values(file: Any, room: Room) -> None:
    group, name = _weights(file)
    shape = group[name].shape
    del group[name]
    storage = [(str(room.secret), 0, h5py.h5f.UNLIMITED)]
    group.create_dataset(name, shape, "f4", external=storage)


def virtual_values(file: Any, room: Room) -> None:
    group, name = _weights(file)
    layout = h5py.VirtualLayout(group[name].shape, "f4")
    layout[:] = h5py.VirtualSource(str(room.secret), "x", shape=group[name].shape)
    del group[name]
    group.create_virtual_dataset(name, layout)


def huge_values(file: Any, _room: Room, chunks: bool) -> None:
    group, name = _weights(file)
    del group[name]
    chunk = (1 << 20,) if chunks else None
    group.create_dataset(
        name, (1 << (30 if chunks else 40),), "f4", chunks=chunk, compression=9 if chunks else None
    )


def soft_loop(file: Any, _room: Room) -> None:
    group, name = _weights(file)
    del group[name]
    group[name] = h5py.SoftLink(f"{group.name}/{name}")
    file["round"] = file


def deep_groups(file: Any, _room: Room) -> None:
    group = file
    for _ in range(3000):
        group = group.create_group("g")
