"""Who opens which pilot file: every module of this package opens one family of formats.

An opener module defines ``takes(path, head) -> bool`` and ``open_pilot(path, wish)``. It imports
nothing heavy before ``open_pilot``, so that telling a file stays fast; a new opener is a new file
and no other change.
"""

import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from donkey_activations.extractors import formats
from donkey_activations.extractors.base import FeatureExtractor


@dataclass(frozen=True)
class OpenWish:
    """How a pilot is to be opened; see ``open_extractor``.

    Attributes:
        layers: Names of the wanted layers; None is every convolution.
        size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own size.
        trust_model: Load the file even if that runs code stored in it.
        threads: Threads that the network may use, 1 or more.
        convert: False never loads TensorFlow for a conversion.
    """

    layers: Sequence[str] | None
    size: tuple[int, int] | None
    trust_model: bool
    threads: int
    convert: bool


class Opener(Protocol):
    """What a module of this package offers."""

    def takes(self, path: Path, head: bytes) -> bool:
        """Tells by its content whether a pilot is of these formats.

        Args:
            path: The file or folder.
            head: What ``formats.head_of`` returns for it.

        Raises:
            OSError: It cannot be read.
        """

    def open_pilot(self, path: Path, wish: OpenWish) -> FeatureExtractor:
        """Opens a pilot that it takes.

        Args:
            path: The file or folder.
            wish: How.

        Raises:
            ModelError: It cannot be opened so; what it says needs not name the path.
        """


def opener_of(path: Path) -> Opener:
    """Returns who opens a pilot.

    Args:
        path: The file or folder, with any suffix or none.

    Raises:
        ModelError: It cannot be read, or is nothing that can be opened.
    """
    try:
        head = formats.head_of(path)
        for opener in _openers():
            if opener.takes(path, head):
                return opener
        raise formats.refusal(path, head)
    except OSError as error:
        raise formats.unreadable(error) from error


@cache
def _openers() -> tuple[Opener, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(cast(Opener, import_module(f"{__name__}.{name}")) for name in names)
