"""Follows what the cells of tensors read, operator by operator."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from donkey_activations.graphs.operators import Field, Operator, Shape, spatial
from donkey_activations.graphs.receptive_field.axis import Axis
from donkey_activations.graphs.receptive_field.repeating import STEPS, repeated
from donkey_activations.graphs.receptive_field.rules import propagate
from donkey_activations.graphs.tflite import Graph

# What tensors read, by number. None: unknown. Not in there: nothing.
Fields = Mapping[int, Field | None]

# They tell of a tensor's shape, and nothing of what is in it.
_READS_NO_VALUES = {"RANK", "SHAPE", "ZEROS_LIKE"}

# Cells along an axis. No pilot has more; a damaged file may say so, and would fill the memory.
_MOST_CELLS = 1 << 15

# Reshapes and tilings one behind the other: Keras has five; a damaged file may go round in circles.
_MOST_STEPS = 8


def follow(graph: Graph, operators: Iterable[Any], sources: Fields) -> Fields:
    """Return what all tensors read that read of some.

    Args:
        graph: The graph.
        operators: Those of its operators to go through, in the order in which they run.
        sources: The tensors to start from, with what they read.
    """
    fields = dict(sources)
    for operator in operators:
        inputs = [int(number) for number in operator.inputs]
        if not reads_values(graph, operator) or not any(number in fields for number in inputs):
            continue
        known = all(fields[number] is not None for number in inputs if number in fields)
        for output in map(int, operator.outputs):
            fits = known and max(spatial(shape_of(graph, output))) <= _MOST_CELLS
            field = propagate(_operator(graph, operator, output, fields)) if fits else None
            fields[output] = field or _repeated(graph, output, fields)
    return fields


def reads_values(graph: Graph, operator: Any) -> bool:
    """Return whether what an operator gives depends on its inputs' values, not on shapes alone."""
    return graph.operator_name(operator) not in _READS_NO_VALUES


def picture(graph: Graph, number: int) -> Field | None:
    """Return the field of a tensor whose cells are what is read; None if it has no such cells."""
    shape = shape_of(graph, number)
    if len(shape) < 4 or max(spatial(shape)) > _MOST_CELLS:
        return None
    height, width = spatial(shape)
    return Field((Axis.of_image(height), Axis.of_image(width)))


def shape_of(graph: Graph, number: int) -> Shape:
    """Return the shape of a tensor; ``()`` for one that is left out or has none."""
    shape = graph.tensors[number].shape if number >= 0 else None
    return () if shape is None else tuple(int(n) for n in shape)


def _operator(graph: Graph, operator: Any, output: int, fields: Fields) -> Operator:
    inputs = [int(number) for number in operator.inputs]
    custom = operator.customOptions
    return Operator(
        name=graph.operator_name(operator),
        options=operator.builtinOptions,
        custom_options=b"" if custom is None else bytes(bytearray(custom)),
        shapes=tuple(shape_of(graph, number) for number in inputs),
        constants=tuple(_constants(graph, inputs)),
        fields=tuple(fields.get(number) for number in inputs),
        output=shape_of(graph, output),
    )


def _repeated(graph: Graph, output: int, fields: Fields) -> Field | None:
    """Return the field of a map that reshapes and tilings make of one whose field is known."""
    steps: list[Operator] = []
    number = output
    while (field := fields.get(number)) is None:
        writer = graph.writers.get(number)
        if writer is None or graph.operator_name(writer) not in STEPS or len(steps) == _MOST_STEPS:
            return None
        steps.insert(0, _operator(graph, writer, number, fields))
        number = int(writer.inputs[0])
    return repeated(field, shape_of(graph, number), steps)


def _constants(graph: Graph, inputs: Iterable[int]) -> Iterator[NDArray[np.int64] | None]:
    """Read the inputs that are constant integers: sizes, axes, paddings."""
    types = {schema.TensorType.INT32: np.int32, schema.TensorType.INT64: np.int64}
    for number in inputs:
        kind = types.get(graph.tensors[number].type) if number >= 0 else None
        if kind is None or not graph.is_constant(number):
            yield None
            continue
        data = bytes(bytearray(graph.model.buffers[graph.tensors[number].buffer].data))
        yield np.frombuffer(data, kind).astype(np.int64).reshape(shape_of(graph, number))
