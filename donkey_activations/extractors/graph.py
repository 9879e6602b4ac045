"""Cuts a ``.tflite`` graph behind its last convolution: bytes in, bytes out.

A cut graph is a flatbuffer of its own. Its inputs are those of the pilot that the feature maps
depend on, its outputs the maps in the order in which the network computes them, each tensor named
``kind:name`` after its layer, so that nothing but the bytes has to be kept to know what they show.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors.inputs import NetworkInput, camera_input
from donkey_activations.extractors.naming import (
    convolution_scope,
    display_names,
    is_gate,
    scopes_of,
    unknown_layers,
)
from donkey_activations.graphs.flatbuffer import Graph, read_graph, with_main, write_part

# The operators that make feature maps, and the Keras layer each stands for.
_KINDS = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "TRANSPOSE_CONV": "Conv2DTranspose",
    "CONV_3D": "Conv3D",
    "CONV_3D_TRANSPOSE": "Conv3DTranspose",
}

# What may stand between a convolution and the map that a reader of the network would call its
# output: the bias, batch normalisation, the way back from a dilated convolution's folded batch.
_LINEAR = {"ADD", "SUB", "MUL", "BATCH_TO_SPACE_ND"}
_ACTIVATIONS = {
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "PRELU", "ELU", "GELU", "TANH",
    "LOGISTIC", "HARD_SWISH",
}  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """A layer in a graph: its path, its kind, and the tensor of its maps."""

    scope: str | None
    kind: str
    tensor: int


def cut(content: bytes, layers: Sequence[str] | None = None) -> bytes:
    """Keeps of a graph what computes the wanted layers.

    Args:
        content: A whole ``.tflite`` file.
        layers: Names of the wanted layers: convolutions, or any others with spatial output. None
            is every convolution.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model, there is no convolution in it, or no layer of
            a wanted name.
    """
    graph, labels = _read(content, layers)
    with _damage_told():
        return write_part(graph, labels)


def tensors_shown(content: bytes, layers: Sequence[str] | None = None) -> dict[str, str]:
    """Return the tensors that become a cut graph's outputs.

    Args:
        content: A whole ``.tflite`` file.
        layers: As ``cut`` takes them.

    Returns:
        The names of the tensors in that file by their labels, ``kind:name``, in the same order.

    Raises:
        ModelError: As by ``cut``.
    """
    graph, labels = _read(content, layers)
    return {label: graph.tensor_name(tensor) for tensor, label in labels.items()}


def _read(content: bytes, layers: Sequence[str] | None) -> tuple[Graph, dict[int, str]]:
    """Return the function with convolutions of a file, and the labels of its tensors to show."""
    graph = read_graph(content)
    with _damage_told():
        signatures = graph.model.signatureDefs or ()
        if len(signatures) > 1:
            graph = _function_with_convolutions(graph, signatures)
        return graph, _shown(graph, layers)


def _function_with_convolutions(graph: Graph, signatures: Sequence[Any]) -> Graph:
    found = {}
    for signature in signatures:
        index = int(signature.subgraphIndex)
        operators = graph.model.subgraphs[index].operators
        if any(graph.operator_name(operator) in _KINDS for operator in operators):
            found[index] = signature.signatureKey.decode(errors="replace")
    served = [index for index, key in found.items() if key == "serving_default"]
    if len(found) > 1 and not served:
        raise ModelError(
            "expected one signature with convolutions in the .tflite file, got "
            f"{', '.join(found.values())}; convert the one that steers by itself"
        )
    index = next(iter(served or found), 0)
    return graph if index == 0 else with_main(graph, index)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        # Indices and sizes in a damaged file point anywhere.
        raise ModelError(f"the .tflite file is damaged ({error!r}); copy it again") from error


def label_outputs(content: bytes, labels: Mapping[str, str], *, chosen: bool) -> bytes:
    """Orders and names the outputs of a graph that already has the maps as its outputs.

    Args:
        content: A ``.tflite`` file with one signature.
        labels: ``kind:name`` of each output by its name in the signature, in the wanted order.
        chosen: Whether they were asked for by name; of all convolutions, those are left out that
            the camera's image does not go to.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model, or have no signature: so TensorFlow converts
            what it cannot save, as a model with damaged settings.
    """
    graph = read_graph(content)
    if not graph.model.signatureDefs:
        raise ModelError(
            "TensorFlow converts this network only to a graph without names; save the pilot again, "
            "or give the .tflite of the same training"
        )
    signature = graph.model.signatureDefs[0]
    tensors = {entry.name.decode(): int(entry.tensorIndex) for entry in signature.outputs}
    _name_inputs(graph)
    outputs = {tensors[key]: label for key, label in labels.items()}
    return write_part(graph, outputs if chosen else _seeing_the_camera(graph, outputs))


def _name_inputs(graph: Graph) -> None:
    """Give the inputs the names that a caller knows them by, which say what each is for."""
    for signature in graph.model.signatureDefs or ():
        for entry in signature.inputs if signature.subgraphIndex == 0 else ():
            graph.tensors[int(entry.tensorIndex)].name = entry.name


def _convolutions(graph: Graph) -> list[_Found]:
    found: list[_Found] = []
    for operator in graph.operators:
        kind = _KINDS.get(graph.operator_name(operator))
        if kind is None:
            continue
        kernel_name = graph.tensor_name(int(operator.inputs[1]))
        output = int(operator.outputs[0])
        if is_gate(kernel_name):
            recurrent = _recurrent_layer(graph, kernel_name)
            if recurrent not in found:
                found.append(recurrent)
            continue
        scope = convolution_scope(kernel_name, graph.tensor_name(output))
        tensor = _behind_activation(graph, output)
        if found and scope is not None and found[-1].scope == scope and kind == "Conv2D":
            # Depthwise, then pointwise, in one layer.
            found[-1] = _Found(scope, "SeparableConv2D", tensor)
        else:
            found.append(_Found(scope, kind, tensor))
    return found


def _recurrent_layer(graph: Graph, kernel_name: str) -> _Found:
    """Finds the layer that one of its gates belongs to; its maps are what it writes last."""
    scope = kernel_name.rpartition("/")[0]
    spatial = [
        int(operator.outputs[0])
        for operator in graph.operators
        if graph.rank(int(operator.outputs[0])) >= 4
        and graph.tensor_name(int(operator.outputs[0])).startswith(f"{scope}/")
    ]
    return _Found(scope, "ConvLSTM2D", spatial[-1])


def _behind_activation(graph: Graph, tensor: int) -> int:
    """Follows a convolution's output through bias and normalisation to its first activation."""
    while tensor not in graph.outputs:
        readers = graph.readers.get(tensor, [])
        swish = _swish(graph, tensor, readers)
        if swish is not None:
            return swish
        if len(readers) != 1 or not _is_pointwise(graph, readers[0], tensor):
            return tensor
        tensor = int(readers[0].outputs[0])
        if graph.operator_name(readers[0]) in _ACTIVATIONS or _fused_activation(readers[0]):
            return tensor
    return tensor


def _is_pointwise(graph: Graph, operator: Any, tensor: int) -> bool:
    if graph.operator_name(operator) not in _LINEAR | _ACTIVATIONS:
        return False
    others = [int(other) for other in operator.inputs if int(other) != tensor]
    return all(graph.is_constant(other) or _is_unpacked(graph, other) for other in others)


def _is_unpacked(graph: Graph, tensor: int) -> bool:
    """Tells whether a tensor is a constant that is stored as float16."""
    return any(
        graph.operator_name(operator) == "DEQUANTIZE" and graph.is_constant(int(operator.inputs[0]))
        for operator in graph.operators
        if tensor in operator.outputs
    )


def _swish(graph: Graph, tensor: int, readers: list[Any]) -> int | None:
    """Returns the output of ``x * sigmoid(x)`` where that is all that is done with a tensor."""
    if sorted(graph.operator_name(reader) for reader in readers) != ["LOGISTIC", "MUL"]:
        return None
    logistic, product = sorted(readers, key=graph.operator_name)
    if {int(i) for i in product.inputs} != {tensor, int(logistic.outputs[0])}:
        return None
    return int(product.outputs[0])


def _fused_activation(operator: Any) -> bool:
    return bool(getattr(operator.builtinOptions, "fusedActivationFunction", 0))


def _shown(graph: Graph, wanted: Sequence[str] | None) -> dict[int, str]:
    _name_inputs(graph)
    labels = _labels(graph, wanted)
    return labels if wanted is not None else _seeing_the_camera(graph, labels)


def _seeing_the_camera(graph: Graph, labels: dict[int, str]) -> dict[int, str]:
    """Leave out layers that another sensor's values alone go to: they show nothing of a frame.

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


def _labels(graph: Graph, wanted: Sequence[str] | None) -> dict[int, str]:
    convolutions = _convolutions(graph)
    if not convolutions:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    names = display_names([layer.scope for layer in convolutions])
    by_name = dict(zip(names, convolutions, strict=True))
    if wanted is not None:
        others = _other_layers(graph)
        missing = [name for name in wanted if name not in by_name and name not in others]
        if missing:
            raise ModelError(unknown_layers(missing, [*by_name, *others], names))
        by_name = {name: by_name[name] if name in by_name else others[name] for name in wanted}
    written = {int(t): n for n, op in enumerate(graph.operators) for t in op.outputs}
    ordered = sorted(by_name.items(), key=lambda item: written[item[1].tensor])
    return {layer.tensor: f"{layer.kind}:{name}" for name, layer in ordered}


def _other_layers(graph: Graph) -> dict[str, _Found]:
    """Finds the last spatial output of every layer that left its name in the graph."""
    others: dict[str, _Found] = {}
    for operator in graph.operators:
        output = int(operator.outputs[0])
        if graph.rank(output) < 4:
            continue
        for scope, _ in scopes_of(graph.tensor_name(output)):
            name = scope.rsplit("/", maxsplit=1)[-1]
            others[name] = _Found(scope, graph.operator_name(operator), output)
    return others
