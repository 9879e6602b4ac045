"""Attributes of TensorFlow operators that stand in a ``.tflite`` graph as they are ("Flex").

Such an operator carries a FlexBuffers vector of its name and its ``NodeDef``, a protocol buffer.
Of that only lists of integers are read here, such as ``ksize`` and ``strides`` of a pooling; the
field numbers are those of TensorFlow's ``node_def.proto`` and ``attr_value.proto``.
"""

from collections.abc import Iterator

_NODE_ATTR = 5
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_VALUE_LIST = 1
_LIST_INTEGERS = 3

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def integer_lists(custom_options: bytes) -> dict[str, list[int]]:
    """Returns the attributes that are lists of integers, by name.

    Args:
        custom_options: The operator's custom options.

    Raises:
        ValueError: The bytes are no such options.
    """
    from flatbuffers import flexbuffers

    try:
        node = bytes(flexbuffers.GetRoot(bytearray(custom_options)).AsVector[1].AsStringBytes)
        return {name: numbers for name, numbers in _attributes(node) if numbers}
    except Exception as error:  # the readers raise whatever the bytes make them raise
        raise ValueError("unreadable options of a TensorFlow operator") from error


def _attributes(node: bytes) -> Iterator[tuple[str, list[int]]]:
    for number, attribute in _fields(node):
        if number == _NODE_ATTR and isinstance(attribute, bytes):
            entry = dict(_fields(attribute))
            name, value = entry[_ENTRY_KEY], entry[_ENTRY_VALUE]
            if isinstance(name, bytes) and isinstance(value, bytes):
                yield name.decode(), _integers(value)


def _integers(value: bytes) -> list[int]:
    members = dict(_fields(value)).get(_VALUE_LIST, b"")
    if not isinstance(members, bytes):
        return []
    numbers: list[int] = []
    for number, content in _fields(members):
        if number == _LIST_INTEGERS:
            numbers.extend(_varints(content) if isinstance(content, bytes) else [content])
    return numbers


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Splits a message into its fields' numbers and contents."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire_type == _BYTES:
            length, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}[wire_type]
        yield number, message[at : at + length]
        at += length


def _varints(packed: bytes) -> Iterator[int]:
    at = 0
    while at < len(packed):
        number, at = _varint(packed, at)
        yield number


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        shift += 7
        at += 1
        if message[at - 1] < 0x80:
            return value, at
