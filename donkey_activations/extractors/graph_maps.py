"""Which tensor of a ``.tflite`` graph holds the maps of a layer: the one behind its activation."""

from typing import Any

from donkey_activations.extractors.naming import LayerNames
from donkey_activations.graphs.receptive_field.following import reads_values
from donkey_activations.graphs.tflite import Graph

# What may stand between a convolution and the map that a reader of the network would call its
# output: the bias, batch normalisation, the way back from a dilated convolution's folded batch.
_LINEAR = {"ADD", "SUB", "MUL", "BATCH_TO_SPACE_ND"}
_ACTIVATIONS = {
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "PRELU", "ELU", "GELU", "TANH",
    "LOGISTIC", "HARD_SWISH",
}  # fmt: skip
# What the converter makes other activations of, several of them for one.
_ELEMENTWISE = _ACTIVATIONS | {
    "ABS", "ADD", "DIV", "EXP", "FlexSoftsign", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL",
    "LOG", "LOG_SOFTMAX", "MAXIMUM", "MINIMUM", "MUL", "NEG", "SELECT", "SELECT_V2", "SOFTMAX",
    "SQRT", "SQUARE", "SUB",
}  # fmt: skip
# What gives the values of its first input, and those alone: as they are stored, or spread out.
_UNPACKING, _SPREADING = "DEQUANTIZE", "BROADCAST_TO"


def behind_activation(graph: Graph, tensor: int, names: LayerNames) -> int:
    """Follows a convolution's output through bias and normalisation to its first activation."""
    while tensor not in graph.outputs:
        readers = [r for r in graph.readers.get(tensor, []) if reads_values(graph, r)]
        swish = _swish(graph, tensor, readers)
        if swish is not None:
            return swish
        if len(readers) != 1 or not _is_pointwise(graph, readers[0], tensor):
            return _behind_several(graph, tensor, readers, names)
        tensor = int(readers[0].outputs[0])
        if graph.operator_name(readers[0]) in _ACTIVATIONS or _fused_activation(readers[0]):
            return tensor
    return tensor


def _behind_several(graph: Graph, tensor: int, readers: list[Any], names: LayerNames) -> int:
    """Follows a tensor through the operators that one layer's activation became.

    They read the tensor, each other and constants, stand in the scope of one layer, and nothing but
    the last is read by others. Where there is no such activation, the tensor itself is returned.
    """
    scopes = [_scopes(graph, reader, names) for reader in readers]
    layer = set.intersection(*scopes) if scopes else set()
    inside, last = {tensor}, tensor
    for operator in graph.operators:
        read = {int(t) for t in operator.inputs if int(t) >= 0 and not _is_weight(graph, int(t))}
        if read and read <= inside and _scopes(graph, operator, names) & layer:
            if graph.operator_name(operator) not in _ELEMENTWISE:
                break
            last = int(operator.outputs[0])
            inside.add(last)
    leaving = [
        reader
        for one in inside - {last}
        for reader in graph.readers.get(one, [])
        if reads_values(graph, reader) and int(reader.outputs[0]) not in inside
    ]
    return tensor if leaving else last


def _scopes(graph: Graph, operator: Any, names: LayerNames) -> set[str]:
    return {scope for scope, _ in names.scopes_of(graph.tensor_name(int(operator.outputs[0])))}


def _is_pointwise(graph: Graph, operator: Any, tensor: int) -> bool:
    if graph.operator_name(operator) not in _LINEAR | _ACTIVATIONS:
        return False
    others = [int(other) for other in operator.inputs if int(other) != tensor]
    return all(_is_weight(graph, other) for other in others)


def _is_weight(graph: Graph, tensor: int) -> bool:
    """Tells whether a tensor is a constant, stored as float16 or spread to a map's size or not."""
    for wrapping in (_SPREADING, _UNPACKING):
        writer = graph.writers.get(tensor)
        if writer is not None and graph.operator_name(writer) == wrapping:
            tensor = int(writer.inputs[0])
    return graph.is_constant(tensor)


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
