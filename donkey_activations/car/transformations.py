"""What Donkeycar does to a frame before its pilot sees it: the transformations of a car."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.car.logging import silenced
from donkey_activations.errors import ConfigError

Transformations = Callable[[NDArray[Any]], NDArray[np.uint8]]

# In the order in which Donkeycar's drive loop runs them.
_KEYS = ("TRANSFORMATIONS", "POST_TRANSFORMATIONS")
_KEEP_THE_SHAPE = {
    *("TRAPEZE", "TRAPEZE_EDGE", "CROP", "BLUR"),
    *("RGB2BGR", "BGR2RGB", "RGB2HSV", "HSV2RGB", "BGR2HSV", "HSV2BGR"),
}


def transformations_of(cfg: Any) -> Transformations | None:
    """Return what a car does to each frame between the camera (or the tub) and its pilot.

    Args:
        cfg: Donkeycar's configuration object; left unchanged. Not one that a drive has begun with:
            Donkeycar itself appends the one list to the other there.

    Returns:
        A function from a frame as the camera gives it, ``(height, width, channels)``, to the frame
        that the pilot sees, uint8, perhaps of another shape; None where nothing is done. It may
        return the very array it was given, and it is not safe in two threads at once.

    Raises:
        ConfigError: A list, or a key that one of its transformations needs, is wrong; the function
            raises it where that shows with a frame.
    """
    parts = [_part(cfg, key) for key in _KEYS if _names(cfg, key)]
    if not parts:
        return None

    def transform(frame: NDArray[Any]) -> NDArray[np.uint8]:
        try:
            for part in parts:
                frame = part.run(frame)
            return np.asarray(frame).astype(np.uint8, copy=False)
        # Donkeycar's own and the user's, with numbers out of a configuration.
        except (Exception, SystemExit) as error:
            raise ConfigError(
                f"{', '.join(_KEYS)}: what they do to a frame fails ({error}); "
                "correct the list or the keys it needs in myconfig.py"
            ) from error

    return transform


def transformation_names(cfg: Any) -> tuple[str, ...]:
    """Return the names of all transformations of a car, in the order in which they are done.

    Args:
        cfg: Donkeycar's configuration object. Not one that a drive has begun with.

    Raises:
        ConfigError: A list of transformations is no list of names.
    """
    return tuple(name for key in _KEYS for name in _names(cfg, key))


def keep_the_shape(cfg: Any) -> bool:
    """Return whether a frame has the camera's shape also after the transformations of a car.

    Args:
        cfg: Donkeycar's configuration object.

    Raises:
        ConfigError: A list of transformations is no list of names.
    """
    return all(name in _KEEP_THE_SHAPE for key in _KEYS for name in _names(cfg, key))


def _names(cfg: Any, key: str) -> list[str]:
    names = getattr(cfg, key, None) or []
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        return list(names)
    raise ConfigError(f"{key}: expected a list of names such as ['CROP'], got {names!r}")


def _part(cfg: Any, key: str) -> Any:
    """One list a part: given both, Donkeycar appends the second to the configuration's first."""
    from donkeycar.parts.image_transformations import ImageTransformations

    try:
        # What is wrong it logs, and then it raises.
        with silenced("donkeycar.parts.image_transformations", logging.ERROR):
            return ImageTransformations(cfg, key)
    except Exception as error:
        raise ConfigError(
            f"{key}: {_names(cfg, key)} cannot be set up ({error}); "
            "correct the list or the key it needs in myconfig.py"
        ) from error
