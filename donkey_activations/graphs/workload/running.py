"""Runs a ``.tflite`` graph once, for what the engine says of its tensors."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.graphs.resizing import set_up
from donkey_activations.graphs.tflite import entries


def run(tflite: bytes, interpreter_class: Any, tensors: Iterable[int] | None) -> Any:
    """Return an engine in which tensors of a graph have their shapes.

    Args:
        tflite: A ``.tflite`` file.
        interpreter_class: What runs it.
        tensors: The numbers of the tensors. Where one has no memory before the graph runs, its
            shape is unknown until then, and the graph is run on zeros. None runs it in any case,
            as it must be with operators of TensorFlow's.

    Raises:
        ModelError: It cannot be run.
    """
    try:
        engine = set_up(tflite, {}, interpreter_class, run=tensors is None)
        try:
            for number in tensors or ():
                engine.get_tensor(number)
        except ValueError:
            return set_up(tflite, {}, interpreter_class, run=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"the .tflite file is damaged, or cannot be run here ({error!r}); copy it again"
        ) from error
    return engine


def check_indices(model: Any) -> None:
    """Refuse a model with an index that points nowhere, in its loops as well.

    LiteRT looks at what is in a loop only when it runs.

    Args:
        model: The model in the schema's object API.

    Raises:
        ModelError: There is one.
    """
    if not all(0 <= index < limit for index, limit in _indices(model)):
        raise ModelError("the .tflite file is damaged (an index points nowhere); copy it again")


def _indices(model: Any) -> Iterator[tuple[int, int]]:
    """Yield all indices, each with the length of what it points into."""
    for subgraph in model.subgraphs:
        tensors = len(entries(subgraph.tensors))
        yield from ((tensor.buffer, len(model.buffers)) for tensor in entries(subgraph.tensors))
        yield from (
            (n, tensors) for n in chain(entries(subgraph.inputs), entries(subgraph.outputs))
        )
        for operator in entries(subgraph.operators):
            yield operator.opcodeIndex, len(model.operatorCodes)
            given = (n for n in entries(operator.inputs) if n != -1)  # which is one left out
            others = chain(entries(operator.outputs), entries(operator.intermediates))
            yield from ((n, tensors) for n in chain(given, others))
