"""Reads recorded mosaics: the sets of a tub, and the picture of a record in a set."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from donkey_activations.errors import TubError
from donkey_activations.tubs.files import TubFolder, parsed
from donkey_activations.tubs.mosaics import DESCRIPTION, FOLDER, PICTURE

_END_OF_JPEG = b"\xff\xd9"


class PictureState(Enum):
    """What is there of a recorded picture.

    Attributes:
        WHOLE: All of it.
        MISSING: Nothing: the record was skipped, or is not drawn yet.
        TORN: A file without its end, as a power cut leaves it, or something that is no file.
    """

    WHOLE = "whole"
    MISSING = "missing"
    TORN = "torn"


def picture_state(path: Path) -> PictureState:
    """Return what is there of a picture; only its last bytes are read.

    Args:
        path: Where it lies, or would lie.
    """
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size < len(_END_OF_JPEG):
            return PictureState.TORN
        with path.open("rb") as jpeg:
            jpeg.seek(-len(_END_OF_JPEG), os.SEEK_END)
            is_whole = jpeg.read() == _END_OF_JPEG
    except FileNotFoundError:
        return PictureState.MISSING
    except OSError:
        return PictureState.TORN
    return PictureState.WHOLE if is_whole else PictureState.TORN


@dataclass(frozen=True)
class RecordedSet:
    """The mosaics of one pilot, drawn in one way, as they lie in a tub.

    Attributes:
        path: The set's folder.
        description: What its ``set.json`` holds.
    """

    path: Path
    description: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The folder's name: ``<pilot's name>-<8 hex digits>``."""
        return self.path.name

    @property
    def pilot_name(self) -> str | None:
        """The name of the pilot's file; None where the set does not say."""
        return self._of_pilot("name")

    @property
    def pilot_sha256(self) -> str | None:
        """The SHA-256 of the pilot's content; None where the set does not say."""
        return self._of_pilot("sha256")

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers that are shown."""
        layers = self.description.get("layers")
        described = layers if isinstance(layers, list) else []
        names = (one.get("name") for one in described if isinstance(one, dict))
        return tuple(name for name in names if isinstance(name, str))

    @property
    def given(self) -> str | None:
        """The channel that the pilot was given its frames in; None where they are the recorded."""
        given = self.description.get("given")
        return given if isinstance(given, str) else None

    def indexes(self) -> list[int]:
        """Return the ``_index`` of each record that has a picture, whole or torn, ascending.

        Raises:
            TubError: The folder cannot be read.
        """
        try:
            found = (PICTURE.fullmatch(file.name) for file in self.path.iterdir())
            return sorted(int(picture[1]) for picture in found if picture)
        except OSError as error:
            raise TubError(
                f"{self.path}: expected a set of mosaics, it cannot be read ({error.strerror}); "
                "copy it from the car again"
            ) from error

    def state_of(self, index: int) -> PictureState:
        """Return what is there of the picture of the record with that ``_index``."""
        return picture_state(self.picture_path(index))

    def picture_path(self, index: int) -> Path:
        """Return where the picture of the record with that ``_index`` lies, or would lie."""
        return self.path / f"{index}.jpg"

    def read_picture(self, index: int) -> bytes:
        """Return the picture of the record with that ``_index``, a JPEG.

        Raises:
            TubError: It is missing or torn, which the message says.
        """
        path = self.picture_path(index)
        state = picture_state(path)
        if state is PictureState.MISSING:
            raise TubError(f"{path}: expected a mosaic, there is none; draw it: activations tub")
        try:
            content = path.read_bytes() if state is PictureState.WHOLE else b""
        except OSError:
            content = b""
        if not content:
            raise TubError(f"{path}: expected a mosaic, it is torn; draw it again: activations tub")
        return content

    def _of_pilot(self, key: str) -> str | None:
        pilot = self.description.get("pilot")
        value = pilot.get(key) if isinstance(pilot, dict) else None
        return value if isinstance(value, str) else None


def read_description(folder: Path, name: str = "") -> dict[str, Any] | None:
    """Return what a set's ``set.json`` holds; None without one that can be read.

    Args:
        folder: The folder out of which no link may lead.
        name: Of the set in it; the folder itself unless said.
    """
    readable = TubFolder(folder, name).readable(DESCRIPTION)
    try:
        contents = [] if readable is None else [readable.path.read_bytes()]
    except OSError:
        return None
    return next(parsed(contents), None)


def recorded_sets(tub_path: str | Path) -> list[RecordedSet]:
    """Return the sets of mosaics that lie in a tub, in the order of their names.

    Args:
        tub_path: The tub's folder. A folder in it without a ``set.json`` that can be read is no
            set, and no link leads out of the tub.
    """
    found = []
    tub_path = Path(tub_path)
    for file in sorted((tub_path / FOLDER).glob(f"*/{DESCRIPTION}")):
        description = read_description(tub_path, f"{FOLDER}/{file.parent.name}")
        if description is not None:
            found.append(RecordedSet(file.parent, description))
    return found
