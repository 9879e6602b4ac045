"""The demo's folder: made by us, known again by ``demo.json``, never anybody else's."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from donkey_activations import files
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

MARKER = "demo.json"
_KIND = "donkey-activations demo"
_LARGEST_BYTES = 4096


@dataclass(frozen=True)
class DemoFolder:
    """Where everything of one demo lies.

    Attributes:
        path: The car's folder, absolute.
        resolution: Of camera, tub and pilot.
    """

    path: Path
    resolution: Resolution

    @property
    def myconfig(self) -> Path:
        """The car's settings."""
        return self.path / "myconfig.py"

    @property
    def synthetic_tub(self) -> Path:
        """The drawn drive that the pilot learns from."""
        return self.path / "data" / "synthetic"

    @property
    def drive_tub(self) -> Path:
        """What the car records in the demo's drive."""
        return self.path / "data" / "drive"

    @property
    def pilot(self) -> Path:
        """The trained pilot as the drive loads it; ``pilot.h5`` lies beside it."""
        return self.path / "models" / "pilot.tflite"

    @property
    def sheet(self) -> Path:
        """The contact sheet."""
        return self.path / "contact-sheet.jpg"

    def log(self, step: str) -> Path:
        """Where the output of a step's program goes."""
        return self.path / "logs" / f"{step}.log"


def open_folder(path: Path, wanted: Resolution | None, default: Resolution) -> DemoFolder:
    """Make the folder, or find the demo that is in it.

    Args:
        path: Where; made if it does not exist.
        wanted: The resolution that was asked for, if one was.
        default: The resolution of a new demo if none was asked for.

    Returns:
        The folder, with its marker written.

    Raises:
        ConfigError: If something else is there, a demo of another resolution, or the folder
            cannot be made.
    """
    path = path.absolute()
    marker = path / MARKER
    try:
        if marker.is_file():
            return DemoFolder(path, _known(marker, wanted))
        if path.exists() and not path.is_dir():
            raise ConfigError(f"expected a folder, got the file {path}; give another --path")
        if path.is_dir() and any(path.iterdir()):
            raise ConfigError(
                f"expected a new folder or one made by this demo, got {path} with other files in "
                "it; nothing was changed, give another --path"
            )
        resolution = wanted or default
        path.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"kind": _KIND, "resolution": str(resolution)}, indent=2) + "\n"
        with files.written_whole(marker, is_ours=True) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"expected to write {path}, got: {error.strerror}; give another --path"
        ) from error
    return DemoFolder(path, resolution)


def _known(marker: Path, wanted: Resolution | None) -> Resolution:
    try:
        with marker.open("rb") as file:
            content = files.loads_json(file.read(_LARGEST_BYTES))
        if content["kind"] != _KIND:
            raise KeyError("kind")
        resolution = Resolution.parse(content["resolution"])
    except (ValueError, KeyError, TypeError, ConfigError) as error:
        raise ConfigError(
            f"expected the marker of a demo in {marker}, got something else; "
            "give another --path, or delete that folder"
        ) from error
    if wanted is not None and wanted != resolution:
        raise ConfigError(
            f"expected {resolution}, the resolution of the demo in {marker.parent}, got {wanted}; "
            f"give another --path, like --path {marker.parent}-{wanted}"
        )
    return resolution


@contextlib.contextmanager
def only_one(folder: DemoFolder) -> Iterator[None]:
    """Keep a second demo out of the folder while this one runs; a killed one lets go of it.

    Raises:
        ConfigError: If another demo is at work there.
    """
    try:
        import fcntl
    except ImportError:  # not on this system: two demos at once are the user's to avoid
        yield
        return
    handle = os.open(folder.path / MARKER, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise ConfigError(
            f"expected to be alone in {folder.path}, got another demo at work there; "
            "wait for it, or give another --path"
        ) from error
    finally:
        os.close(handle)
