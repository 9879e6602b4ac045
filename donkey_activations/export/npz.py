"""Feature maps in a ``.npz`` file, which ``numpy.load`` opens without pickle."""

import json
import zipfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

METADATA = "__metadata__"


class MapsFile:
    """Writes maps image by image, so that many of them need no more memory than one.

    ``numpy.savez_compressed`` would want all at once, and has no layer called ``file``.
    """

    def __init__(self, path: Path) -> None:
        """Open the file.

        Args:
            path: What is there is replaced.
        """
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> "MapsFile":
        """Return the open file itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close the file; it is whole if the block ended well."""
        self._archive.close()

    def add(self, key: str, array: NDArray[Any]) -> None:
        r"""Add one array, which ``numpy.load(path)[key]`` gives back.

        Args:
            key: Any text; of a file's name that is no UTF-8, each such byte stands in it as
                ``\udc`` and two digits.
            array: The values.
        """
        name = key.encode(errors="backslashreplace").decode()
        with self._archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
            np.save(entry, array, allow_pickle=False)

    def describe(self, values: dict[str, Any]) -> None:
        """Add what is known of the maps: ``json.loads(str(numpy.load(path)[METADATA]))``."""
        self.add(METADATA, np.array(json.dumps(values)))
