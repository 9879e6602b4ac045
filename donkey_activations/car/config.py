"""The car that a tub is from: what its configuration says about frames and mosaics."""

import contextlib
import functools
import logging
import math
import sys
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.car.logging import silenced
from donkey_activations.car.settings import DriveConfig, read_config
from donkey_activations.car.transformations import (
    Transformations,
    transformation_names,
    transformations_of,
)
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

_LARGEST_MB = 16


@dataclass(frozen=True)
class Car:
    """What a car's configuration says.

    Attributes:
        settings: Its ``ACTIVATIONS_*`` keys.
        camera_shape: ``(height, width, channels)`` of its camera; None where nothing is done to
            frames, so that they have the pilot's shape.
        transformations: What is done to a frame before the pilot sees it, or None.
        transformation_names: The names of that.
        drive_loop_hz: Rounds of its drive loop in a second.
    """

    settings: DriveConfig = field(default_factory=DriveConfig)
    camera_shape: tuple[int, int, int] | None = None
    transformations: Transformations | None = None
    transformation_names: tuple[str, ...] = ()
    drive_loop_hz: float = 20.0


def read_car(config_path: Path | None) -> Car:
    """Read ``config.py``, and ``myconfig.py`` beside it, as Donkeycar does.

    Args:
        config_path: The car's ``config.py``; None is a car without any settings.

    Raises:
        ConfigError: It cannot be read, or a key of it is wrong.
    """
    if config_path is None:
        return Car()
    _check_files(config_path)
    try:
        # Donkeycar and a user's file may print, and our output may be JSON.
        with contextlib.redirect_stdout(sys.stderr):
            return _loaded(config_path)
    except ConfigError:
        raise
    # The file is the user's Python: it may raise anything, end the program, and give us whatever.
    except (Exception, SystemExit) as error:
        raised = "".join(traceback.format_exception_only(error))
        raise ConfigError(
            f"{config_path}: expected a car's config.py, it cannot be loaded ({raised.strip()}); "
            "name another with --config, or run in another folder"
        ) from error


def _check_files(config_path: Path) -> None:
    """Find a pipe or a device before it is opened, as that would wait or read without end."""
    if not config_path.name:
        raise ConfigError(f"{config_path}: expected a car's config.py, got a folder; name the file")
    for path in (config_path, config_path.with_name("myconfig.py")):
        if path.exists() and (not path.is_file() or path.stat().st_size > _LARGEST_MB << 20):
            raise ConfigError(f"{path}: expected a file of at most {_LARGEST_MB} MB, got none")


class _TransformationsOf:
    """The transformations of a car's file, as another process can make them again."""

    def __init__(self, config_path: Path, transformations: Transformations) -> None:
        self._config_path = config_path
        self._transformations = transformations

    def __call__(self, frame: NDArray[Any]) -> NDArray[np.uint8]:
        return self._transformations(frame)

    def __reduce__(self) -> tuple[Any, ...]:
        return _transformations_in, (self._config_path,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _TransformationsOf) and other._config_path == self._config_path

    def __hash__(self) -> int:
        return hash(self._config_path)


# A process gets them with each block of records, and the file is run once.
@functools.cache
def _transformations_in(config_path: Path) -> Transformations | None:
    return read_car(config_path).transformations


def _loaded(config_path: Path) -> Car:
    from donkeycar.config import load_config

    with silenced("donkeycar.config", logging.INFO):
        cfg = load_config(str(config_path.absolute()))
    transformations = transformations_of(cfg)
    settings = _beside(config_path, read_config(cfg))
    car = Car(settings, drive_loop_hz=_rate(config_path, cfg))
    if transformations is None:
        return car
    return replace(
        car,
        camera_shape=_camera_shape(config_path, cfg),
        transformations=_TransformationsOf(config_path, transformations),
        transformation_names=transformation_names(cfg),
    )


def _camera_shape(config_path: Path, cfg: Any) -> tuple[int, int, int]:
    try:
        camera, depth = Resolution(int(cfg.IMAGE_W), int(cfg.IMAGE_H)), int(cfg.IMAGE_DEPTH)
    except (AttributeError, TypeError, ValueError, OverflowError, ConfigError) as error:
        raise ConfigError(
            f"{config_path}: expected IMAGE_H, IMAGE_W and IMAGE_DEPTH ({error})"
        ) from error
    if depth not in (1, 3):
        raise ConfigError(f"{config_path}: IMAGE_DEPTH: expected 3 or 1, got {depth}")
    return *camera.image_hw, depth


def _rate(config_path: Path, cfg: Any) -> float:
    rate = getattr(cfg, "DRIVE_LOOP_HZ", Car.drive_loop_hz)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < math.inf:
        raise ConfigError(f"{config_path}: DRIVE_LOOP_HZ: expected a number above 0, got {rate!r}")
    return float(rate)


def _beside(config_path: Path, settings: DriveConfig) -> DriveConfig:
    """Resolve the layout's path from the car's folder, in which it is driven."""
    if settings.layout is None:
        return settings
    layout = config_path.parent / Path(settings.layout).expanduser()
    return replace(settings, layout=str(layout))
