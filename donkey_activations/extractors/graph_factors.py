"""Constant factors of activations that a converter moves into the weights of the next layer.

Two activations of Keras 3 end in a division: ``hard_sigmoid`` is ``relu6(x + 3) / 6``, and
``squareplus`` is ``(x + sqrt(x * x + b)) / 2``. In front of a convolution or a dense layer the
converter divides that layer's weights instead, and no tensor of the graph holds the maps. They are
recognised by the names of the operations that are left of them.
"""

import re

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from donkey_activations.extractors.graph_links import keeps_maps
from donkey_activations.graphs.tflite import Graph

_HARD_SIGMOID = re.compile(r"(?P<scope>([^;]+/)?)Relu6(_\d+)?;(?P=scope)add(_\d+)?(;.*)?")
# Additions of keras.ops, which a model may be put together of by hand, begin with a capital.
_SUM = re.compile(r"([^;]+/)?add(_\d+)?(;.*)?")
_DIVISION = "truediv"


def with_factor(graph: Graph, tensor: int) -> int:
    """Return the tensor of a layer's maps, which is a new one where their factor was moved.

    Args:
        graph: The graph, converted from a Keras 3 model; the operator that multiplies is added to
            it.
        tensor: The tensor of what the graph still computes of the layer's activation.
    """
    name = graph.tensor_name(tensor)
    if _HARD_SIGMOID.fullmatch(name):
        return _multiplied(graph, tensor, 1 / 6)
    if _SUM.fullmatch(name) and _is_squareplus(graph, tensor):
        return _multiplied(graph, tensor, 1 / 2)
    return tensor


def _is_squareplus(graph: Graph, tensor: int) -> bool:
    """Return whether a tensor is ``x + sqrt(x * x + b)``."""
    path = [("ADD", 2), ("SQRT", 1), ("ADD", 2), ("SQUARE", 1)]
    read: list[set[int]] = [{tensor}]
    for name, count in path:
        writers = [graph.writers[one] for one in read[-1] if one in graph.writers]
        found = [writer for writer in writers if graph.operator_name(writer) == name]
        if len(found) != 1 or len(found[0].inputs) != count:
            return False
        read.append({_handed_on(graph, int(one)) for one in found[0].inputs})
    return read[-1] <= read[1]


def _handed_on(graph: Graph, tensor: int) -> int:
    """Return the tensor whose maps one has as other numbers, or the tensor itself."""
    for _ in graph.operators:  # a damaged file may go round in circles
        writer = graph.writers.get(tensor)
        if writer is None or not keeps_maps(graph, writer):
            break
        tensor = int(writer.inputs[0])
    return tensor


def _multiplied(graph: Graph, tensor: int, factor: float) -> int:
    """Add to a graph what multiplies a tensor, and return the tensor of the products."""
    last, _, _ = graph.tensor_name(tensor).partition(";")
    scope, slash, _ = last.rpartition("/")
    product = f"{scope}{slash}{_DIVISION}"
    if graph.tensors[tensor].type != schema.TensorType.FLOAT32:
        tensor = _added(graph, schema.BuiltinOperator.DEQUANTIZE, [tensor], "real numbers")
    constant = schema.TensorT()
    constant.name, constant.shape, constant.buffer = b"factor", [], len(graph.model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.float32(factor).tobytes(), np.uint8)
    graph.model.buffers.append(buffer)
    graph.tensors.append(constant)
    inputs = [tensor, len(graph.tensors) - 1]
    return _added(graph, schema.BuiltinOperator.MUL, inputs, product)


def _added(graph: Graph, operator_code: int, inputs: list[int], name: str) -> int:
    """Add an operator behind the one that writes its first input.

    Args:
        graph: The graph, which is changed.
        operator_code: The schema's number of the operator.
        inputs: The tensors that it reads.
        name: Of what it writes, which is float32 of the first input's shape.

    Returns:
        The tensor that it writes.
    """
    read, output, code = graph.tensors[inputs[0]], schema.TensorT(), schema.OperatorCodeT()
    output.name, output.shape, output.buffer = name.encode(), read.shape, 0
    output.shapeSignature = read.shapeSignature
    code.builtinCode = code.deprecatedBuiltinCode = operator_code
    code.version = 2 if operator_code == schema.BuiltinOperator.DEQUANTIZE else 1
    graph.model.operatorCodes.append(code)
    graph.tensors.append(output)
    number = len(graph.tensors) - 1
    operator = schema.OperatorT()
    operator.opcodeIndex = len(graph.model.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, [number]
    if operator_code == schema.BuiltinOperator.MUL:
        operator.builtinOptionsType = schema.BuiltinOptions.MulOptions
        operator.builtinOptions = schema.MulOptionsT()
    graph.operators.insert(graph.operators.index(graph.writers[inputs[0]]) + 1, operator)
    graph.writers[number] = operator
    graph.readers.setdefault(inputs[0], []).append(operator)
    return number
