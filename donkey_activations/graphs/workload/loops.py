"""How often a loop of a ``.tflite`` graph runs, where that can be told before it does."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from donkey_activations.graphs.tflite import Graph, entries

Entry = Callable[[int], int | None]

_INTEGERS = {schema.TensorType.INT32: np.int32, schema.TensorType.INT64: np.int64}


def carried(body: Any) -> set[int]:
    """Return which of a loop's variables its body hands on unchanged.

    Args:
        body: The body's subgraph in the schema's object API.
    """
    pairs = zip(body.inputs, body.outputs, strict=True)
    return {number for number, (given, returned) in enumerate(pairs) if given == returned}


def trips(graph: Graph, condition: Any, body: Any, entry: Entry) -> int | None:
    """Return how often the body of a loop runs.

    Keras' recurrent layers count their steps: ``while step < steps``, in Keras 3 twice, with
    ``step = step + 1`` in the body, where ``steps`` is a constant or an outer value that stays as
    it is.

    Args:
        graph: The graph that the loop is in.
        condition: The subgraph that tells whether to go on, in the schema's object API.
        body: The subgraph of one step.
        entry: Returns a variable at the loop's start by its position; None where it is unknown.

    Returns:
        The number, or None for a loop of another kind, or one whose end is unknown.
    """
    tests = list(_comparisons(graph, entries(condition.operators), condition.outputs[0]))
    ends = [_trips_until(graph, test, (condition, body), entry) for test in tests]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def constant(model: Any, tensor: Any) -> Any:
    """Return the bytes of a tensor whose values stand in the file; None for any other."""
    data = model.buffers[tensor.buffer].data
    return None if data is None or not len(data) else data


def integer(model: Any, tensor: Any) -> int | None:
    """Return the value of a constant integer; None for any other tensor."""
    data, kind = constant(model, tensor), _INTEGERS.get(tensor.type)
    if data is None or kind is None or len(data) != np.dtype(kind).itemsize:
        return None
    return int(np.frombuffer(bytes(bytearray(data)), kind)[0])


def _comparisons(graph: Graph, operators: Sequence[Any], tensor: int) -> Iterator[Any]:
    """Yield what must all be true for a loop to go on: Keras 3 counts twice."""
    number, test = _writer(operators, tensor)
    if test is not None and graph.operator_name(test) == "LOGICAL_AND":
        for given in test.inputs:
            yield from _comparisons(graph, operators[:number], given)
    else:
        yield test


def _trips_until(graph: Graph, test: Any, loop: tuple[Any, Any], entry: Entry) -> int | None:
    """Return how often a loop runs until a comparison is false; None where unknown."""
    condition, body = loop
    if test is None or graph.operator_name(test) != "LESS" or len(test.inputs) != 2:
        return None
    variables = [int(tensor) for tensor in condition.inputs]
    counted, limit = (int(tensor) for tensor in test.inputs)
    if counted not in variables:
        return None
    counter = variables.index(counted)
    end = integer(graph.model, condition.tensors[limit])
    if limit in variables and variables.index(limit) in carried(body):
        end = entry(variables.index(limit))
    start, step = entry(counter), _step(graph, body, counter)
    if start is None or end is None or step is None or step < 1:
        return None
    return max(0, -((start - end) // step))


def _step(graph: Graph, body: Any, counter: int) -> int | None:
    """Return by how much the body raises the loop's counter."""
    _, count = _writer(entries(body.operators), body.outputs[counter])
    if count is None or graph.operator_name(count) != "ADD":
        return None
    added = [tensor for tensor in count.inputs if tensor != body.inputs[counter]]
    return integer(graph.model, body.tensors[added[0]]) if len(added) == 1 else None


def _writer(operators: Sequence[Any], tensor: int) -> tuple[int, Any]:
    """Return the operator that writes a tensor, and its number; None for it if there is none."""
    writers = (pair for pair in enumerate(operators) if tensor in entries(pair[1].outputs))
    return next(writers, (0, None))
