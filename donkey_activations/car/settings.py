"""The ``ACTIVATIONS_*`` keys of a car's ``myconfig.py``."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from donkey_activations.errors import ConfigError
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.layout_file import load_layout

_PREFIX = "ACTIVATIONS_"
# So that ACTIVATION_SHOW, without its S, is noticed.
_BEGINS_LIKE_OURS = "ACTIVATION"
_CHECK = "check"


def _flag(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{key}: expected True or False, got {value!r}")


def _whole_number(low: int, high: int) -> Callable[[str, Any], int]:
    def check(key: str, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise ConfigError(f"{key}: expected a whole number from {low} to {high}, got {value!r}")

    return check


def _path(key: str, value: Any) -> str | None:
    if value is None:
        return None
    # No file can have a name with a null byte in it.
    if isinstance(value, str | Path) and str(value) and "\0" not in str(value):
        return str(value)
    raise ConfigError(f"{key}: expected None or a path, got {value!r}")


def _names(key: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ConfigError(
        f"{key}: expected None or a list of layer names such as ['conv2d_1'], got {value!r}"
    )


def _key(default: Any, check: Callable[[str, Any], Any]) -> Any:
    """Define one key: its default, and the check of what a driver sets it to."""
    return field(default=default, metadata={_CHECK: check})


@dataclass(frozen=True)
class DriveConfig:
    """What a driver can set; each attribute is the key ``ACTIVATIONS_<NAME>``.

    A new key is one attribute here, and one line in ``templates/myconfig.py``.

    Attributes:
        enabled: False leaves the car as it is.
        model: Path of the pilot to look into; None is the one that drives.
        every_n_frames: Period of the mosaics in frames, 1 to 1000.
        layers: Names of the layers to show; None is every convolution.
        layout: Path of a YAML layout; None is the default look.
        record: Write mosaics into the tub while it records.
        show: Put the live mosaic on Donkeycar's drive page.
        jpeg_quality: 1 to 100.
        threads: Threads that the network may use, 1 to 16.
        column: Records carry the reference to their mosaic.
        trust_model: Open a Keras file even if that runs code stored in it.
    """

    enabled: bool = _key(True, _flag)
    model: str | None = _key(None, _path)
    every_n_frames: int = _key(5, _whole_number(1, 1000))
    layers: tuple[str, ...] | None = _key(None, _names)
    layout: str | None = _key(None, _path)
    record: bool = _key(True, _flag)
    show: bool = _key(False, _flag)
    jpeg_quality: int = _key(85, _whole_number(1, 100))
    threads: int = _key(1, _whole_number(1, 16))
    column: bool = _key(True, _flag)
    trust_model: bool = _key(False, _flag)

    def read_layout(self) -> Layout:
        """Return the layout that the driver chose.

        Raises:
            LayoutError: The file cannot be read or is not valid.
        """
        return Layout() if self.layout is None else load_layout(self.layout)


_KEYS = {f"{_PREFIX}{one.name.upper()}": one for one in fields(DriveConfig)}


def read_config(cfg: Any) -> DriveConfig:
    """Read and check the keys of a car's configuration.

    Args:
        cfg: Donkeycar's configuration object.

    Raises:
        ConfigError: A key is of the wrong type, out of range, or unknown.
    """
    values: dict[str, Any] = {}
    for key in dir(cfg):
        if not key.startswith(_BEGINS_LIKE_OURS):
            continue
        if key not in _KEYS:
            nearest = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"the keys: {', '.join(_KEYS)}"
            raise ConfigError(f"{key}: there is no such key; {hint}")
        values[_KEYS[key].name] = _KEYS[key].metadata[_CHECK](key, getattr(cfg, key))
    return DriveConfig(**values)
