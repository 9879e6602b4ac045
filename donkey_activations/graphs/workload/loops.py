"""How often a loop of a ``.tflite`` graph runs, where that can be told before it does."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from donkey_activations.graphs.workload.tensors import Tensor

Name = Callable[[Any], str]
Read = Callable[[Any], Tensor]


def carried(body: Any) -> set[int]:
    """Returns which of a loop's variables its body hands on unchanged.

    Args:
        body: The body's subgraph in the schema's object API.
    """
    pairs = zip(body.inputs, body.outputs, strict=True)
    return {number for number, (given, returned) in enumerate(pairs) if given == returned}


def trips(condition: Any, body: Any, entry: Sequence[Tensor], name: Name, read: Read) -> int | None:
    """Returns how often the body of a loop runs.

    Keras' recurrent layers count their steps: ``while step < steps``, in Keras 3 twice, with
    ``step = step + 1`` in the body, where ``steps`` is a constant or an outer value that stays as
    it is.

    Args:
        condition: The subgraph that tells whether to go on, in the schema's object API.
        body: The subgraph of one step.
        entry: What is known of the loop's variables at its start.
        name: Returns the name of an operator.
        read: Returns what the file tells of a tensor.

    Returns:
        The number, or None for a loop of another kind, or one whose end nobody knows.
    """
    tests = list(_comparisons(condition, condition.outputs[0], name))
    ends = [_trips_until(test, (condition, body), entry, name, read) for test in tests]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def _comparisons(condition: Any, tensor: int, name: Name) -> Iterator[Any]:
    """Yields what must all be true for a loop to go on: Keras 3 counts twice."""
    test = _writer(condition, tensor)
    if test is not None and name(test) == "LOGICAL_AND":
        for given in test.inputs:
            yield from _comparisons(condition, given, name)
    else:
        yield test


def _trips_until(
    test: Any, loop: tuple[Any, Any], entry: Sequence[Tensor], name: Name, read: Read
) -> int | None:
    """Returns how often a loop runs until a comparison is false; None where nobody knows."""
    condition, body = loop
    if test is None or name(test) != "LESS":
        return None
    variables = [int(tensor) for tensor in condition.inputs]
    counted, limit = (int(tensor) for tensor in test.inputs)
    if counted not in variables:
        return None
    counter = variables.index(counted)
    start = _number(entry[counter])
    end = _number(read(condition.tensors[limit]))
    if limit in variables and variables.index(limit) in carried(body):
        end = _number(entry[variables.index(limit)])
    step = _step(body, counter, name, read)
    if start is None or end is None or step is None or step < 1:
        return None
    return max(0, -((start - end) // step))


def _step(body: Any, counter: int, name: Name, read: Read) -> int | None:
    """Returns by how much the body raises the loop's counter."""
    count = _writer(body, body.outputs[counter])
    if count is None or name(count) != "ADD":
        return None
    added = [tensor for tensor in count.inputs if tensor != body.inputs[counter]]
    return _number(read(body.tensors[added[0]])) if len(added) == 1 else None


def _writer(subgraph: Any, tensor: int) -> Any:
    """Returns the operator that writes a tensor; None if there is none."""
    writers = (operator for operator in subgraph.operators if tensor in operator.outputs)
    return next(writers, None)


def _number(tensor: Tensor) -> int | None:
    single = tensor.values is not None and tensor.values.size == 1
    return int(tensor.values.reshape(-1)[0]) if single and tensor.values is not None else None
