"""What a network computes: its multiply-accumulate operations, parameters and memory traffic."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from donkey_activations.graphs.tflite import Graph, entries, read_graph
from donkey_activations.graphs.workload.counting import Share, shares
from donkey_activations.graphs.workload.parameters import Parameter, learned


@dataclass(frozen=True)
class Workload:
    """What a network, or a part of it, computes for one frame.

    Attributes:
        macs: Multiply-accumulate operations of its convolutions, dense and recurrent layers; see
            ``operations``. A sequence pilot computes all its frames.
        parameters: Number of the weights and biases that it reads. A bias of zeros counts only in
            a network that has no others, such as one that was never trained.
        activation_bytes: Bytes of all tensors that it writes, each in its own type.
        uncounted: Names of the operators that are missing in one of these sums, because nobody
            knows before the network runs how much they do or write. Each name once.
    """

    macs: int
    parameters: int
    activation_bytes: int
    uncounted: tuple[str, ...] = ()


def workload(tflite: bytes, interpreter_class: Any = Interpreter) -> Workload:
    """Count what a whole network computes for one frame.

    Args:
        tflite: A ``.tflite`` file.
        interpreter_class: What runs it, as ``extractors.engines.engine_of`` returns it.

    Raises:
        ModelError: The bytes are no readable model, or it cannot be run.
    """
    graph = read_graph(tflite)
    found = shares(tflite, graph, interpreter_class)
    return _workload(found, _learned(graph, found))


def layer_workloads(cut_graph: bytes, interpreter_class: Any = Interpreter) -> tuple[Workload, ...]:
    """Count what each layer of a cut graph adds to those before it.

    Args:
        cut_graph: What ``extractors.graph.cut`` returns.
        interpreter_class: As ``workload`` takes it.

    Returns:
        One workload a layer, in the order of the graph's outputs: of all operators that the layer
        needs and no layer before it does, so they add up to the whole. A kernel that several layers
        share counts for the first of them.

    Raises:
        ModelError: The bytes are no readable model, or it cannot be run.
    """
    graph = read_graph(cut_graph)
    found = shares(cut_graph, graph, interpreter_class)
    left = _learned(graph, found)
    layers = []
    for numbers in _operators_of_layers(graph):
        own = [found[number] for number in numbers]
        layers.append(_workload(own, left))
        left = left.difference(*(share.parameters for share in own))
    return tuple(layers)


def _learned(graph: Graph, found: Iterable[Share]) -> set[Parameter]:
    return learned({parameter for share in found for parameter in share.parameters}, graph.model)


def _workload(found: Iterable[Share], countable: set[Parameter]) -> Workload:
    total = Share()
    for share in found:
        total.add(share)
    return Workload(
        macs=total.macs,
        parameters=sum(parameter.count for parameter in countable.intersection(total.parameters)),
        activation_bytes=total.activation_bytes,
        uncounted=tuple(dict.fromkeys(total.uncounted)),
    )


def _operators_of_layers(graph: Graph) -> Iterator[list[int]]:
    """Yield the numbers of the operators of each layer that none before it needs."""
    writers = {int(t): n for n, op in enumerate(graph.operators) for t in entries(op.outputs)}
    done: set[int] = set()
    for output in graph.model.subgraphs[0].outputs:
        waiting = [int(output)]
        own = []
        while waiting:
            number = writers.get(waiting.pop())
            if number is not None and number not in done:
                done.add(number)
                own.append(number)
                waiting.extend(int(tensor) for tensor in entries(graph.operators[number].inputs))
        yield sorted(own)
