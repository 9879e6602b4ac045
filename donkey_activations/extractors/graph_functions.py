"""Which function of a ``.tflite`` file is shown, and which of its layers see the camera's image."""

from collections.abc import Sequence
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors.graph_layers import KINDS
from donkey_activations.extractors.inputs import NetworkInput, camera_input
from donkey_activations.graphs.tflite import Graph, with_main


def shown_function(graph: Graph) -> Graph:
    """Return the function with convolutions of a file that has several, with its inputs named.

    Args:
        graph: The file's graph; it is changed.

    Raises:
        ModelError: Several functions have convolutions, and none is the one that is served.
    """
    signatures = graph.model.signatureDefs or ()
    if len(signatures) > 1:
        graph = _function_with_convolutions(graph, signatures)
    name_inputs(graph)
    return graph


def _function_with_convolutions(graph: Graph, signatures: Sequence[Any]) -> Graph:
    found = {}
    for signature in signatures:
        index = int(signature.subgraphIndex)
        operators = graph.model.subgraphs[index].operators
        if any(graph.operator_name(operator) in KINDS for operator in operators):
            found[index] = signature.signatureKey.decode(errors="replace")
    served = [index for index, key in found.items() if key == "serving_default"]
    if len(found) > 1 and not served:
        raise ModelError(
            "expected one signature with convolutions in the .tflite file, got "
            f"{', '.join(found.values())}; convert the one that steers by itself"
        )
    index = next(iter(served or found), 0)
    return graph if index == 0 else with_main(graph, index)


def name_inputs(graph: Graph) -> None:
    """Give the inputs the names that a caller knows them by, which say what each is for."""
    for signature in graph.model.signatureDefs or ():
        for entry in signature.inputs if signature.subgraphIndex == 0 else ():
            graph.tensors[int(entry.tensorIndex)].name = entry.name


def seeing_the_camera(graph: Graph, labels: dict[int, str]) -> dict[int, str]:
    """Leave out layers that only other inputs go to: they show nothing of a frame.

    Args:
        graph: The graph.
        labels: ``kind:name`` of each layer by the tensor of its maps.

    Raises:
        ModelError: None is left.
    """
    numbers = [int(tensor) for tensor in graph.model.subgraphs[0].inputs]
    inputs = [NetworkInput(graph.tensor_name(n), graph.shape(n)) for n in numbers]
    reached = {numbers[camera_input(inputs)]}
    for operator in graph.operators:
        if reached.intersection(map(int, operator.inputs)):
            reached.update(map(int, operator.outputs))
    seeing = {tensor: label for tensor, label in labels.items() if tensor in reached}
    if not seeing:
        raise ModelError(
            "expected a convolution that sees the camera's image, found none; name the layers to "
            f"show with --layers: {', '.join(name.partition(':')[2] for name in labels.values())}"
        )
    return seeing
