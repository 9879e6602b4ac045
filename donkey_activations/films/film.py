"""Makes a film of a tub: one mosaic after the other, drawn and encoded as a stream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.films.stills import Stills
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.video import FilmError, VideoFile, check_size
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.resizing import resize
from donkey_activations.mosaic.run_ranges import FixedRanges
from donkey_activations.mosaic.sheet import sheet
from donkey_activations.offline.drawing import Studio
from donkey_activations.pictures import written_whole
from donkey_activations.tubs.records import Record

Picture = NDArray[np.uint8]
Progress = Callable[[int, int], None]

# For a screen, and with one scale over the film, so that it does not flicker.
FILM_LAYOUT = Layout(arrangement="beside", width_px=1280, height_px=720, scaling="run")


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


class Film:
    """A film of some of a tub's records."""

    def __init__(
        self,
        studio: Studio,
        records: Sequence[Record],
        places: Sequence[int],
        axis: TimeAxis,
        scale: float,
    ) -> None:
        """Finds the film's size; no frame is read yet.

        Args:
            studio: The pilot.
            records: All records of the tub.
            places: The places of those that are shown, one or more.
            axis: When they are shown.
            scale: Of the finished picture, above 0 and up to 1.

        Raises:
            FilmError: The scale is no such number, or the film too large or too small.
            LayoutError: The layout does not fit the pilot.
        """
        if not 0 < scale <= 1:
            raise FilmError(f"--scale: expected a number above 0 and up to 1, got {scale:g}")
        self._studio = studio
        self._pilot = studio.pilot
        self._records = records
        self._places = places
        self._axis = axis
        self._scale = scale
        self._background = THEMES[studio.pilot.layout.theme].background
        self.size_hw = self._size()
        check_size(self.size_hw)

    def use_one_scale(self) -> None:
        """Measures what full brightness is over the film, if the layout asks for that.

        Raises:
            FrameError: The pilot does not take what the transformations give.
        """
        if self._pilot.run_ranges is not None:
            tops = self._studio.run_tops([self._records[place] for place in self._places])
            self._pilot = replace(self._pilot, run_ranges=FixedRanges(tops))

    def write(self, target: Path, stills: Stills | None, progress: Progress) -> FilmResult:
        """Draws and encodes the film.

        Args:
            target: The file, which is there whole or not at all.
            stills: Gets every picture, or None.
            progress: Called with the number of records done and of all.

        Raises:
            FilmError: No frame can be read, or the file cannot be written.
            FrameError: The pilot does not take what the transformations give.
            OSError: The file cannot be written.
        """
        axis = self._axis
        with (
            written_whole(target) as unfinished,
            VideoFile(unfinished, self.size_hw, axis.tick_s, axis.rate) as video,
        ):
            result = self._write_pictures(video, stills, progress)
            video.finish(axis.last_ticks)
        return result

    def _write_pictures(
        self, video: VideoFile, stills: Stills | None, progress: Progress
    ) -> FilmResult:
        result = FilmResult(self.size_hw)
        frames = self._studio.frames(self._records)
        first_place = tick = 0
        for number, place in enumerate(self._places):
            record = self._records[place]
            try:
                seen = frames.at(place)
            except FrameError as error:
                result.unreadable.append((record.index, str(error)))
                continue
            picture = self._fitted(self._pilot.draw(seen, known_controls(record.values)))
            first_place = first_place if result.frames else place
            tick = self._axis.tick(place, result.frames, first_place)
            video.write(picture, tick)
            if stills is not None:
                stills.offer(number, picture, f"record {record.index}")
            result.frames += 1
            result.resized += place in frames.resized
            progress(number + 1, len(self._places))
        if not result.frames:
            raise FilmError(f"no frame of the records asked for can be read: {_reason(result)}")
        result.seconds = (tick + self._axis.last_ticks) * self._axis.tick_s
        return result

    def _size(self) -> tuple[int, int]:
        """Returns the size of the largest picture, made even, as films must be.

        In some layouts the height depends on whose steering is known.
        """
        pilot = self._pilot
        height, width, _ = pilot.extractor.input_shape
        drivers = {tuple(known_controls(self._records[place].values)) for place in self._places}
        pages = [
            sheet((height, width), tuple(pilot.extractor.layers), pilot.layout, known).blank
            for known in drivers
        ]
        largest = max(page.shape[0] for page in pages), pages[0].shape[1]
        height, width = self._scaled(largest)
        return height + height % 2, width + width % 2

    def _scaled(self, size_hw: tuple[int, int]) -> tuple[int, int]:
        height, width = (max(1, round(pixels * self._scale)) for pixels in size_hw)
        return height, width

    def _fitted(self, picture: Picture) -> Picture:
        """Brings a picture to the film's size; what it leaves is background."""
        height, width = picture.shape[:2]
        picture = resize(picture, self._scaled((height, width)))
        if picture.shape[:2] == self.size_hw:
            return picture
        fitted = np.empty((*self.size_hw, 3), np.uint8)
        fitted[:] = self._background
        fitted[: picture.shape[0], : picture.shape[1]] = picture
        return fitted


def _reason(result: FilmResult) -> str:
    index, reason = result.unreadable[0]
    return f"record {index}: {reason}"
