"""What the car's configuration says of its camera's frames, and whether that suits the pilot."""

from typing import Any, SupportsIndex

from donkey_activations.car.transformations import keep_the_shape
from donkey_activations.errors import ConfigError
from donkey_activations.images.frame import describe_shape, how_to_fit
from donkey_activations.pilots.pilot import OpenPilot

# Their frames have a size of their own, whatever IMAGE_W and IMAGE_H say.
_CAMERAS_OF_OWN_SIZE = {"D435", "OAKD", "IMAGE_LIST"}


def camera_shape(cfg: Any) -> tuple[int, int, int]:
    """Return ``(height, width, channels)`` in pixels to which a car sets its camera.

    Args:
        cfg: The car's configuration.

    Raises:
        ConfigError: A key is missing or no number.
    """

    def length(key: str) -> int:
        value = getattr(cfg, key, None)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as of a division
        if isinstance(value, SupportsIndex) and int(value) >= 1:
            return int(value)
        raise ConfigError(f"{key}: expected a number of 1 or more, got {value!r}; correct it")

    return length("IMAGE_H"), length("IMAGE_W"), length("IMAGE_DEPTH")


def check_camera_size(cfg: Any, pilot: OpenPilot) -> None:
    """Find before the drive what would otherwise show with the first frame.

    Args:
        cfg: The car's configuration.
        pilot: A pilot that gets the camera's frames as they are, or behind ``TRANSFORMATIONS``.

    Raises:
        ConfigError: The camera is set to another size than the pilot takes, or the transformations
            fail.
        FrameError: The pilot does not take what the transformations give.
    """
    if getattr(cfg, "CAMERA_TYPE", None) in _CAMERAS_OF_OWN_SIZE:
        return
    wanted, takes = camera_shape(cfg), pilot.extractor.input_shape
    if pilot.shape_to_keep(wanted) or not keep_the_shape(cfg):
        pilot.try_transformations(wanted)
        return
    raise ConfigError(
        f"the pilot takes {describe_shape(takes)}, the camera is set to "
        f"{describe_shape(wanted)}; {how_to_fit(takes)}"
    )
