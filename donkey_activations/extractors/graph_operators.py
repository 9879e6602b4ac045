"""Which TensorFlow operators reach beyond the network: into files, Python or other machines."""

import re
from collections.abc import Iterator

from donkey_activations.graphs import protobuf

_UNSAFE = re.compile(
    r"File|Dataset|Reader|PyFunc|^Print|^Debug|Summary|^(Distributed)?(Save|Restore)|^Remote"
    r"|Rpc|Proto|Vocab|Checkpoint|^ImmutableConst|^LoadAndRemap|Lmdb|^Send$|^Recv$|^_|Collective"
)
# What every SavedModel has for its own weights. They name their file by a text that is given to
# them, so they are harmless in a function that takes one and that no other function calls.
_SAVERS = {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}
_STRING = 7

# Field numbers in TensorFlow's schemas.
_META_GRAPH, _GRAPH = 2, 2
_GRAPH_NODE, _LIBRARY, _FUNCTION = 1, 2, 1
_SIGNATURE, _FUNCTION_NODE = 1, 3
_NODE_OPERATOR, _NODE_ATTRIBUTE, _ATTRIBUTE_VALUE = 2, 5, 2
_OPERATOR_NAME, _INPUT, _INPUT_TYPE = 1, 2, 3
_VALUE_FUNCTION, _VALUE_LIST, _LIST_FUNCTION, _FUNCTION_NAME = 10, 1, 9, 1


def is_unsafe(operator: str) -> bool:
    """Return whether an operator can read or write files, or run code outside the network."""
    return _UNSAFE.search(operator) is not None


def find_unsafe(saved_model: bytes) -> str | None:
    """Return the first operator in a ``saved_model.pb`` that reaches beyond the network.

    Raises:
        ValueError: The bytes are no protocol buffer.
    """
    for graph in protobuf.messages(memoryview(saved_model), _META_GRAPH, _GRAPH):
        functions = list(protobuf.messages(graph, _LIBRARY, _FUNCTION))
        called = {name for function in functions for name in _calls(function)}
        for function in functions:
            own_saver = _takes_text(function) and called.isdisjoint(_names(function))
            unsafe = _first_unsafe(_operators(function, _FUNCTION_NODE), savers_allowed=own_saver)
            if unsafe is not None:
                return unsafe
        # Nodes outside functions only run in TensorFlow 1, and save or restore there as well.
        unsafe = _first_unsafe(_operators(graph, _GRAPH_NODE), savers_allowed=True)
        if unsafe is not None:
            return unsafe
    return None


def _first_unsafe(operators: Iterator[str], savers_allowed: bool) -> str | None:
    for operator in operators:
        if is_unsafe(operator) and not (savers_allowed and operator in _SAVERS):
            return operator
    return None


def _operators(holder: memoryview, node_field: int) -> Iterator[str]:
    for node in protobuf.messages(holder, node_field):
        yield from protobuf.texts(node, _NODE_OPERATOR)


def _names(function: memoryview) -> list[str]:
    return protobuf.texts(function, _SIGNATURE, _OPERATOR_NAME)


def _takes_text(function: memoryview) -> bool:
    return any(
        (_INPUT_TYPE, _STRING) in protobuf.fields(argument)
        for argument in protobuf.messages(function, _SIGNATURE, _INPUT)
    )


def _calls(function: memoryview) -> Iterator[str]:
    """Yield the names of all functions that a function may call."""
    for node in protobuf.messages(function, _FUNCTION_NODE):
        yield from protobuf.texts(node, _NODE_OPERATOR)
        for value in protobuf.messages(node, _NODE_ATTRIBUTE, _ATTRIBUTE_VALUE):
            yield from protobuf.texts(value, _VALUE_FUNCTION, _FUNCTION_NAME)
            yield from protobuf.texts(value, _VALUE_LIST, _LIST_FUNCTION, _FUNCTION_NAME)
