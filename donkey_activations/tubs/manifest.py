"""A tub's manifest: its catalogs, its deleted records, and the key of its images."""

import re
from collections.abc import Iterable
from pathlib import Path

from donkey_activations import files
from donkey_activations.errors import TubError
from donkey_activations.formatting import printable
from donkey_activations.tubs.files import LARGEST_MB, TubFolder, parsed
from donkey_activations.tubs.folders import MANIFEST

IMAGE = "cam/image_array"
CATALOG = re.compile(r"catalog_(\d+)\.catalog")
_REMARKS_SHOWN = 3
# Inputs, types, the user's metadata, the tub's: what lies above the line that lists the catalogs.
_HEADER_LINES = 4


def read_manifest(tub: Path) -> tuple[list[str], set[int], list[str]]:
    """Return the names of the catalogs, what is deleted, and what is wrong.

    Args:
        tub: The tub's folder.

    Returns:
        The catalogs' names, the deleted numbers as ``donkey train`` counts them, and remarks.

    Raises:
        TubError: There is no manifest of a size that can be read in the tub.
        OSError: The manifest or the folder cannot be read.
    """
    file = TubFolder(tub).readable(MANIFEST)
    if file is None:
        raise TubError(
            f"{tub}: expected {MANIFEST} of at most {LARGEST_MB} MB, got a larger one, or a link "
            "out of the tub; copy the whole folder of the tub from the car again"
        )
    lines = file.path.read_bytes().splitlines()
    last = next(parsed(lines[_HEADER_LINES : _HEADER_LINES + 1]), None) or {}
    paths, deleted = last.get("paths"), last.get("deleted_indexes")
    if isinstance(paths, list) and isinstance(deleted, list):
        names = [name for name in paths if isinstance(name, str)]
        return names, {index for index in deleted if isinstance(index, int)}, []
    matches = filter(None, (CATALOG.fullmatch(file.name) for file in tub.iterdir()))
    names = [match[0] for match in sorted(matches, key=lambda match: int(match[1]))]
    remark = (
        f"{MANIFEST}: the line that lists catalogs and deleted records is missing or damaged; "
        "all catalogs are read, and no record counts as deleted"
    )
    return names, set(), [remark]


def find_catalogs(tub: Path, names: Iterable[str]) -> tuple[list[Path], list[str]]:
    """Return each catalog once, by whichever names, and what is wrong.

    Args:
        tub: The tub's folder.
        names: As the manifest has them.
    """
    folder = TubFolder(tub)
    found: dict[tuple[int, int], Path] = {}
    missing = []
    for name in dict.fromkeys(names):
        file = folder.readable(name)
        if file is None:
            missing.append(name)
        else:
            found.setdefault(file.identity, file.path)
    remarks = [
        f"{printable(name)}: {MANIFEST} names this catalog, there is no such file of at most "
        f"{LARGEST_MB} MB in the tub"
        for name in missing[:_REMARKS_SHOWN]
    ]
    if len(missing) > _REMARKS_SHOWN:
        remarks.append(f"and {len(missing) - _REMARKS_SHOWN} more catalogs that are not there")
    return list(found.values()), remarks


def image_key(tub: Path) -> str:
    """Return the key of the camera's frames: another than the usual one, if it is the only one.

    Raises:
        TubError: There are several others.
        OSError: The manifest cannot be read.
    """
    file = TubFolder(tub).readable(MANIFEST)
    lines = [] if file is None else file.path.read_bytes().splitlines()[:2]
    names, types = [*map(_listed_names, lines), [], []][:2]
    keys = [name for name, kind in zip(names, types, strict=False) if kind == "image_array"]
    if IMAGE in keys or not keys:
        return IMAGE
    if len(keys) > 1:
        raise TubError(
            f"{tub}: expected images as {IMAGE}, or under one other key, the tub has "
            f"{printable(', '.join(keys))}; rename the one to look at in {MANIFEST} and catalogs"
        )
    return keys[0]


def _listed_names(line: bytes) -> list[str]:
    try:
        names = files.loads_json(line)
    except ValueError:
        return []
    return names if isinstance(names, list) and all(isinstance(one, str) for one in names) else []
