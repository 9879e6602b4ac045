"""Copies of `.tflite` graphs in which something was changed."""

from collections.abc import Callable
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """A copy of a graph whose model was changed."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
