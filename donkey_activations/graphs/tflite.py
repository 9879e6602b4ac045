"""Reads and writes ``.tflite`` files: the bytes, and the graph in them."""

from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from donkey_activations.errors import ModelError

_FILE_IDENTIFIER = b"TFL3"

_SUBGRAPH_KEYS = (
    "condSubgraphIndex",
    "bodySubgraphIndex",
    "thenSubgraphIndex",
    "elseSubgraphIndex",
    "initSubgraphIndex",
)

_OPERATOR_NAMES: dict[int, str] = {
    code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}

# They write what others read as a variable, and have no output.
_SETTERS = {"CALL_ONCE", "ASSIGN_VARIABLE"}


class Graph:
    """The main graph of a model, with what is asked of it again and again.

    Attributes:
        model: The whole model, as the schema's object API gives it.
        tensors: The graph's tensors.
        operators: The graph's operators, in the order in which they run.
        readers: The operators that read a tensor, by the tensor's index.
        writers: The operator that writes a tensor, by the tensor's index.
    """

    def __init__(self, model: Any) -> None:
        """Wrap the model's first subgraph, which is the one that is run."""
        self.model = model
        self.tensors: list[Any] = model.subgraphs[0].tensors
        self.operators: list[Any] = model.subgraphs[0].operators
        self.outputs = {int(tensor) for tensor in model.subgraphs[0].outputs}
        self.readers: dict[int, list[Any]] = {}
        self.writers: dict[int, Any] = {}
        for operator in self.operators:
            self.writers |= {int(tensor): operator for tensor in operator.outputs}
            for tensor in operator.inputs:
                self.readers.setdefault(int(tensor), []).append(operator)

    def operator_name(self, operator: Any) -> str:
        """Return the schema's name of an operator (``CONV_2D``), or a custom one's own name."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        if code.customCode:
            custom: str = code.customCode.decode(errors="replace")
            return custom
        # Older converters wrote the code into a byte-sized field only.
        return _OPERATOR_NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "UNKNOWN")

    def custom_operators(self) -> list[str]:
        """Return the names of the operators that are not LiteRT's own, each once."""
        operators = (op for part in _called_subgraphs(self.model) for op in entries(part.operators))
        codes = (self.model.operatorCodes[operator.opcodeIndex] for operator in operators)
        return list(dict.fromkeys(code.customCode.decode() for code in codes if code.customCode))

    def tensor_name(self, tensor: int) -> str:
        """Return a tensor's name, ``""`` where it has none."""
        name: str = (self.tensors[tensor].name or b"").decode(errors="replace")
        return name

    def output_names(self) -> list[str]:
        """Return the names of the graph's outputs, in their order."""
        return [self.tensor_name(int(tensor)) for tensor in self.model.subgraphs[0].outputs]

    def rank(self, tensor: int) -> int:
        """Return a tensor's number of axes; 0 where it is unknown."""
        shape = self.tensors[tensor].shape
        return 0 if shape is None else len(shape)

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return a tensor's shape, -1 where an axis is open; ``()`` where it is unknown."""
        found = self.tensors[tensor]
        signature = found.shapeSignature
        shape = found.shape if signature is None or not len(signature) else signature
        return () if shape is None else tuple(int(length) for length in shape)

    def is_constant(self, tensor: int) -> bool:
        """Return whether a tensor's values stand in the file."""
        data = self.model.buffers[self.tensors[tensor].buffer].data
        return data is not None and len(data) > 0


def is_flatbuffer(content: bytes) -> bool:
    """Return whether a file that begins with these bytes (8 or more) is a ``.tflite`` model."""
    return content[4:8] == _FILE_IDENTIFIER


def read_graph(content: bytes) -> Graph:
    """Read a ``.tflite`` file.

    Raises:
        ModelError: The bytes are no readable model.
    """
    if not is_flatbuffer(content):
        raise ModelError("expected a .tflite file, got bytes without its mark 'TFL3'")
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        return Graph(model)
    except Exception as error:  # the generated reader raises whatever the bytes make it raise
        raise ModelError(
            f"the .tflite file is damaged or cut short ({error}); copy it again"
        ) from error


def with_main(graph: Graph, subgraph_index: int) -> Graph:
    """Return a graph whose main subgraph is another one of its model; the given one is changed.

    Args:
        graph: The graph.
        subgraph_index: Of the subgraph that is to be run.
    """
    model = graph.model
    swapped = {0: subgraph_index, subgraph_index: 0}
    subgraphs = list(model.subgraphs)
    subgraphs[0], subgraphs[subgraph_index] = subgraphs[subgraph_index], subgraphs[0]
    for subgraph in subgraphs:
        for operator in entries(subgraph.operators):
            for key in _calls(operator):
                called = int(getattr(operator.builtinOptions, key))
                setattr(operator.builtinOptions, key, swapped.get(called, called))
    for signature in entries(model.signatureDefs):
        signature.subgraphIndex = swapped.get(signature.subgraphIndex, signature.subgraphIndex)
    model.subgraphs = subgraphs
    return Graph(model)


def write_part(graph: Graph, labels: dict[int, str]) -> bytes:
    """Write the part of a graph that computes some of its tensors.

    Args:
        graph: The graph, modified in place.
        labels: New names of the wanted tensors, in the order in which they become the outputs.

    Returns:
        A ``.tflite`` file with these outputs, and with those of the inputs that they depend on.

    Raises:
        ModelError: They depend on variables that are never set.
    """
    main = graph.model.subgraphs[0]
    for tensor, label in labels.items():
        graph.tensors[tensor].name = label.encode()
    main.operators = _needed_operators(graph, set(labels))
    main.outputs = list(labels)
    read = {int(tensor) for operator in main.operators for tensor in operator.inputs}
    main.inputs = [int(tensor) for tensor in main.inputs if int(tensor) in read]
    graph.model.signatureDefs = None
    graph.model.metadata = None
    graph.model.metadataBuffer = None
    _drop_unused_tensors(main)
    _drop_uncalled_subgraphs(graph.model)
    _drop_unused_buffers(graph.model)
    return packed(graph.model)


def packed(model: Any) -> bytes:
    """Return a model in the schema's object API as a ``.tflite`` file."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _needed_operators(graph: Graph, needed: set[int]) -> list[Any]:
    kept, reads_variables = [], False
    for operator in reversed(graph.operators):
        name = graph.operator_name(operator)
        sets = reads_variables and name in _SETTERS
        if sets or needed.intersection(map(int, entries(operator.outputs))):
            needed.update(map(int, entries(operator.inputs)))
            kept.append(operator)
            reads_variables = reads_variables or name == "READ_VARIABLE"
    if reads_variables and not any(graph.operator_name(one) in _SETTERS for one in kept):
        raise ModelError(
            "the graph reads weights that nobody has put into it: it was converted without them; "
            "convert the pilot again with donkey train, or give the Keras file"
        )
    return kept[::-1]


def _drop_unused_tensors(subgraph: Any) -> None:
    used = {int(tensor) for tensor in (*subgraph.inputs, *subgraph.outputs)}
    for operator in subgraph.operators:
        for tensors in (operator.inputs, operator.outputs, operator.intermediates):
            used.update(int(tensor) for tensor in entries(tensors))
    used.discard(-1)
    places = {old: new for new, old in enumerate(sorted(used))} | {-1: -1}
    subgraph.tensors = [subgraph.tensors[old] for old in sorted(used)]
    for operator in subgraph.operators:
        operator.inputs = [places[int(tensor)] for tensor in operator.inputs]
        operator.outputs = [places[int(tensor)] for tensor in operator.outputs]
        operator.intermediates = [places[int(t)] for t in entries(operator.intermediates)]
    subgraph.inputs = [places[tensor] for tensor in subgraph.inputs]
    subgraph.outputs = [places[tensor] for tensor in subgraph.outputs]


def _called_subgraphs(model: Any) -> list[Any]:
    """Return the main graph, and those that its loops and branches call."""
    called: list[Any] = []
    waiting = [0]
    while waiting:
        subgraph = model.subgraphs[waiting.pop()]
        if any(subgraph is other for other in called):
            continue
        called.append(subgraph)
        for operator in entries(subgraph.operators):
            waiting.extend(int(getattr(operator.builtinOptions, key)) for key in _calls(operator))
    return called


def _calls(operator: Any) -> list[str]:
    return [key for key in _SUBGRAPH_KEYS if hasattr(operator.builtinOptions, key)]


def _drop_uncalled_subgraphs(model: Any) -> None:
    called = _called_subgraphs(model)
    new = {id(subgraph): number for number, subgraph in enumerate(called)}
    positions = {old: new.get(id(subgraph)) for old, subgraph in enumerate(model.subgraphs)}
    for subgraph in called:
        for operator in entries(subgraph.operators):
            options = operator.builtinOptions
            for key in _calls(operator):
                setattr(options, key, positions[getattr(options, key)])
    model.subgraphs = called


def _drop_unused_buffers(model: Any) -> None:
    tensors = [tensor for subgraph in model.subgraphs for tensor in entries(subgraph.tensors)]
    # Buffer 0 is the empty one by the schema's rule.
    kept = [0, *sorted({tensor.buffer for tensor in tensors} - {0})]
    positions = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[old] for old in kept]
    for tensor in tensors:
        tensor.buffer = positions[tensor.buffer]


def entries(vector: Any) -> Any:
    """Return what is in a vector of the schema's object API, which has None for an empty one."""
    return () if vector is None else vector
