"""Attributes of TensorFlow operators that stand in a ``.tflite`` graph as they are ("Flex").

Such an operator carries a FlexBuffers vector of its name and its ``NodeDef``, a protocol buffer.
Of that only lists of integers are read here, such as ``ksize`` and ``strides`` of a pooling; the
field numbers are those of TensorFlow's ``node_def.proto`` and ``attr_value.proto``.
"""

from collections.abc import Iterator

from donkey_activations.graphs.protobuf import messages, texts

_NODE_ATTR = 5
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_VALUE_LIST = 1
_LIST_INTEGERS = 3


def integer_lists(custom_options: bytes) -> dict[str, list[int]]:
    """Return the attributes that are lists of integers, by name.

    Args:
        custom_options: The operator's custom options.

    Raises:
        ValueError: The bytes are no such options.
    """
    from flatbuffers import flexbuffers

    try:
        options = flexbuffers.GetRoot(bytearray(custom_options)).AsVector
        node = memoryview(bytes(options[1].AsStringBytes))
        return dict(_attributes(node))
    except Exception as error:  # the readers raise whatever the bytes make them raise
        raise ValueError("unreadable options of a TensorFlow operator") from error


def _attributes(node: memoryview) -> Iterator[tuple[str, list[int]]]:
    for entry in messages(node, _NODE_ATTR):
        (name,) = texts(entry, _ENTRY_KEY)
        numbers: list[int] = []
        for integers in messages(entry, _ENTRY_VALUE, _VALUE_LIST, _LIST_INTEGERS):
            numbers.extend(_packed(integers))
        if numbers:
            yield name, numbers


def _packed(integers: memoryview) -> Iterator[int]:
    """Read integers of 7 bits a byte, the last of which has its top bit clear."""
    value = shift = 0
    for byte in integers:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0
