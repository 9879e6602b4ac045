"""The mosaics of a tub: a folder of their own beside its images.

``<tub>/activations/<set>/set.json`` says which pilot drew them, ``<set>/<index>.jpg`` is the mosaic
of the record with that ``_index``. Nothing here touches a file that is not ours.
"""

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError, TubError
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.extractors.formats import fingerprint
from donkey_activations.files import UNFINISHED, written_whole
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import DRAWING_VERSION

FOLDER = "activations"
DESCRIPTION = "set.json"

_IN_THE_WAY = "move away what lies there"
_WAYS_OUT = {
    errno.ENAMETOOLONG: "give the pilot's file a shorter name",
    **dict.fromkeys((errno.ENOTDIR, errno.EEXIST, errno.EISDIR), _IN_THE_WAY),
}

PICTURE = re.compile(r"(0|[1-9][0-9]*)\.jpg")


@dataclass(frozen=True)
class MosaicSet:
    """The mosaics that one pilot, drawn in one way, has in one tub.

    Attributes:
        tub_path: The tub's folder.
        name: ``<pilot's name>-<8 hex digits>``.
        description: What ``set.json`` holds.
        sets_path: The folder of sets that this one lies in; None is the tub's own.
    """

    tub_path: Path
    name: str
    description: dict[str, Any]
    sets_path: Path | None = None

    @property
    def path(self) -> Path:
        """The set's folder."""
        return (self.sets_path or self.tub_path / FOLDER) / self.name

    def picture_path(self, index: int) -> Path:
        """Return where the mosaic of the record with that ``_index`` lies, or would lie."""
        return self.path / f"{index}.jpg"

    def reference(self, index: int) -> str:
        """Return what a record carries: the picture's path relative to the tub."""
        return f"{FOLDER}/{self.name}/{index}.jpg"

    def create(self) -> None:
        """Make the folder and write ``set.json``.

        Raises:
            TubError: The tub cannot be written to, or the folder is a link to another.
        """
        self._check_links()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.description, indent=2) + "\n"
            self._write(DESCRIPTION, text.encode())
        except OSError as error:
            way_out = _WAYS_OUT.get(error.errno or 0, "free the disk or make the folder writable")
            raise TubError(
                f"{self.path}: mosaics cannot be written there ({error.strerror}); {way_out}"
            ) from error

    def write_picture(self, index: int, jpeg: bytes) -> None:
        """Write one mosaic, so that a reader sees it whole or not at all.

        Nobody waits until it is on the disk: after a power cut the newest can be there and empty,
        as can Donkeycar's own images.

        Args:
            index: The record's ``_index``.
            jpeg: The encoded picture.

        Raises:
            OSError: The disk is full, gone, or read-only.
        """
        self._write(f"{index}.jpg", jpeg)

    def remove_unfinished(self) -> None:
        """Remove what interrupted writes have left in this set.

        Raises:
            OSError: A file cannot be removed.
        """
        for file in self.path.iterdir():
            if _is_unfinished(file):
                file.unlink(missing_ok=True)

    def _check_links(self) -> None:
        """Refuse links, as an untrusted tub must not choose where we write."""
        base = self.sets_path or self.tub_path
        due = Path(os.path.realpath(base), self.path.relative_to(base))
        if Path(os.path.realpath(self.path)) != due:
            raise TubError(
                f"{self.path}: expected a folder of our own in {base}, a link leads out of it; "
                "remove the link"
            )

    def _write(self, name: str, content: bytes) -> None:
        target = self.path / name
        # Never through a link that somebody puts there meanwhile.
        with written_whole(target, is_ours=True) as unfinished, unfinished.open("xb") as file:
            file.write(content)


def mosaic_set(
    tub_path: Path,
    model_path: Path,
    extractor: FeatureExtractor,
    layout: Layout,
    transformations: Sequence[str] = (),
) -> MosaicSet:
    """Name the set of mosaics that a pilot's maps, drawn in a layout, make in a tub.

    The digits are the first 8 of the SHA-256 over the pilot's SHA-256, the names of the layers,
    the layout, the size and the transformations, so that pictures of different pilots lie side by
    side and none goes stale.

    Args:
        tub_path: The tub's folder.
        model_path: The pilot's file.
        extractor: The pilot, opened.
        layout: The look.
        transformations: Names of what is done to a frame between the camera and the pilot.

    Raises:
        TubError: The pilot's file cannot be read any more.
    """
    try:
        pilot_sha256 = fingerprint(model_path)
    except ModelError as error:
        raise TubError(f"{model_path}: {error}") from error
    # Which layers there are is in the names: where all are shown, it does not matter who said so.
    drawn = replace(layout, layers=None) if layout.layers == "all" else layout
    names = [layer.name for layer in extractor.layers]
    size = list(extractor.input_shape[:2]) if extractor.size_changed else None
    identity = [DRAWING_VERSION, pilot_sha256, names, drawn.as_json(), size]
    if transformations:
        identity.append(list(transformations))
    digits = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]
    description = {
        "pilot": {"name": model_path.name, "sha256": pilot_sha256},
        "layers": [asdict(layer) for layer in extractor.layers],
        "unfed_inputs": list(extractor.unfed_inputs),
        "layout": drawn.as_json(),
        "size": size,
        "transformations": list(transformations),
        "given": None,
        "versions": _versions(),
    }
    return MosaicSet(tub_path, f"{model_path.stem}-{digits}", description)


def remove_stale_files(tub_path: Path, next_index: int) -> int:
    """Remove what a crash has left: unfinished and empty files, pictures of records never written.

    After a crash Donkeycar can give an index a second time; a picture that lies there already
    would then show another frame. Only in folders that are sets of ours, by their ``set.json``.

    Args:
        tub_path: The tub's folder.
        next_index: The ``_index`` that the tub's next record gets.

    Returns:
        The number of files removed.

    Raises:
        TubError: A file cannot be removed.
    """
    removed = 0
    for file in _files(tub_path):
        try:
            if _is_stale(file, next_index):
                file.unlink()
                removed += 1
        except FileNotFoundError:  # somebody else has removed it meanwhile
            continue
        except OSError as error:
            raise TubError(
                f"{file}: left by a crash and cannot be removed ({error.strerror}); "
                "make the tub's folder writable"
            ) from error
    return removed


def _is_stale(file: Path, next_index: int) -> bool:
    picture = PICTURE.fullmatch(file.name)
    if picture is None:
        return _is_unfinished(file)
    # A power cut leaves files without content.
    return int(picture[1]) >= next_index or file.stat().st_size == 0


def _is_unfinished(file: Path) -> bool:
    """Return whether an interrupted write of ours left the file."""
    name = UNFINISHED.fullmatch(file.name)
    return name is not None and (name[1] == DESCRIPTION or PICTURE.fullmatch(name[1]) is not None)


def _files(tub_path: Path) -> Iterator[Path]:
    folder = tub_path / FOLDER
    # Where a link leads to, nothing is ours.
    for description in () if folder.is_symlink() else folder.glob(f"*/{DESCRIPTION}"):
        if not description.parent.is_symlink():
            yield from (file for file in description.parent.iterdir() if file.is_file())


def _versions() -> dict[str, str]:
    found = {}
    for package in ("donkey-activations", "donkeycar", "ai-edge-litert", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
