"""The images of a tub, as Donkeycar itself would load them."""

import io
import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.images.limits import MOST_BYTES, has_too_many_scans

Frame = NDArray[np.uint8]

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_JPEG = b"\xff\xd8\xff"
# More than any camera of a car gives; a damaged header must not ask for all the memory.
_MOST_PIXELS = 25_000_000


def read_image(path: Path, channels: int) -> Frame:
    """Reads an image at its own size.

    Args:
        path: The image.
        channels: 3 for RGB, 1 for grey; what the file has is converted as Donkeycar does.

    Returns:
        uint8 ``(height, width, channels)``, to the bit what Donkeycar's ``load_image`` gives.

    Raises:
        FrameError: It is missing, empty, cut short, a Git LFS pointer, or no image.
    """
    content = _content(path)
    if content.startswith(_LFS_POINTER):
        raise FrameError(f"{path.name}: expected an image, got a Git LFS pointer; run git lfs pull")
    try:
        return _decode(content, channels)
    # Whatever the decoders meet in a damaged file, this one image is lost and no other.
    except Exception as error:
        raise FrameError(f"{path.name}: expected a whole image, got {error}") from error


def read_resized(path: Path, channels: int, size_hw: tuple[int, int]) -> Frame:
    """Reads an image at another size than its own, to the bit as Donkeycar does.

    Args:
        path: The image.
        channels: 3 for RGB, 1 for grey.
        size_hw: The wanted height and width in pixels.

    Raises:
        FrameError: As ``read_image`` does.
    """
    from donkey_activations.images.reading import fit_to_pilot

    frame, _ = fit_to_pilot(read_image(path, 3), (*size_hw, channels))
    return frame


def _content(path: Path) -> bytes:
    name = path.name
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise FrameError(f"{name}: expected an image, got no file")
        if found.st_size > MOST_BYTES:
            raise FrameError(f"{name}: expected an image, got {found.st_size >> 20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise FrameError(f"{name}: cannot be read ({error.strerror})") from error
    if not content:
        raise FrameError(f"{name}: expected an image, got an empty file")
    return content


def _decode(content: bytes, channels: int) -> Frame:
    if content.startswith(_JPEG):
        import simplejpeg

        height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
        _check_size(height, width)
        if has_too_many_scans(content, width, height):
            raise FrameError(f"one of {width}x{height} pixels in thousands of passes")
        wanted = {("Gray", 1): "GRAY", ("Gray", 3): "RGB", ("YCbCr", 3): "RGB"}
        space = wanted.get((colours, channels))
        if space is not None:
            # Twice as fast as Pillow and OpenCV, the same bits, and a file cut short is an error.
            return np.asarray(simplejpeg.decode_jpeg(content, colorspace=space))
    return _decode_with_pillow(content, channels)


def _decode_with_pillow(content: bytes, channels: int) -> Frame:
    from PIL import Image, UnidentifiedImageError

    from donkey_activations.images.reading import FORMATS

    mode = "RGB" if channels == 3 else "L"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images and odd EXIF data
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(image.height, image.width)
                image.load()
                pixels = image if image.mode == mode else image.convert(mode)
    except UnidentifiedImageError as error:
        raise FrameError("something else") from error
    return np.asarray(pixels).reshape(pixels.height, pixels.width, channels)


def _check_size(height: int, width: int) -> None:
    if height * width > _MOST_PIXELS:
        raise FrameError(f"one of {width}x{height} pixels")
