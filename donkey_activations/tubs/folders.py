"""Which folders are tubs."""

import re
from pathlib import Path

MANIFEST = "manifest.json"
OLD_RECORD = re.compile(r"record_(\d+)\.json")

_SHOWN = 5


def is_tub(path: Path) -> bool:
    """Return whether a folder has what makes it a tub, of this Donkeycar or of an old one."""
    if (path / MANIFEST).is_file():
        return True
    return any(OLD_RECORD.fullmatch(file.name) for file in path.iterdir())


def tubs_in(path: Path) -> list[Path]:
    """Return the tubs that lie in a folder, as ``AUTO_CREATE_NEW_TUB`` makes them.

    Args:
        path: A folder that is no tub itself.

    Returns:
        The tubs, in the order of their names; none where the folder cannot be read.
    """
    try:
        return [one for one in sorted(path.iterdir()) if one.is_dir() and is_tub(one)]
    except OSError:
        return []


def listed(paths: list[Path]) -> str:
    """Return the names of the first tubs, and how many there are."""
    names = [path.name for path in paths[:_SHOWN]]
    more = len(paths) - len(names)
    return ", ".join([*names, *([f"and {more} more"] if more else [])])
