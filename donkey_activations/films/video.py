"""An H.264 film in an MP4 file, as every browser and phone plays it."""

import os
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import ActivationsError
from donkey_activations.films.heap import give_back_at_once

Picture = NDArray[np.uint8]

# Measured on mosaics, which are sharp and change everywhere in every frame: slower presets take up
# to twice the time, and their files are no smaller.
_PRESET, _QUALITY = "veryfast", "22"
_KEY_FRAME_EVERY_S = 2
# What level 5.2 decodes, in squares of 16 pixels.
_MOST_SQUARES = 36864
_SMALLEST_PX = 16

# By the height in pixels from which they are usual: the name of the matrix to libswscale, and the
# number by which H.264 calls matrix, transfer and primaries.
_COLOURS = {720: ("ITU709", 1), 0: ("ITU601", 6)}
_LIMITED_RANGE = 1
_SMALLEST_PICTURE_BYTES = 1 << 18


class FilmError(ActivationsError):
    """A film that cannot be made as it is wanted."""


def pyav() -> Any:
    """Return the module ``av``, which only films need.

    Raises:
        FilmError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise FilmError(
            f"a film needs PyAV, which cannot be imported ({error}); "
            "run: pip install 'donkey-activations[movie]'"
        ) from error
    return av


def check_size(size_hw: tuple[int, int]) -> None:
    """Check that a film can have this size.

    Args:
        size_hw: Height and width in pixels.

    Raises:
        FilmError: It is too large for what people play films on, or too small.
    """
    height, width = size_hw
    if min(height, width) < _SMALLEST_PX:
        raise FilmError(f"a film of {width}x{height} pixels shows nothing; take a larger --scale")
    if -(-height // 16) * -(-width // 16) > _MOST_SQUARES:
        raise FilmError(
            f"expected a film of at most 4096x2304 pixels, got {width}x{height}; "
            "take a smaller --scale"
        )


def check_film_path(path: Path) -> None:
    """Check before any work that a film can be written.

    Args:
        path: The film's file.

    Raises:
        FilmError: PyAV is missing, the name is no film's, or the folder is missing or locked.
    """
    pyav()
    if path.suffix.lower() != ".mp4":
        raise FilmError(f"{path}: expected a name that ends in .mp4; change it")
    check_folder(path)


def check_folder(path: Path) -> None:
    """Check before any work that a file can be written where it is to be.

    Args:
        path: The file.

    Raises:
        FilmError: The folder is missing or locked.
    """
    if not path.parent.is_dir():
        raise FilmError(f"{path}: expected a folder {path.parent}, found none; make it")
    if not os.access(path.parent, os.W_OK):
        raise FilmError(f"{path.parent}: cannot be written to; take another folder")


class VideoFile:
    """A film that is written picture by picture.

    What a browser needs first lies in front, so that it plays while it loads. x264 encodes in
    threads of its own, so that the caller draws meanwhile; it holds a fixed number of pictures.
    """

    def __init__(
        self, path: Path, size_hw: tuple[int, int], tick_s: Fraction, rate: Fraction
    ) -> None:
        """Begin the film.

        Args:
            path: The file; one that is there is replaced.
            size_hw: Height and width in pixels, both even.
            tick_s: The unit of time in seconds.
            rate: Pictures in a second, or about that many.

        Raises:
            FilmError: PyAV or its x264 is missing, or the file cannot be written.
        """
        self._av = pyav()
        give_back_at_once(_SMALLEST_PICTURE_BYTES)
        self._path = path.absolute()
        self._size_hw = size_hw
        self._tick_s = tick_s
        height, width = size_hw
        # One for all pictures: a new one each time would leave gaps in the heap that nothing fills.
        self._rgb = self._av.VideoFrame(width, height, "rgb24")
        self._reformatter = self._av.video.reformatter.VideoReformatter()
        lowest_px = next(height for height in _COLOURS if size_hw[0] >= height)
        self._matrix, self._colour_number = _COLOURS[lowest_px]
        try:
            self._container = self._av.open(
                str(self._path), "w", format="mp4", options={"movflags": "+faststart"}
            )
        except (OSError, self._av.error.FFmpegError) as error:
            raise self._cannot_be_written(error) from error
        try:
            self._stream = self._open_stream(rate)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        """Return the film."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file, which is no whole film unless it was finished."""
        self._close()

    def write(self, picture: Picture, tick: int) -> None:
        """Add a picture.

        Args:
            picture: uint8 ``(height, width, 3)`` RGB of the film's size; left unchanged.
            tick: When it is shown, in ticks; later than the one before.

        Raises:
            FilmError: The file cannot be written.
        """
        plane = self._rgb.planes[0]
        height, width = self._size_hw
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:height]
        rows[:, : 3 * width] = picture.reshape(height, -1)
        # Averaging keeps the colours of single cells.
        frame = self._reformatter.reformat(
            self._rgb,
            format="yuv420p",
            dst_colorspace=self._matrix,
            dst_color_range="MPEG",
            interpolation="AREA",
        )
        frame.pts = tick
        frame.time_base = self._tick_s
        self._encode(frame, None)

    def finish(self, last_ticks: int) -> None:
        """Write what is left.

        Args:
            last_ticks: How long the last picture is shown, in ticks.

        Raises:
            FilmError: The file cannot be written.
        """
        self._encode(None, last_ticks)
        try:
            self._container.close()
        except (OSError, self._av.error.FFmpegError) as error:
            raise self._cannot_be_written(error) from error

    def _open_stream(self, rate: Fraction) -> Any:
        try:
            options = {"preset": _PRESET, "crf": _QUALITY}
            stream = self._container.add_stream("libx264", rate=rate, options=options)
        except (ValueError, self._av.error.FFmpegError) as error:
            raise FilmError(
                f"expected PyAV with x264, got one without ({error}); "
                "run: pip install --force-reinstall --only-binary :all: av"
            ) from error
        stream.height, stream.width = self._size_hw
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = self._tick_s
        context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * rate))
        # PyAV asks for slices, and x264 then returns from a picture only when all of it is encoded.
        context.thread_type = "FRAME"
        # Pictures in another order than they are shown make the times of an uneven film inexact.
        context.max_b_frames = 0
        context.colorspace = context.color_trc = context.color_primaries = self._colour_number
        context.color_range = _LIMITED_RANGE
        return stream

    def _encode(self, frame: Any, last_ticks: int | None) -> None:
        try:
            for packet in self._stream.encode(frame):
                if last_ticks is not None:
                    # The file says when a picture begins, and only of the last how long it stays.
                    packet.duration = last_ticks
                self._container.mux(packet)
        except (OSError, self._av.error.FFmpegError) as error:
            raise self._cannot_be_written(error) from error

    def _close(self) -> None:
        with suppress(OSError, self._av.error.FFmpegError):
            self._container.close()

    def _cannot_be_written(self, error: Exception) -> FilmError:
        reason = getattr(error, "strerror", None) or error
        return FilmError(
            f"{self._path.parent}: the film cannot be written there ({reason}); "
            "free the disk, or take another folder"
        )
