"""Constant factors of activations that a converter moves into the weights of the next layer.

Two activations of Keras 3 end in a division: ``hard_sigmoid`` is ``relu6(x + 3) / 6``, and
``squareplus`` is ``(x + sqrt(x * x + b)) / 2``. In front of a convolution or a dense layer the
converter divides that layer's weights instead, and no tensor of the graph holds the maps. They are
recognised by the names of the operations that are left of them.
"""

import re
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

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
    # Quantised ones have no tensor that could be multiplied by a number.
    if graph.tensors[tensor].type != schema.TensorType.FLOAT32:
        return tensor
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
        read.append(set(map(int, found[0].inputs)))
    return read[-1] <= read[1]


def _multiplied(graph: Graph, tensor: int, factor: float) -> int:
    """Add to a graph what multiplies a tensor, and return the tensor of the products."""
    last, _, _ = graph.tensor_name(tensor).partition(";")
    scope, slash, _ = last.rpartition("/")
    model = graph.model
    constant, product = schema.TensorT(), schema.TensorT()
    constant.name, product.name = b"factor", f"{scope}{slash}{_DIVISION}".encode()
    constant.shape, product.shape = [], graph.tensors[tensor].shape
    product.shapeSignature = graph.tensors[tensor].shapeSignature
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(np.float32(factor).tobytes(), np.uint8)
    constant.buffer, product.buffer = len(model.buffers), 0
    model.buffers.append(buffer)
    graph.tensors.extend([constant, product])
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.MUL
    code.version = 1
    model.operatorCodes.append(code)
    number = len(graph.tensors)
    operator = _multiplication(len(model.operatorCodes) - 1, [tensor, number - 2], number - 1)
    graph.operators.insert(graph.operators.index(graph.writers[tensor]) + 1, operator)
    graph.writers[number - 1] = operator
    graph.readers.setdefault(tensor, []).append(operator)
    return number - 1


def _multiplication(code: int, inputs: list[int], output: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, [output]
    operator.builtinOptionsType = schema.BuiltinOptions.MulOptions
    operator.builtinOptions = schema.MulOptionsT()
    return operator
