"""JSON of strangers: read whole, or refused, and never the end of the program."""

import json
import re
from itertools import accumulate
from typing import Any

_DEEPEST = 500
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


def loads(content: bytes | str) -> Any:
    """Reads JSON as ``json.loads`` does, unless it is nested deeper than anything of use.

    Donkeycar raises Python's recursion limit so far that deep brackets overflow the stack, which
    ends the process without a word.

    Args:
        content: UTF-8, or a text.

    Raises:
        ValueError: It is no JSON, or too deep.
    """
    if _is_deep(content.encode(errors="replace") if isinstance(content, str) else content):
        raise ValueError(f"expected at most {_DEEPEST} brackets within each other, got more")
    return json.loads(content)


def _is_deep(content: bytes) -> bool:
    if content.count(b"[") + content.count(b"{") <= _DEEPEST:
        return False
    brackets = _BRACKETS.findall(_STRINGS.sub(b"", content))
    steps = (1 if bracket in b"[{" else -1 for bracket in brackets)
    return max(accumulate(steps), default=0) > _DEEPEST
