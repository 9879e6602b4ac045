"""Writes the pictures of records as a film, whatever they show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.files import written_whole
from donkey_activations.films.contact_sheet import ContactSheet
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.video import FilmError, VideoFile

Picture = NDArray[np.uint8]
Progress = Callable[[int, int], None]


@dataclass
class FilmResult:
    """What became of a film.

    Attributes:
        size_hw: Height and width in pixels.
        frames: Number of pictures in it.
        seconds: How long it is.
        resized: Number of records whose frame was of another size than the pilot's.
        unreadable: Records whose frame cannot be read, with the reason.
    """

    size_hw: tuple[int, int]
    frames: int = 0
    seconds: Fraction = Fraction(0)
    resized: int = 0
    unreadable: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Shot:
    """What one record gives to a film.

    Attributes:
        position: The record's position among those of the tub.
        index: Its ``_index``.
        picture: uint8 ``(height, width, 3)`` RGB of the film's size; None where there is none.
        resized: The record's frame was of another size than the pilot's.
        reason: Why there is no picture.
    """

    position: int
    index: int
    picture: Picture | None
    resized: bool = False
    reason: str = ""


def write_film(
    target: Path,
    shots: Iterable[Shot],
    *,
    size_hw: tuple[int, int],
    axis: TimeAxis,
    total: int,
    progress: Progress,
    contact_sheet: ContactSheet | None = None,
) -> FilmResult:
    """Encode pictures as they are drawn.

    Args:
        target: The file, which is there whole or not at all.
        shots: One for each record that the film is to show, one or more, in their order.
        size_hw: Height and width of every picture in pixels, both even.
        axis: When records are shown.
        total: Number of shots.
        progress: Called with the number of records done and of all.
        contact_sheet: Gets every picture, or None.

    Raises:
        FilmError: No record gives a picture, or the file cannot be written.
        OSError: The file cannot be written.
    """
    result = FilmResult(size_hw)
    first_position = tick = 0
    with (
        written_whole(target) as unfinished,
        VideoFile(unfinished, size_hw, axis.tick_s, axis.rate) as video,
    ):
        for number, shot in enumerate(shots):
            if shot.picture is None:
                result.unreadable.append((shot.index, shot.reason))
            else:
                first_position = first_position if result.frames else shot.position
                tick = axis.tick(shot.position, result.frames, first_position)
                video.write(shot.picture, tick)
                if contact_sheet is not None:
                    contact_sheet.offer(number, shot.picture, f"record {shot.index}")
                result.frames += 1
                result.resized += shot.resized
            progress(number + 1, total)
        if not result.frames:
            index, reason = result.unreadable[0]
            raise FilmError(
                f"no frame of the records asked for can be read: record {index}: {reason}"
            )
        result.seconds = (tick + axis.last_ticks) * axis.tick_s
        video.finish(axis.last_ticks)
    return result
