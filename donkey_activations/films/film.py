"""Makes a film of a tub: one mosaic after the other, drawn and encoded as a stream."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from donkey_activations.errors import FrameError
from donkey_activations.films.stills import Stills
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.video import FilmError, check_size
from donkey_activations.films.writing import FilmResult, Picture, Progress, Shot, write_film
from donkey_activations.formatting import printable
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.resizing import resize
from donkey_activations.mosaic.run_ranges import FixedRanges
from donkey_activations.mosaic.sheet import sheet
from donkey_activations.mosaic.tile_order import Silent, silent_filters
from donkey_activations.recorded.drawing import Studio
from donkey_activations.tubs.records import Record

# For a screen, and with one scale over the film, so that it does not flicker.
FILM_LAYOUT = Layout(arrangement="beside", width_px=1280, height_px=720, scaling="run")


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
        self._silent: tuple[Silent, ...] = ()
        self._background = THEMES[studio.pilot.layout.theme].background
        self.size_hw = self._size()
        check_size(self.size_hw)

    def use_one_scale(self) -> None:
        """Measures what full brightness is over the film, if the layout asks for that.

        Filters that never fire in it are left out, so the film can become lower.

        Raises:
            FrameError: The pilot does not take what the transformations give.
        """
        if self._pilot.run_ranges is not None:
            run = self._studio.measure_run([self._records[place] for place in self._places])
            self._pilot = replace(self._pilot, run_ranges=FixedRanges(run))
            self._silent = silent_filters(self._pilot.layout, run)
            self.size_hw = self._size()

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
        return write_film(
            target,
            self._shots(),
            size_hw=self.size_hw,
            axis=self._axis,
            total=len(self._places),
            progress=progress,
            stills=stills,
        )

    def _shots(self) -> Iterator[Shot]:
        frames = self._studio.frames(self._records)
        for place in self._places:
            record = self._records[place]
            try:
                seen = frames.at(place)
            except FrameError as error:
                yield Shot(place, record.index, None, reason=str(error))
                continue
            picture = self._fitted(self._pilot.draw(seen, known_controls(record.values)))
            yield Shot(place, record.index, picture, place in frames.resized)

    @property
    def remark(self) -> str:
        """Why the film goes without steering and throttle, if it does; else ``""``."""
        if "controls" not in self._pilot.layout.panels or self._drivers() != {()}:
            return ""
        keys = {key for place in self._places for key in self._records[place].values}
        named = ", ".join(sorted(printable(key) for key in keys if not key.startswith("_")))
        return (
            "no steering and throttle in it: expected numbers in user/angle (or user/steering) and "
            f"user/throttle, or the pilot's; the records' keys are {named or 'none'}"
        )

    def _drivers(self) -> set[tuple[str, ...]]:
        return {tuple(known_controls(self._records[place].values)) for place in self._places}

    def _size(self) -> tuple[int, int]:
        """Returns the size of the largest picture, made even, as films must be.

        In some layouts the height depends on whose steering is known.
        """
        pilot = self._pilot
        height, width, _ = pilot.extractor.input_shape
        layers = tuple(pilot.extractor.layers)
        drivers = self._drivers()
        pages = [
            sheet((height, width), layers, pilot.layout, known, silent=self._silent).blank
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
