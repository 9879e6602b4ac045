"""Graphs that would take all memory are refused before they do."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from changed_graphs import changed
from stock_pilot import StockPilot

from donkey_activations import open_extractor


def with_padding(columns: int, model: Any) -> None:
    """Puts columns of nothing to the right of the image, by an operator in front of all others."""
    graph = model.subgraphs[0]
    (image,) = graph.inputs
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.PAD
    model.operatorCodes.append(code)
    amounts = np.array([[0, 0], [0, 0], [0, columns], [0, 0]], np.int32)
    content = schema.BufferT()
    content.data = np.frombuffer(amounts.tobytes(), np.uint8)
    model.buffers.append(content)
    shapes = ([4, 2], [1, 120, 160 + columns, 3])
    kinds = (schema.TensorType.INT32, schema.TensorType.FLOAT32)
    for shape, kind, buffer in zip(shapes, kinds, (len(model.buffers) - 1, 0), strict=True):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = shape, kind, buffer
        tensor.name = f"padding_{buffer}".encode()
        graph.tensors.append(tensor)
    paddings, padded = len(graph.tensors) - 2, len(graph.tensors) - 1
    for operator in graph.operators:
        operator.inputs = [padded if one == image else one for one in operator.inputs]
    pad = schema.OperatorT()
    pad.opcodeIndex = len(model.operatorCodes) - 1
    pad.inputs, pad.outputs = [image, paddings], [padded]
    pad.builtinOptionsType, pad.builtinOptions = schema.BuiltinOptions.PadOptions, None
    graph.operators.insert(0, pad)


def pilot_with_padding(stock_pilot: StockPilot, columns: int, path: Path) -> Path:
    content = stock_pilot.tflite.read_bytes()
    path.write_bytes(changed(content, lambda model: with_padding(columns, model)))
    return path


def with_declared_width(columns: int, model: Any) -> None:
    """Says of the first convolution's maps that they are so wide, which they are not."""
    graph = model.subgraphs[0]
    (image,) = graph.inputs
    (first,) = (operator for operator in graph.operators if image in operator.inputs)
    graph.tensors[first.outputs[0]].shape = [1, 58, columns, 24]
    graph.tensors[first.outputs[0]].shapeSignature = [-1, 58, columns, 24]


def pilot_with(
    change: Callable[[int, Any], None], columns: int, stock_pilot: StockPilot, folder: Path
) -> Path:
    path = folder / "pilot.tflite"
    content = stock_pilot.tflite.read_bytes()
    path.write_bytes(changed(content, lambda model: change(columns, model)))
    return path


def test_columns_of_padding_make_the_maps_wider(stock_pilot: StockPilot, tmp_path: Path) -> None:
    layers = open_extractor(pilot_with(with_padding, 40, stock_pilot, tmp_path)).layers
    assert layers[0].width == 98


# Float32, of 3 channels in 120 rows and of 24 filters in 58 rows.
@pytest.mark.parametrize(
    ("change", "columns", "told"),
    [(with_padding, 500_000, "got 686 MB"), (with_declared_width, 300_000, "got 1593 MB")],
)
def test_a_network_that_asks_for_too_much_is_refused_before_it_takes_it(
    change: Callable[[int, Any], None],
    columns: int,
    told: str,
    stock_pilot: StockPilot,
    tmp_path: Path,
) -> None:
    pilot = pilot_with(change, columns, stock_pilot, tmp_path)
    code = """
import sys, donkey_activations
try:
    donkey_activations.open_extractor(sys.argv[1])
except donkey_activations.ModelError as error:
    print(error)
print(*(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, pilot], capture_output=True, text=True, check=True
    )
    said, peak_kb = done.stdout.splitlines()
    assert said.endswith(f"{told}; copy the file again, or choose a smaller size")
    assert int(peak_kb) < 200_000
