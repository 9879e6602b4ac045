"""A ``.tflite`` graph at another size of its image than its own."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from donkey_activations.graphs.operators import Shape
from donkey_activations.graphs.tflite import Graph, write_part


def tensor_shapes(
    content: bytes, graph: Graph, resized: Mapping[int, Shape], interpreter_class: Any
) -> dict[int, Shape]:
    """Return the shapes that a graph's tensors have when its inputs are resized.

    Args:
        content: A ``.tflite`` file.
        graph: ``content``, read.
        resized: The inputs' new shapes by the tensor's number.
        interpreter_class: ``Interpreter`` of LiteRT, or TensorFlow's for a graph with operators of
            TensorFlow ("Flex").

    Returns:
        The shape of every tensor by its number; a scalar's is ``()``.

    Raises:
        RuntimeError: The graph cannot be run like this.
        ValueError: The graph is damaged.
    """
    # What a Flex operator gives has its shape only once it has run.
    run = bool(graph.custom_operators())
    details = set_up(content, resized, interpreter_class, run=run).get_tensor_details()
    return {int(d["index"]): tuple(int(n) for n in d["shape"]) for d in details}


def set_up(
    content: bytes, resized: Mapping[int, Shape], interpreter_class: Any, *, run: bool
) -> Any:
    """Return an engine with a graph in it, whose tensors have their shapes.

    Args:
        content: A ``.tflite`` file.
        resized: As ``tensor_shapes`` takes it.
        interpreter_class: As ``tensor_shapes`` takes it.
        run: Whether to run it on zeros: some operators have a shape only once they have run.

    Raises:
        RuntimeError: The graph cannot be run like this.
        ValueError: The graph is damaged.
    """
    interpreter = interpreter_class(
        model_content=content, experimental_op_resolver_type=_without_delegates(interpreter_class)
    )
    for number, shape in resized.items():
        interpreter.resize_tensor_input(number, shape, strict=False)
    interpreter.allocate_tensors()
    if run:
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
        interpreter.invoke()
    return interpreter


def _without_delegates(interpreter_class: Any) -> Any:
    # Of the tensors inside of a delegate the old shapes are told. The module of each interpreter
    # has a constant of its own for this, and does not know that of the other.
    modules = (sys.modules[base.__module__] for base in interpreter_class.__mro__)
    constants = next(module for module in modules if hasattr(module, "OpResolverType"))
    return constants.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def with_shapes(graph: Graph, shapes: Mapping[int, Shape]) -> bytes:
    """Write a graph with other shapes of its tensors than its own.

    Args:
        graph: The graph, modified in place.
        shapes: Shapes by the tensor's number, as ``tensor_shapes`` returns them. An axis that the
            graph leaves open, such as the batch, stays open.

    Returns:
        A ``.tflite`` file whose tensors, operators and outputs are in the same order.
    """
    for number, tensor in enumerate(graph.tensors):
        if number not in shapes or tensor.shape is None:
            continue
        tensor.shape = list(shapes[number])
        if tensor.shapeSignature is not None:
            opened = zip(tensor.shapeSignature, shapes[number], strict=False)
            tensor.shapeSignature = [-1 if old < 0 else new for old, new in opened]
    outputs = [int(number) for number in graph.model.subgraphs[0].outputs]
    return write_part(graph, {number: graph.tensor_name(number) for number in outputs})
