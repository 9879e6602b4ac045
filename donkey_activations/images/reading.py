"""Image files, as arrays and as a pilot's frames.

Pillow reads them, as in Donkeycar itself: a pilot sees here what it sees in Donkeycar, whichever
JPEG decoder an OpenCV has been built with.
"""

import os
import warnings
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

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
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "GIF", "TIFF", "WEBP", "JPEG2000", "SUN", "AVIF")
_ORIENTATION = 0x0112
_LFS_POINTER = b"version https://git-lfs"
_JPEGS = ("JPEG", "MPO")
_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Reads an image file.

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
    try:
        file = Path(path).expanduser()
        found = file.stat()
        if S_ISDIR(found.st_mode):
            raise FrameError(f"{path}: expected an image, got a folder; give the files in it")
        # Before it is opened, which waits without end for the other side of a pipe.
        if not S_ISREG(found.st_mode):
            raise FrameError(f"{path}: expected a file, got a pipe or device; save the image first")
        if found.st_size > MOST_BYTES:
            raise FrameError(
                f"{path}: expected an image of at most {MOST_BYTES >> 20} MB, got "
                f"{found.st_size >> 20} MB; make it smaller"
            )
        with file.open("rb") as stream:
            return _read(stream)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise FrameError(f"{path}: cannot be read ({why}); check path and permissions") from error
    except _NoImageError as error:
        raise FrameError(f"{path}: {error}") from error


class _NoImageError(Exception):
    """What is wrong with a file's content, said without its name."""


def _read(stream: BinaryIO) -> NDArray[np.uint8]:
    head = stream.read(len(_LFS_POINTER))
    if not head:
        raise _NoImageError("expected an image, got an empty file; copy it again")
    if head == _LFS_POINTER:
        raise _NoImageError("expected an image, got a pointer of Git LFS; run 'git lfs pull'")
    stream.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large images and odd EXIF data
        with _opened(stream) as image:
            width, height = image.size
            if is_too_large(width, height, image.format):
                raise _too_large(f"{width}x{height}", most_megapixels(image.format))
            if image.format in _JPEGS:
                _check_scans(stream, width, height)
            try:
                return _as_rgb(_turned(image))
            except _NoImageError:
                raise
            except Exception as error:  # the decoders raise whatever the bytes make them raise
                why = " ".join(str(error).split())
                raise _NoImageError(
                    f"the image is damaged or cut short ({why}); copy it again"
                ) from error


def _opened(stream: BinaryIO) -> Image.Image:
    try:
        return Image.open(stream, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large("more") from error
    except (UnidentifiedImageError, KeyError) as error:  # KeyError: an older Pillow, without AVIF
        raise _NoImageError(
            "expected an image (jpg, png, bmp, tiff, webp, ppm or the like), got something else; "
            "give an image file"
        ) from error
    except Exception as error:  # as above
        why = " ".join(str(error).split())
        raise _NoImageError(f"the image is damaged ({why}); copy it again") from error


def _too_large(got: str, most: int = MOST_MEGAPIXELS) -> _NoImageError:
    return _NoImageError(
        f"expected an image of at most {most} megapixels, got {got}; make it smaller"
    )


def _check_scans(stream: BinaryIO, width: int, height: int) -> None:
    place = stream.tell()
    stream.seek(0)
    if has_too_many_scans(stream.read(), width, height):
        raise _NoImageError(
            f"expected a JPEG that is read within seconds, got one of {width}x{height} pixels in "
            "thousands of passes; save it again"
        )
    stream.seek(place)


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


def _upper_8_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    if values.min() < 0 or values.max() > 0xFFFF:
        raise _NoImageError("expected 8 or 16 bits a value, got more; save it as PNG")
    return (values.astype(np.uint16) >> 8).astype(np.uint8)


def fit_to_pilot(
    image: NDArray[np.uint8], input_shape: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], bool]:
    """Makes a pilot's frame of an image, with the very bits that Donkeycar's training makes of it.

    Args:
        image: uint8 ``(height, width, 3)`` RGB; left unchanged.
        input_shape: ``(height, width, channels)`` in pixels that the pilot takes.

    Returns:
        The frame, uint8 of that shape, and whether it had to be resized.

    Raises:
        FrameError: The pilot takes neither grey nor RGB.
    """
    height, width, channels = input_shape
    if channels not in (1, 3):
        raise FrameError(
            f"the pilot takes {channels} channels, an image has 3 or is made grey; "
            "give a pilot for RGB or grey frames"
        )
    resized = image.shape[:2] != (height, width)
    picture = Image.fromarray(image)
    # Donkeycar resizes first and makes it grey afterwards.
    if resized:
        picture = picture.resize((width, height))
    if channels == 1:
        picture = picture.convert("L")
    return np.array(picture).reshape(input_shape), resized
