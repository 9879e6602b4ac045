"""Which tensor of a ``.tflite`` graph holds the maps of a layer: the one behind its activation."""

from typing import Any

from donkey_activations.extractors.graph_links import (
    in_next_layer,
    keeps_maps,
    readers_of_values,
)
from donkey_activations.extractors.naming import LayerNames
from donkey_activations.graphs.tflite import Graph

# What may stand between a convolution and the map that a reader of the network would call its
# output: the bias, batch normalisation, the way back from a dilated convolution's folded batch.
_LINEAR = {"ADD", "SUB", "MUL", "BATCH_TO_SPACE_ND"}
_ACTIVATIONS = {
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "PRELU", "ELU", "GELU", "TANH",
    "LOGISTIC", "HARD_SWISH",
}  # fmt: skip
# What the converter makes other activations of, several of them for one.
_OF_ACTIVATIONS = _ACTIVATIONS | {
    "ABS", "ADD", "CAST", "CUMSUM", "DIV", "EXP", "FlexSoftsign", "GREATER", "GREATER_EQUAL",
    "LESS", "LESS_EQUAL", "LOG", "LOG_SOFTMAX", "MAXIMUM", "MINIMUM", "MUL", "NEG", "SELECT",
    "SELECT_V2", "SOFTMAX", "SPLIT", "SQRT", "SQUARE", "SUB", "SUM", "TOPK_V2",
}  # fmt: skip
# What gives the values of its first input, and those alone: as they are stored, or spread out.
_UNPACKING, _SPREADING = "DEQUANTIZE", "BROADCAST_TO"


def behind_activation(graph: Graph, tensor: int, names: LayerNames) -> int:
    """Follow a convolution's output through bias and normalisation to its first activation."""
    shown, passed = tensor, set()
    while not _is_activated(graph, tensor):
        if tensor in passed:
            raise ValueError("operators go round in circles")
        passed.add(tensor)
        readers = readers_of_values(graph, tensor)
        gated = _gated(graph, tensor, readers)
        if gated is not None:
            return gated
        step = in_next_layer(graph, tensor)
        if step is not None:
            tensor = step
        elif len(readers) == 1 and _is_pointwise(graph, readers[0], tensor, _LINEAR | _ACTIVATIONS):
            shown = tensor = int(readers[0].outputs[0])
        else:
            scopes = [found for one in readers if (found := _scopes(graph, one, names))]
            layer = set.intersection(*scopes) if scopes else set()
            activated = _behind_several(graph, tensor, layer, names)
            return shown if activated == tensor else activated
    # The last operation of all that one operator does is named first.
    last, _, _ = graph.tensor_name(tensor).partition(";")
    layer = {scope for scope, _ in names.scopes_of(last)}
    return _behind_several(graph, tensor, layer, names)


def _is_activated(graph: Graph, tensor: int) -> bool:
    writer = graph.writers[tensor]
    return graph.operator_name(writer) in _ACTIVATIONS or _fused_activation(writer)


def _behind_several(graph: Graph, tensor: int, layer: set[str], names: LayerNames) -> int:
    """Follow a tensor through the operators that one layer's activation became.

    They read the tensor, each other and constants, and stand in the scope of one layer. Where there
    is no such activation, the tensor itself is returned.
    """
    around = {scope for scope, _ in names.scopes_of(graph.tensor_name(tensor))}
    in_model = any(inner.startswith(f"{outer}/") for inner in around for outer in layer)
    inside, last = {tensor}, tensor
    # The tensors that only hand another one on, with that one.
    handed_on: dict[int, int] = {}
    for operator in graph.operators:
        output = int(operator.outputs[0])
        read = {int(t) for t in operator.inputs if int(t) >= 0 and not _is_weight(graph, int(t))}
        if not read or not read <= inside:
            continue
        if keeps_maps(graph, operator):
            (source,) = read
            handed_on[output] = handed_on.get(source, source)
        elif not _is_of(graph, operator, layer, names):
            continue
        elif graph.operator_name(operator) not in _OF_ACTIVATIONS:
            break
        elif in_model and names.is_by_hand(graph.tensor_name(output)):
            continue
        else:
            last = output
        inside.update(map(int, operator.outputs))
    if not in_model:
        return last
    # Functions without a layer stand in the scope of the model: only what is read nowhere else are
    # steps of one.
    leaving = [
        reader
        for one in inside
        if handed_on.get(one, one) != last
        for reader in readers_of_values(graph, one)
        if int(reader.outputs[0]) not in inside
    ]
    return tensor if leaving else last


def _is_of(graph: Graph, operator: Any, layer: set[str], names: LayerNames) -> bool:
    output = int(operator.outputs[0])
    scopes = _scopes(graph, operator, names)
    # An output of the whole graph has lost its name.
    return bool(scopes & layer) or (output in graph.outputs and not scopes)


def _scopes(graph: Graph, operator: Any, names: LayerNames) -> set[str]:
    return {scope for scope, _ in names.scopes_of(graph.tensor_name(int(operator.outputs[0])))}


def _is_pointwise(graph: Graph, operator: Any, tensor: int, operators: set[str]) -> bool:
    if graph.operator_name(operator) not in operators:
        return False
    others = [int(other) for other in operator.inputs if int(other) != tensor]
    return all(_is_weight(graph, other) for other in others)


def _is_weight(graph: Graph, tensor: int) -> bool:
    """Return whether a tensor is a constant, stored as float16 or spread to a map's size or not."""
    for wrapping in (_SPREADING, _UNPACKING):
        writer = graph.writers.get(tensor)
        if writer is not None and graph.operator_name(writer) == wrapping:
            tensor = int(writer.inputs[0])
    return graph.is_constant(tensor)


def _gated(graph: Graph, tensor: int, readers: list[Any]) -> int | None:
    """Return ``x * gate(x)`` if that is all that is done with ``x``, such as a swish by hand.

    Args:
        graph: The graph.
        tensor: The tensor ``x``.
        readers: The operators that read it.
    """
    if len(readers) != 2 or graph.operator_name(readers[1]) != "MUL":
        return None
    step, product = readers  # in the order in which they run
    is_activated = False
    while step is not product:
        if not _is_pointwise(graph, step, tensor, _LINEAR | _OF_ACTIVATIONS):
            return None
        tensor = int(step.outputs[0])
        is_activated = is_activated or graph.operator_name(step) not in _LINEAR
        following = readers_of_values(graph, tensor)
        if len(following) != 1:
            return None
        step = following[0]
    return int(product.outputs[0]) if is_activated else None


def _fused_activation(operator: Any) -> bool:
    return bool(getattr(operator.builtinOptions, "fusedActivationFunction", 0))
