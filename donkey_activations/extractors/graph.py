"""Cuts a ``.tflite`` graph behind its last convolution: bytes in, bytes out.

A cut graph is a flatbuffer of its own. Its inputs are the pilot's image, its outputs the feature
maps in the order in which the network computes them, each tensor named ``kind:name`` after its
layer, so that nothing but the bytes has to be kept to know what they show.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from donkey_activations.errors import ModelError

_FILE_IDENTIFIER = b"TFL3"

_OPERATOR_NAMES = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}

# The operators that make feature maps, and the Keras layer each stands for.
_KINDS = {
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "TRANSPOSE_CONV": "Conv2DTranspose",
    "CONV_3D": "Conv3D",
}

# One value in, one value out, shape kept: what may stand between a convolution and the map a
# reader of the network would call its output (bias, batch normalisation, activation).
_POINTWISE = {
    "ADD", "SUB", "MUL", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU",
    "PRELU", "ELU", "GELU", "TANH", "LOGISTIC", "HARD_SWISH",
}  # fmt: skip


@dataclass(frozen=True)
class _Layer:
    """A layer found in a graph, and the tensor that holds its maps behind the activation."""

    name: str
    kind: str
    tensor: int


def is_flatbuffer(head: bytes) -> bool:
    """Tells whether a file that begins with these bytes (8 or more) is a ``.tflite`` model."""
    return head[4:8] == _FILE_IDENTIFIER


def cut(flatbuffer: bytes, layers: Sequence[str] | None = None) -> bytes:
    """Keeps of a graph what computes the wanted layers.

    Args:
        flatbuffer: A whole ``.tflite`` file.
        layers: Names of the wanted convolutions; None is all of them.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model, there is no convolution in it, or none of a
            wanted name.
    """
    model = _read(flatbuffer)
    graph = model.subgraphs[0]
    found = _find_layers(model, graph)
    if not found:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    return _pack(model, _choose(found, layers))


def label_outputs(flatbuffer: bytes, labels: Mapping[str, str]) -> bytes:
    """Orders and names the outputs of a graph that already has the maps as its outputs.

    Args:
        flatbuffer: A ``.tflite`` file with one signature.
        labels: ``kind:name`` of each output by its name in the signature, in the wanted order.

    Returns:
        The cut graph.

    Raises:
        ModelError: The bytes are no readable model.
    """
    model = _read(flatbuffer)
    tensors = {entry.name.decode(): entry.tensorIndex for entry in model.signatureDefs[0].outputs}
    wanted = []
    for key, label in labels.items():
        kind, _, name = label.partition(":")
        wanted.append(_Layer(name, kind, tensors[key]))
    return _pack(model, wanted)


def _read(flatbuffer: bytes) -> Any:
    if not is_flatbuffer(flatbuffer):
        raise ModelError("expected a .tflite file, got bytes without its mark 'TFL3'")
    try:
        model = schema.ModelT.InitFromPackedBuf(flatbuffer, 0)
        usable = bool(model.subgraphs and model.buffers and model.subgraphs[0].operators)
    except Exception as error:  # the generated reader raises whatever the bytes make it raise
        raise ModelError(
            f"the .tflite file is damaged or cut short ({error}); copy it again"
        ) from error
    if not usable:
        raise ModelError("the .tflite file holds no graph; copy it again, or train again")
    return model


def _operator_name(model: Any, operator: Any) -> str:
    code = model.operatorCodes[operator.opcodeIndex]
    # Older converters wrote the code into a byte-sized field only.
    name: str = _OPERATOR_NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "UNKNOWN")
    return name


def _find_layers(model: Any, graph: Any) -> list[_Layer]:
    readers: dict[int, list[Any]] = {}
    for operator in graph.operators:
        for tensor in operator.inputs:
            readers.setdefault(int(tensor), []).append(operator)
    found: list[_Layer] = []
    taken: set[str] = set()
    for operator in graph.operators:
        kind = _KINDS.get(_operator_name(model, operator))
        if kind is None:
            continue
        name = _unique(_layer_name(graph, operator), taken)
        found.append(_Layer(name, kind, _behind_activation(model, graph, operator, readers)))
    return found


def _layer_name(graph: Any, operator: Any) -> str:
    """Reads the layer's name out of tensor names such as ``linear/conv2d_1/Relu;linear/…``."""
    for tensor in (operator.outputs[0], operator.inputs[1]):
        names: str = (graph.tensors[tensor].name or b"").decode(errors="replace")
        scopes = names.split(";", maxsplit=1)[0].split("/")
        if len(scopes) > 1:
            return scopes[-2]
    return "conv"


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate


def _behind_activation(
    model: Any, graph: Any, convolution: Any, readers: Mapping[int, list[Any]]
) -> int:
    tensor = int(convolution.outputs[0])
    final = {int(index) for index in graph.outputs}
    while tensor not in final and len(readers.get(tensor, [])) == 1:
        follower = readers[tensor][0]
        if _operator_name(model, follower) not in _POINTWISE:
            break
        if any(int(i) != tensor and not _is_constant(model, graph, i) for i in follower.inputs):
            break
        tensor = int(follower.outputs[0])
    return tensor


def _is_constant(model: Any, graph: Any, tensor: int) -> bool:
    data = model.buffers[graph.tensors[tensor].buffer].data
    return data is not None and len(data) > 0


def _choose(found: list[_Layer], wanted: Sequence[str] | None) -> list[_Layer]:
    if wanted is None:
        return found
    names = [layer.name for layer in found]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ModelError(
            f"no convolution is named {', '.join(missing)}; the pilot has {', '.join(names)}"
        )
    return [layer for layer in found if layer.name in wanted]


def _pack(model: Any, layers: Sequence[_Layer]) -> bytes:
    import flatbuffers

    graph = model.subgraphs[0]
    for layer in layers:
        graph.tensors[layer.tensor].name = f"{layer.kind}:{layer.name}".encode()
    graph.operators = _needed_operators(graph, (layer.tensor for layer in layers))
    graph.outputs = [layer.tensor for layer in layers]
    read = {int(i) for operator in graph.operators for i in operator.inputs}
    graph.inputs = [int(i) for i in graph.inputs if int(i) in read]
    model.subgraphs = [graph]
    model.signatureDefs = None
    model.metadata = None
    model.metadataBuffer = None
    _drop_unused_tensors(model, graph)
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _needed_operators(graph: Any, tensors: Iterable[int]) -> list[Any]:
    needed = set(tensors)
    kept = []
    for operator in reversed(graph.operators):
        if needed.intersection(int(i) for i in operator.outputs):
            needed.update(int(i) for i in operator.inputs)
            kept.append(operator)
    return kept[::-1]


def _drop_unused_tensors(model: Any, graph: Any) -> None:
    used = sorted(
        {int(i) for op in graph.operators for i in (*op.inputs, *op.outputs) if i >= 0}
        | {int(i) for i in (*graph.inputs, *graph.outputs)}
    )
    place = {old: new for new, old in enumerate(used)} | {-1: -1}
    graph.tensors = [graph.tensors[old] for old in used]
    for operator in graph.operators:
        operator.inputs = [place[int(i)] for i in operator.inputs]
        operator.outputs = [place[int(i)] for i in operator.outputs]
        operator.intermediates = None
    graph.inputs = [place[i] for i in graph.inputs]
    graph.outputs = [place[i] for i in graph.outputs]
    # Buffer 0 is the empty one by the schema's rule.
    buffers = [0, *sorted({tensor.buffer for tensor in graph.tensors} - {0})]
    place = {old: new for new, old in enumerate(buffers)}
    model.buffers = [model.buffers[old] for old in buffers]
    for tensor in graph.tensors:
        tensor.buffer = place[tensor.buffer]
