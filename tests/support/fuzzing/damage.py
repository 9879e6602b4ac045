"""Damage to bytes and to values, as chance will have it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

ODD_BYTES = (0, 1, 127, 128, 254, 255)
# Deeper than Python reads, and much deeper than what Donkeycar raises its limit to.
DEEP = 200_000

ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 2**31, 2**63, 2**64, -(2**63), 10**400),
    *(float("nan"), float("inf"), float("-inf"), "", " ", ".", "..", "/", "a\nb", "a\0b", "nan"),
    *(
        "\ud800",
        "\udcff.jpg",
        "ü№\u2028\x85",
        "\x1b[2J\x1b]0;x\x07",
        "x" * 300,
        "y" * 5000,
        "1e999",
    ),
    *([], {}, [[]], {"": None}, [1, 2], {"a": {"b": 1}}, "images", "-1", "__class__", "%s%n"),
)


def damaged(content: bytes, chance: Random) -> bytes:
    """A copy that is cut short, or has bytes changed, taken out, put in, doubled or zeroed."""
    if not content:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(64)))
    kinds: Sequence[Callable[[bytes, Random], bytes]]
    kinds = (_cut, _flipped, _flipped, _flipped, _without, _doubled, _zeroed, _put_in)
    for _ in range(1 if chance.random() < 0.7 else chance.randrange(2, 6)):
        content = chance.choice(kinds)(content, chance) or content
    return content


def _cut(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _flipped(content: bytes, chance: Random) -> bytes:
    flipped = bytearray(content)
    # What makes a file what it is mostly stands in front.
    end = len(content) if chance.random() < 0.5 else min(len(content), 400)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        place = chance.randrange(end)
        new = (*ODD_BYTES, chance.randrange(256), flipped[place] ^ 1 << chance.randrange(8))
        flipped[place] = chance.choice(new)
    return bytes(flipped)


def _piece(content: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.choice((1, 2, 4, 8, 64, 1000)))


def _without(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    return content[:start] + content[end:]


def _doubled(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    return content[:end] + content[start:end] * chance.choice((1, 1, 2, 30)) + content[end:]


def _zeroed(content: bytes, chance: Random) -> bytes:
    start, end = _piece(content, chance)
    return content[:start] + bytes(end - start) + content[end:]


def _put_in(content: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    odd = (
        b"\0",
        b"\n",
        b"\r\n",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"[" * 600,
        b'"',
        b"{}",
        b"9" * 5000,
    )
    return content[:start] + chance.choice(odd) + content[start:]


def odd_text(value: Any) -> str:
    """A value as JSON that Python writes, which is more than JSON allows."""
    return json.dumps(value)


def with_odd_value(value: Any, chance: Random, odd: Sequence[Any] = ODD_VALUES) -> Any:
    """A copy of a JSON value in which one value, or a key, is something else."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        changed = dict(value)
        key = chance.choice(list(changed))
        fate = chance.random()
        if fate < 0.1:
            del changed[key]
        elif fate < 0.2:
            changed[str(chance.choice(odd))] = changed.pop(key)
        else:
            changed[key] = with_odd_value(changed[key], chance, odd)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.7:
        place = chance.randrange(len(value))
        return [*value[:place], with_odd_value(value[place], chance, odd), *value[place + 1 :]]
    return chance.choice(odd)


def replace_by_something_else(path: Path, room: Path, chance: Random) -> str:
    """Puts something in the place of a file or folder, and says what."""
    kept = path.with_name("kept")
    path.rename(kept)
    outside = room / "outside"
    kinds: dict[str, Callable[[], Any]] = {
        "nothing": lambda: None,
        "a folder": path.mkdir,
        "an empty file": path.touch,
        "a pipe": lambda: mkfifo(path),
        "a link to itself": lambda: path.symlink_to(path.name),
        "a link to nowhere": lambda: path.symlink_to("nowhere"),
        "a link to where it lies now": lambda: path.symlink_to(kept.name),
        "a link out": lambda: path.symlink_to(outside if kept.is_dir() else outside / "secret.jpg"),
        "a link to the folder above": lambda: path.symlink_to(".."),
        "a link to a device": lambda: path.symlink_to("/dev/zero"),
        "a huge file of zeros": lambda: sparse(path),
    }
    kind = chance.choice(list(kinds))
    kinds[kind]()
    return kind


def mkfifo(path: Path) -> None:
    """A pipe, which keeps whoever opens it waiting."""
    import os

    os.mkfifo(path)


def sparse(path: Path, head: bytes = b"", size_bytes: int = 1 << 40) -> None:
    """A file that says it is huge and takes no room on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size_bytes)
