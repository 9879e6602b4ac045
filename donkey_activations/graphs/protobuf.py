"""Reads the fields of a protocol buffer without its schema, and without TensorFlow."""

from collections.abc import Iterator

Value = int | memoryview

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield a message's fields as ``(number, value)``, in the order in which they lie there.

    Raises:
        ValueError: The bytes are no protocol buffer.
    """
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {kind}")
        if place + size > len(message):
            raise ValueError("a field is longer than its message")
        yield tag >> 3, message[place : place + size]
        place += size


def messages(message: memoryview, *path: int) -> Iterator[memoryview]:
    """Yield every message that lies at a path of field numbers.

    Raises:
        ValueError: The bytes are no protocol buffer.
    """
    if not path:
        yield message
        return
    for number, value in fields(message):
        if number == path[0] and isinstance(value, memoryview):
            yield from messages(value, *path[1:])


def texts(message: memoryview, *path: int) -> list[str]:
    """Return every text that lies at a path of field numbers.

    Raises:
        ValueError: The bytes are no protocol buffer.
    """
    return [bytes(value).decode(errors="replace") for value in messages(message, *path)]


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError("a number is cut short")
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
