"""Who opens which pilot file: every module of this package opens one family of formats.

An opener module offers what ``Opener`` lists. It imports nothing heavy before ``open_pilot``, so
that recognising a file stays fast; a new opener is a new file and no other change.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from donkey_activations.extensions import ExtensionPoint
from donkey_activations.extractors.base import FeatureExtractor

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenOptions:
    """How a pilot is to be opened; see ``open_extractor``.

    Attributes:
        layers: Names of the wanted layers; None is every convolution.
        size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own size.
        trust_model: Load the file even if that runs code stored in it.
        threads: Threads that the network may use, 1 or more.
        convert: False never loads an engine such as TensorFlow for a conversion.
    """

    layers: Sequence[str] | None
    size: tuple[int, int] | None
    trust_model: bool
    threads: int
    convert: bool


class Opener(Protocol):
    """What a module of ``extractors.openers`` offers, or one of another distribution's.

    Attributes:
        SUFFIXES: What the names of such pilots usually end in, such as ``.tflite``. A file is
            recognised by its content; these are for finding one beside a file that is refused.
    """

    SUFFIXES: tuple[str, ...]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether a pilot is of these formats, by its content and never by its suffix.

        It may be damaged further on. Every pilot is asked about, also while the car drives.

        Args:
            path: An ordinary file or a folder.
            head: The first 4096 bytes of the file; empty for a folder.

        Raises:
            OSError: It cannot be read.
        """

    def files(self, path: Path) -> tuple[Path, ...]:
        """Return all files that a pilot consists of, which are watched and fingerprinted.

        Args:
            path: A pilot that it recognises.

        Raises:
            OSError: It cannot be read.
        """

    def needs_conversion(self, path: Path) -> bool:
        """Return whether ``open_pilot`` takes an engine that must not be loaded into a car's drive.

        Then a pilot that comes while the car drives is opened in a process of its own first, and
        after that, with ``convert=False``, in the drive: ``open_pilot`` has to keep what it makes.

        Args:
            path: A pilot that it recognises.

        Raises:
            ModelError: It cannot be opened.
        """

    def open_pilot(self, path: Path, options: OpenOptions) -> FeatureExtractor:
        """Open a pilot that it recognises.

        Args:
            path: The file or folder.
            options: How.

        Raises:
            ModelError: It cannot be opened so; the message need not name the path.
        """


OPENERS: ExtensionPoint[Opener] = ExtensionPoint(__name__, Opener)


_failed: set[str] = set()


def find_opener(path: Path, head: bytes) -> Opener | None:
    """Return the opener that recognises a pilot; ours are asked first, None if there is none.

    Args:
        path: An ordinary file or a folder.
        head: The first 4096 bytes of the file; empty for a folder.

    Raises:
        OSError: It cannot be read.
    """
    for opener in OPENERS.own.values():
        if opener.recognises(path, head):
            return opener
    others = OPENERS.others.items()
    return next((one for name, one in others if _recognises(name, one, path, head)), None)


def pilot_suffixes() -> tuple[str, ...]:
    """Return what the names of pilots usually end in, ``.tflite`` before all that is converted."""
    openers = (*OPENERS.own.values(), *OPENERS.others.values())
    found = dict.fromkeys(suffix for opener in openers for suffix in opener.SUFFIXES)
    return tuple(sorted(found, key=lambda suffix: suffix != ".tflite"))


def _recognises(name: str, opener: Opener, path: Path, head: bytes) -> bool:
    """Ask another distribution's opener; one that fails does not recognise the pilot."""
    try:
        return opener.recognises(path, head)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - reported, whatever it is
        if name not in _failed:
            _failed.add(name)
            logger.warning("%s", OPENERS.failure(name, error))
        return False
