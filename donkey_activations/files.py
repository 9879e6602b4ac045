"""Files: untrusted JSON, and files that are there whole or not at all."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

from donkey_activations.errors import ActivationsError

# A file that is being written; the group is the name that it gets. The number is its process, so
# that two that write the same file never write into one.
UNFINISHED = re.compile(r"\.([^/]+)\.\d+\.part$")

_DEEPEST = 500
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


def loads_json(content: bytes | str) -> Any:
    """Read JSON as ``json.loads`` does, unless it is nested deeper than anything of use.

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


@contextmanager
def written_whole(path: Path, *, is_ours: bool = False) -> Iterator[Path]:
    """Yield a temporary path to write to, which gets its name if the block ends well.

    No file or link is at the temporary path; one that a crash left there is removed. Nobody waits
    until the content is on the disk.

    Args:
        path: The file that is to be there in the end; one that is there now is replaced.
        is_ours: Replace also what somebody else makes meanwhile: nobody but us writes there.

    Raises:
        ActivationsError: Somebody else has made the file meanwhile; it is left as it is.
        OSError: The file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    is_to_be_replaced = is_ours or path.exists()
    unfinished.unlink(missing_ok=True)
    try:
        yield unfinished
        if not is_to_be_replaced and path.exists():
            raise ActivationsError(
                f"{path}: expected no such file, somebody else has made it meanwhile; it was left "
                "as it is, name another"
            )
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _is_deep(content: bytes) -> bool:
    if content.count(b"[") + content.count(b"{") <= _DEEPEST:
        return False
    brackets = _BRACKETS.findall(_STRINGS.sub(b"", content))
    steps = (1 if bracket in b"[{" else -1 for bracket in brackets)
    return max(accumulate(steps), default=0) > _DEEPEST
