"""What a command opened and changed outside of where it may."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fuzzing.case import INSIDE, Case

# What Python tells of before it is done, with the places of the paths among its arguments.
_EVENTS = {
    "open": (0,), "os.listdir": (0,), "os.scandir": (0,), "os.mkdir": (0,), "os.rename": (0, 1),
    "os.remove": (0,), "os.rmdir": (0,), "os.symlink": (1,), "os.link": (0, 1), "os.truncate": (0,),
    "os.utime": (0,), "os.chmod": (0,), "os.chown": (0,), "shutil.rmtree": (0,),
}  # fmt: skip


class Watch:
    """Hears of every file that Python opens, lists or changes in a folder.

    What a library opens by itself is not heard of, but shows in the time of last access.
    """

    def __init__(self) -> None:
        """Listens from now on; Python knows no way to stop it."""
        self._folder: str | None = None
        self._touched: list[str] = []
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self, folder: Path) -> Iterator[list[str]]:
        """Gives the list of what is touched in a folder while the block runs.

        Args:
            folder: Wherever links in paths lead, it is where they end that counts.
        """
        before = _accesses(folder)
        touched: list[str] = []
        self._touched = touched
        self._folder = f"{os.path.realpath(folder)}/"
        try:
            yield touched
        finally:
            self._folder = None
            after = _accesses(folder)
            touched += [f"read by a library: {name}" for name in before if after.get(name)]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        folder = self._folder
        if folder is None or event not in _EVENTS:
            return
        for place in _EVENTS[event]:
            path = arguments[place]
            if not isinstance(path, str | bytes | os.PathLike):
                continue
            name = os.fsdecode(path)
            # Removing or renaming a link does nothing to where it leads.
            follows = event not in {"os.remove", "os.rename", "os.symlink", "os.link"}
            try:
                real = os.path.realpath(name) if follows else _real_parent(name)
            except ValueError:
                continue
            if f"{real}/".startswith(folder):
                self._touched.append(f"{event}: {name}")


def _real_parent(name: str) -> str:
    path = Path(name)
    return str(Path(os.path.realpath(path.parent), path.name))


def _accesses(folder: Path) -> dict[str, bool]:
    """Whether each file was read since the last call, which makes it unread again."""
    accessed = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            found = file.stat()
            accessed[str(file)] = found.st_atime_ns > found.st_mtime_ns
            # Linux notes an access where the last one is older than the last change.
            os.utime(file, ns=(found.st_mtime_ns - 1, found.st_mtime_ns))
    return accessed


def snapshot(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Kind, size, times and link of everything in a folder; links are not followed."""
    found = {}
    for path in _walk(folder):
        status = path.lstat()
        target = str(path.readlink()) if path.is_symlink() else ""
        node = (status.st_ino, status.st_mode)
        content = (status.st_size, status.st_mtime_ns, target)
        # A folder's own time changes with what is in it, and that is told anyway.
        is_folder = stat.S_ISDIR(status.st_mode)
        found[str(path.relative_to(folder))] = node if is_folder else (*node, *content)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in (*folders, *files))


def changes(before: dict[str, Any], after: dict[str, Any], case: Case) -> list[str]:
    """Names of what is new, gone or different, and must not be."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [name for name in names if _is_in(name, case.keeps) or not _is_in(name, case.may_change)]


def _is_in(name: str, places: Sequence[str]) -> bool:
    path = Path(name)
    return any(path.is_relative_to(Path(INSIDE, place)) for place in places)
