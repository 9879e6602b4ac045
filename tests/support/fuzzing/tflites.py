"""Damaged `.tflite` pilots; in their own process, since LiteRT is not written in Python."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from fuzzing.case import Case, MakeCase, Room, Subject
from fuzzing.damage import mkfifo, sparse
from fuzzing.graph_damage import damaged_graph

# The last one takes TensorFlow.
_PILOTS = ("small.tflite", "residual.tflite", "kinds.tflite")
_HEAD = b"\x1c\0\0\0TFL3"


def _words(room: Room, pilot: str = "pilot.tflite") -> Case:
    chance = room.chance
    if chance.random() < 0.3:
        return Case(["layers", "--model", pilot, *chance.choice([[], ["--json"]])])
    image = str(room.materials / "images" / "colour.jpg")
    words = ["image", "--model", pilot, "--image", image, "--out", "seen.jpg"]
    words += chance.choice([[], [], ["--json"], ["--size", "64x48"]])
    return Case(words, ["seen.jpg"])


def any_pilot(room: Room) -> Case:
    """A pilot with damage."""
    file = room.materials / "pilots" / room.chance.choice(_PILOTS)
    Path("pilot.tflite").write_bytes(damaged_graph(file.read_bytes(), room.chance))
    return _words(room)


def _changed(room: Room, change: Callable[[Any], None], name: str = "small.tflite") -> Case:
    """A sound file of a graph that asks for too much."""
    content = (room.materials / "pilots" / name).read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    Path("pilot.tflite").write_bytes(bytes(builder.Output()))
    return _words(room)


def _with_input(shape: list[int], model: Any) -> None:
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shape = shape
    graph.tensors[graph.inputs[0]].shapeSignature = shape


def _named(name: bytes, model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        tensor.name = name + tensor.name


def _custom(name: bytes, model: Any) -> None:
    code = model.operatorCodes[0]
    code.builtinCode, code.deprecatedBuiltinCode, code.customCode = 32, 32, name


def _many_filters(model: Any) -> None:
    """A layer of so many filters that its maps alone take gigabytes."""
    graph = model.subgraphs[0]
    for tensor in graph.tensors:
        if tensor.shape is not None and len(tensor.shape) == 4:
            tensor.shape = [int(side) * 64 for side in tensor.shape]


def _content(room: Room, make: Callable[[Path], Any]) -> Case:
    make(Path("pilot.tflite"))
    return _words(room)


_CHANGES: list[Callable[[Any], None]] = [
    *(
        partial(_with_input, shape)
        for shape in ([1, 40_000, 40_000, 3], [1, 8000, 8000, 3], [1, 2**31 - 1, 2**31 - 1, 3],
                      [1, 0, 40, 3], [1, -1, -1, 3], [1000, 32, 40, 3], [1, 32, 40, 1], [1, 5, 5,
                      3],
                      [1, 1, 65_000, 3], [1, 32, 40, 4], [0], [])
    ),
    partial(_named, b"\x1b[2J\n"),
    partial(_named, b"\xff\xfe"),
    partial(_named, b"x" * 100_000),
    partial(_custom, b"\xff\xfe"),
    partial(_custom, b"a\nb"),
    partial(_custom, b"FlexPyFunc"),
    partial(_custom, b"edgetpu-custom-op"),
    partial(_custom, b""),
    _many_filters,
]  # fmt: skip
_CONTENTS: list[Callable[[Path], Any]] = [
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(_HEAD),
    lambda path: path.write_bytes(_HEAD + bytes(100_000)),
    lambda path: path.write_bytes(_HEAD + b"\xff" * 100_000),
    lambda path: path.write_text("<html>"),
    lambda path: path.mkdir(),
    mkfifo,
    sparse,
    lambda path: sparse(path, _HEAD),
    lambda path: path.symlink_to(path),
    lambda path: path.symlink_to("/dev/zero"),
    lambda _: None,
]
_FIXED: list[MakeCase] = [partial(_changed, change=change) for change in _CHANGES]
_FIXED += [partial(_content, make=make) for make in _CONTENTS]
SUBJECT = Subject(_FIXED, any_pilot)
