"""Makes a film of a tub: one mosaic after the other, drawn and encoded as a stream."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from donkey_activations.films.contact_sheet import ContactSheet
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.video import FilmError, check_size
from donkey_activations.films.writing import FilmResult, Picture, Progress, Shot, write_film
from donkey_activations.formatting import printable
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.resizing import resize
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.mosaic.sheet import sheet
from donkey_activations.mosaic.tile_order import Silent, silent_filters
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.findings.layer_ranges import measure_ranges
from donkey_activations.recorded.walk import Unreadable, walk
from donkey_activations.tubs.records import Record

# For a screen, and with one scale over the film, so that it does not flicker.
FILM_LAYOUT = Layout(arrangement="beside", width_px=1280, height_px=720, scaling="run")


class Film:
    """A film of some of a tub's records."""

    def __init__(
        self,
        pilot: OpenPilot,
        records: Sequence[Record],
        positions: Sequence[int],
        axis: TimeAxis,
        scale: float,
    ) -> None:
        """Find the film's size; no frame is read yet.

        Args:
            pilot: The pilot.
            records: All records of the tub.
            positions: Positions of those that are shown, one or more.
            axis: When they are shown.
            scale: Of the finished picture, above 0 and up to 1.

        Raises:
            FilmError: The scale is no such number, or the film too large or too small.
            LayoutError: The layout does not fit the pilot.
        """
        if not 0 < scale <= 1:
            raise FilmError(f"--scale: expected a number above 0 and up to 1, got {scale:g}")
        self._pilot = pilot
        self._records = records
        self._positions = positions
        self._axis = axis
        self._scale = scale
        self._run: dict[str, LayerRun] = {}
        self._silent: tuple[Silent, ...] = ()
        self._background = THEMES[pilot.layout.theme].background
        self.size_hw = self._size()
        check_size(self.size_hw)

    def use_one_scale(self) -> None:
        """Measure what full brightness is over the film, if the layout asks for that.

        Filters that never fire in it are left out, so the film can become lower.

        Raises:
            FrameError: The pilot does not take what the car's transformations make of a frame.
        """
        if self._pilot.layout.scales_over_runs():
            self._run = measure_ranges(self._pilot, self._records, self._positions)
            self._silent = silent_filters(self._pilot.layout, self._run)
            self.size_hw = self._size()

    def write(
        self, target: Path, contact_sheet: ContactSheet | None, progress: Progress
    ) -> FilmResult:
        """Draw and encode the film.

        Args:
            target: The file, which is there whole or not at all.
            contact_sheet: Gets every picture, or None.
            progress: Called with the number of records done and of all.

        Raises:
            FilmError: No frame can be read, or the file cannot be written.
            FrameError: The pilot does not take what the car's transformations make of a frame.
            OSError: The file cannot be written.
        """
        return write_film(
            target,
            self._shots(),
            size_hw=self.size_hw,
            axis=self._axis,
            total=len(self._positions),
            progress=progress,
            contact_sheet=contact_sheet,
        )

    def _shots(self) -> Iterator[Shot]:
        for seen in walk(self._pilot, self._records, self._positions):
            if isinstance(seen, Unreadable):
                yield Shot(seen.position, seen.record.index, None, reason=seen.reason)
                continue
            picture = self._fitted(seen.draw(self._run))
            yield Shot(seen.position, seen.record.index, picture, seen.resized)

    @property
    def remark(self) -> str:
        """Why the film goes without steering and throttle, if it does; else ``""``."""
        if "controls" not in self._pilot.layout.panels or self._drivers() != {()}:
            return ""
        keys = {key for number in self._positions for key in self._records[number].values}
        named = ", ".join(sorted(printable(key) for key in keys if not key.startswith("_")))
        return (
            "no steering and throttle in it: expected numbers in user/angle (or user/steering) and "
            f"user/throttle, or the pilot's; the records' keys are {named or 'none'}"
        )

    def _drivers(self) -> set[tuple[str, ...]]:
        return {tuple(known_controls(self._records[number].values)) for number in self._positions}

    def _size(self) -> tuple[int, int]:
        """Return the size of the largest picture, made even, as films must be.

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
        """Bring a picture to the film's size; what it leaves is background."""
        height, width = picture.shape[:2]
        picture = resize(picture, self._scaled((height, width)))
        if picture.shape[:2] == self.size_hw:
            return picture
        fitted = np.empty((*self.size_hw, 3), np.uint8)
        fitted[:] = self._background
        fitted[: picture.shape[0], : picture.shape[1]] = picture
        return fitted
