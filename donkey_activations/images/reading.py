"""Image files as arrays: any image upright in RGB, or a tub's to the bit as Donkeycar loads it.

Pillow reads them, as in Donkeycar itself: a pilot sees here what it sees in Donkeycar, whichever
JPEG decoder an OpenCV has been built with.
"""

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from donkey_activations.errors import FrameError
from donkey_activations.images.limits import (
    MOST_BYTES,
    MOST_MEGAPIXELS,
    has_too_many_scans,
    is_too_large,
    most_megapixels,
)

# Not all that Pillow knows: to read an EPS, for one, it starts Ghostscript.
_FORMATS = ("JPEG", "PNG", "BMP", "PPM", "GIF", "TIFF", "WEBP", "JPEG2000", "SUN", "AVIF")
_ORIENTATION = 0x0112
_LFS_POINTER = b"version https://git-lfs"
_JPEG = b"\xff\xd8\xff"
_JPEGS = ("JPEG", "MPO")
_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read an image file.

    It is turned as its EXIF data say, what is transparent is laid on black, and of 16 bits a value
    the upper 8 are taken. Of an animation it is the first picture.

    Args:
        path: A file: jpg, png, bmp, ppm, gif, tiff, webp, jp2 and the like, told by its content.

    Returns:
        uint8 ``(height, width, 3)`` RGB.

    Raises:
        FrameError: The file cannot be read, is no image, is damaged, or has more than
            ``MOST_MEGAPIXELS``.
    """
    with (
        _content(path, str(path)) as content,
        _opened(content, "an image (jpg, png, bmp, tiff, webp, ppm or the like)") as image,
    ):
        return _as_rgb(_turned(image))


def read_recorded_image(path: Path, channels: int) -> NDArray[np.uint8]:
    """Read an image of a tub at its own size.

    Args:
        path: The image; errors call it by its name alone.
        channels: 3 for RGB, 1 for grey; what the file has is converted as Donkeycar does.

    Returns:
        uint8 ``(height, width, channels)``, to the bit what Donkeycar's ``load_image`` gives.

    Raises:
        FrameError: As ``read_image`` does.
    """
    mode = "RGB" if channels == 3 else "L"
    # Absolute, since a tub's folder may be called ~.
    with _content(path.absolute(), path.name) as content:
        frame = _decode_simple_jpeg(content, channels)
        if frame is None:
            with _opened(content, "a whole image") as image:
                frame = np.asarray(image if image.mode == mode else image.convert(mode))
        return frame.reshape(*frame.shape[:2], channels)


class _NoImageError(Exception):
    """What is wrong with a file, said without its name."""


@contextmanager
def _content(path: str | os.PathLike[str], name: str) -> Iterator[bytes]:
    """Read an image file; what goes wrong in the block is a ``FrameError`` that has the name."""
    try:
        file = Path(path).expanduser()
        _check_kind(file)
        content = file.read_bytes()
        if content.startswith(_LFS_POINTER):
            raise _NoImageError("expected an image, got a Git LFS pointer; run 'git lfs pull'")
        try:
            yield content
        except _NoImageError:
            raise
        except Exception as error:  # the decoders raise whatever the bytes make them raise
            why = " ".join(str(error).split())
            raise _NoImageError(
                f"the image is damaged or cut short ({why}), expected a whole image; copy it again"
            ) from error
    except _NoImageError as error:
        raise FrameError(f"{name}: {error}") from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FrameError(
            f"{name}: cannot be read ({reason}); check path and permissions"
        ) from error


def _check_kind(file: Path) -> None:
    found = file.stat()
    if S_ISDIR(found.st_mode):
        raise _NoImageError("expected an image, got a folder; give the files in it")
    # Before it is opened, which waits without end for the other side of a pipe.
    if not S_ISREG(found.st_mode):
        raise _NoImageError(
            "expected an image, got a pipe or device, no file; save the image first"
        )
    if not found.st_size:
        raise _NoImageError("expected an image, got an empty file; copy it again")
    if found.st_size > MOST_BYTES:
        raise _NoImageError(
            f"expected an image of at most {MOST_BYTES >> 20} MB, got {found.st_size >> 20} MB; "
            "make it smaller"
        )


def _decode_simple_jpeg(content: bytes, channels: int) -> NDArray[np.uint8] | None:
    """Return the pixels of a JPEG in a tub's usual colours; None for any other image.

    Twice as fast as Pillow and OpenCV, the same bits, and a file cut short is an error.
    """
    if not content.startswith(_JPEG):
        return None
    import simplejpeg

    height, width, colours, _ = simplejpeg.decode_jpeg_header(content)
    wanted = {("Gray", 1): "GRAY", ("Gray", 3): "RGB", ("YCbCr", 3): "RGB"}
    space = wanted.get((colours, channels))
    if space is None:
        return None
    _check_size(width, height, "JPEG")
    _check_scans(content, width, height)
    return np.asarray(simplejpeg.decode_jpeg(content, colorspace=space))


@contextmanager
def _opened(content: bytes, expected: str) -> Iterator[Image.Image]:
    """Have Pillow open an image that is small enough to be decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large images and odd EXIF data
        try:
            image = Image.open(io.BytesIO(content), formats=_FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_large("more") from error
        except (UnidentifiedImageError, KeyError) as error:  # KeyError: an older Pillow, no AVIF
            why = f"expected {expected}, got something else; give an image file"
            raise _NoImageError(why) from error
        with image:
            _check_size(*image.size, image.format)
            if image.format in _JPEGS:
                _check_scans(content, *image.size)
            yield image


def _check_size(width: int, height: int, image_format: str | None) -> None:
    if is_too_large(width, height, image_format):
        raise _too_large(f"{width}x{height}", most_megapixels(image_format))


def _too_large(got: str, most: int = MOST_MEGAPIXELS) -> _NoImageError:
    return _NoImageError(
        f"expected an image of at most {most} megapixels, got {got}; make it smaller"
    )


def _check_scans(jpeg: bytes, width: int, height: int) -> None:
    if has_too_many_scans(jpeg, width, height):
        raise _NoImageError(
            f"expected a JPEG that is read within seconds, got one of {width}x{height} pixels in "
            "thousands of passes; save it again"
        )


def _turned(image: Image.Image) -> Image.Image:
    # Pillow copies also what is upright.
    upright = image.getexif().get(_ORIENTATION, 1) == 1
    return image if upright else ImageOps.exif_transpose(image)


def _as_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        return np.repeat(_upper_8_bits(np.asarray(image))[:, :, np.newaxis], 3, axis=2)
    if image.mode == "F":
        raise _NoImageError(
            "expected whole numbers of 8 or 16 bits, got floating point; save it as PNG"
        )
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGBA", image.size, "black")
        image.alpha_composite(layer)
        del layer
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _upper_8_bits(values: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
    if values.min() < 0 or values.max() > 0xFFFF:
        raise _NoImageError("expected 8 or 16 bits a value, got more; save it as PNG")
    return (values.astype(np.uint16) >> 8).astype(np.uint8)
