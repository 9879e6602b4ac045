"""A camera frame: its checks, and its way to a network's input."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import ActivationsError, FrameError


def describe_shape(shape_hwc: tuple[int, ...]) -> str:
    """Return ``(height, width, channels)`` in the words a driver uses: ``160x120 RGB``.

    Args:
        shape_hwc: Shape of a frame, ``(height, width, channels)`` or ``(height, width)`` in pixels.
    """
    if len(shape_hwc) not in (2, 3):
        return f"an array of shape {shape_hwc}"
    channels = shape_hwc[2] if len(shape_hwc) == 3 else 1
    colour = {1: "grey", 3: "RGB"}.get(channels, f"with {channels} channels")
    return f"{shape_hwc[1]}x{shape_hwc[0]} {colour}"


def how_to_fit(shape_hwc: tuple[int, int, int]) -> str:
    """Return what to do where the camera's frames have another shape than the pilot takes.

    Args:
        shape_hwc: ``(height, width, channels)`` in pixels that the pilot takes.
    """
    height, width, channels = shape_hwc
    return (
        f"set IMAGE_W = {width}, IMAGE_H = {height} and IMAGE_DEPTH = {channels}, or train the "
        "pilot again at the camera's size"
    )


def check_frame(
    frame: Any, shape_hwc: tuple[int, int, int], sequence_length: int = 1
) -> NDArray[np.uint8]:
    """Return the frame, or the sequence of frames, or say what is wrong with it.

    Args:
        frame: What should be a uint8 array ``(height, width, channels)``, 0 to 255; a grey frame
            may come as ``(height, width)``. For a sequence, that many of them stacked, the newest
            last.
        shape_hwc: ``(height, width, channels)`` in pixels that the pilot takes.
        sequence_length: Number of frames that the pilot takes at once.

    Returns:
        A uint8 view of shape ``shape_hwc``, or ``(sequence_length, *shape_hwc)`` for a sequence;
        nothing is copied.

    Raises:
        FrameError: The frame is no uint8 array, or of another shape.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        got = frame.dtype if isinstance(frame, np.ndarray) else type(frame).__name__
        raise FrameError(
            f"expected a frame of dtype uint8 (0 to 255), got {got}; "
            "give the frame as the camera made it, before any scaling"
        )
    expected = shape_hwc if sequence_length == 1 else (sequence_length, *shape_hwc)
    if frame.shape == expected:
        return frame
    if shape_hwc[2] == 1 and frame.shape == expected[:-1]:
        return frame[..., np.newaxis]
    if sequence_length > 1:
        raise FrameError(
            f"the pilot takes {sequence_length} frames of {describe_shape(shape_hwc)} at once, "
            f"an array of shape {expected}; got one of shape {frame.shape}"
        )
    raise FrameError(
        f"the pilot takes {describe_shape(shape_hwc)}, the frame is {describe_shape(frame.shape)}; "
        f"{how_to_fit(shape_hwc)}"
    )


def scale_into(frame: NDArray[np.uint8], network_input: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale a frame as Donkeycar does, write it into a network's input, and return that.

    Donkeycar multiplies by 1 / 255 in float64, and the interpreter casts that to float32. Of each
    of the 256 values a frame can have, a division in float32 makes the very same bits, without the
    picture in float64.

    Args:
        frame: uint8, any shape, 0 to 255.
        network_input: float32 of the same shape; overwritten with values 0 to 1.
    """
    return np.divide(frame, np.float32(255), out=network_input, dtype=np.float32)


def opencv() -> Any:
    """Return the module ``cv2``, which no dependency of this package brings by itself.

    Raises:
        ActivationsError: OpenCV is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise ActivationsError(
            f"OpenCV cannot be imported ({error}); on a machine without its own: "
            "pip install 'donkey-activations[opencv]'"
        ) from error
    return cv2
