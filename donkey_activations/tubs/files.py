"""The files of a tub, which are untrusted input, and the JSON in them."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from donkey_activations import files

# Far more than one file of Donkeycar's holds; a damaged disk must not ask for all the memory.
LARGEST_MB = 64


@dataclass(frozen=True)
class TubFile:
    """A file that can be read.

    Attributes:
        path: Where it lies.
        identity: What it has in common with itself under another name.
    """

    path: Path
    identity: tuple[int, int]


class TubFolder:
    """A folder of a tub, out of which no name leads: not absolute, not by ``..``, not by a link."""

    def __init__(self, tub: Path, name: str = "") -> None:
        """Read nothing yet.

        Args:
            tub: The tub's folder.
            name: Of the folder in it; the tub's own unless said.
        """
        self._path = tub / name
        self._real_tub = os.path.realpath(tub)

    def path(self, name: str) -> Path | None:
        """Return where a file lies, or would lie; None where that is not in the tub."""
        path = self._path / name
        try:
            real = os.path.realpath(path)
        # A name with a null byte, or one that the file system cannot spell.
        except ValueError:
            return None
        inside = os.path.commonpath([self._real_tub, real]) == self._real_tub
        named_inside = not Path(name).is_absolute() and ".." not in Path(name).parts
        return path if inside and named_inside else None

    def readable(self, name: str) -> TubFile | None:
        """Return a file of at most ``LARGEST_MB``; None where there is none in the tub."""
        path = self.path(name)
        try:
            found = None if path is None else path.stat()
        # Also a name longer than names can be, and a link that leads nowhere or to itself.
        except OSError:
            return None
        if path is None or found is None or not stat.S_ISREG(found.st_mode):
            return None
        return (
            None
            if found.st_size > LARGEST_MB << 20
            else TubFile(path, (found.st_dev, found.st_ino))
        )


def parsed(contents: Iterable[bytes]) -> Iterator[dict[str, Any] | None]:
    """Yield the JSON object in each of the contents that are not blank; None where it is none."""
    for content in contents:
        if not content.strip():
            continue
        try:
            values = files.loads_json(content)
        except ValueError:
            values = None
        yield values if isinstance(values, dict) else None
