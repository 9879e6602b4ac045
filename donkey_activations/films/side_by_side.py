"""A film of the same filters at several resolutions: what more pixels show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.writing import FilmResult, Progress, Shot, write_film
from donkey_activations.mosaic.comparison.column import Seen, Side
from donkey_activations.mosaic.comparison.filter_ranges import FilterRanges, Limits, shown_maps
from donkey_activations.mosaic.comparison.page import MOST_TILES, Comparison
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import as_rgb
from donkey_activations.mosaic.representative_filters import telling_filters
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.frames import RecordedFrames, shape_to_read
from donkey_activations.recorded.sampling import sampled_maps
from donkey_activations.tubs.records import Record

# So many frames tell which filters are worth showing, and what full brightness is.
_FRAMES_TO_CHOOSE_BY = 40
_FRAMES_OF_A_RUN = 100


@dataclass(frozen=True)
class View:
    """A pilot's filters at one resolution.

    Attributes:
        extractor: The pilot, opened at this resolution, which its ``input_shape`` tells.
        trained_hw: ``(height, width)`` in pixels that the pilot was trained at, where the filters
            run at another size: the film says so.
    """

    extractor: FeatureExtractor
    trained_hw: tuple[int, int] | None = None


def choose_filters(
    views: Sequence[View], records: Sequence[Record], places: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Chooses the filters that tell most, in the view that has most pixels.

    Args:
        views: One or more, of the same pilot.
        records: All records of the tub.
        places: The places of those that are shown, one or more.

    Returns:
        Their numbers by the layer's name, as many as a film can show and the most telling first.

    Raises:
        FrameError: No frame of the sample can be read.
    """
    largest = max(views, key=lambda view: np.prod(view.extractor.input_shape))
    look = _Look(largest, records)
    sample = sampled_maps(look.pilot, look.frames, places, _FRAMES_TO_CHOOSE_BY)
    return telling_filters(largest.extractor, sample, MOST_TILES)


class SideBySide:
    """A film of some of a tub's records, each seen at several resolutions.

    Attributes:
        size_hw: Height and width in pixels, at most 1080x1920.
        filters: The filters that are shown, by the layer's name.
    """

    def __init__(
        self,
        views: Sequence[View],
        records: Sequence[Record],
        places: Sequence[int],
        axis: TimeAxis,
        *,
        layers: Mapping[str, Sequence[int]],
    ) -> None:
        """Finds the film's size; no frame is read yet.

        Args:
            views: From left to right, all of the same pilot, two or more.
            records: All records of the tub.
            places: The places of those that are shown, one or more.
            axis: When they are shown.
            layers: The layers that are shown: the numbers of their filters, counted from 0, by the
                layer's name, as ``choose_filters`` gives them. As many are shown as are legible,
                the first ones first.

        Raises:
            LayoutError: The pilot has no such layer or filter, or there are too many views.
        """
        sides = [
            Side(_size_hw(view.extractor), view.extractor.layers, view.trained_hw) for view in views
        ]
        self._comparison = Comparison(sides, layers)
        self._looks = [_Look(view, records) for view in views]
        self._records = records
        self._places = places
        self._axis = axis
        self.size_hw = self._comparison.size_hw
        self.filters = self._comparison.filters

    def write(self, target: Path, progress: Progress) -> FilmResult:
        """Finds what full brightness is over the film, and then draws and encodes it.

        Args:
            target: The file, which is there whole or not at all.
            progress: Called with the number of records done and of all.

        Returns:
            What became of it; as resized count frames that have none of the views' sizes.

        Raises:
            FilmError: No frame can be read, or the file cannot be written.
            FrameError: A pilot takes neither grey nor RGB.
            OSError: The file cannot be written.
        """
        return write_film(
            target,
            self._shots(),
            size_hw=self.size_hw,
            axis=self._axis,
            total=len(self._places),
            progress=progress,
        )

    def _shots(self) -> Iterator[Shot]:
        limits = self._limits()
        for place in self._places:
            index = self._records[place].index
            try:
                frames = [look.frames.at(place) for look in self._looks]
            except FrameError as error:
                yield Shot(place, index, None, reason=str(error))
                continue
            seen = [look.see(place, those) for look, those in zip(self._looks, frames, strict=True)]
            resized = all(place in look.frames.resized for look in self._looks)
            yield Shot(place, index, self._comparison.draw(seen, limits), resized)

    def _limits(self) -> Mapping[str, Limits]:
        """Measures every view, so that what is the same has the same colour in all of them."""
        ranges = FilterRanges(len(self._looks))
        for number, look in enumerate(self._looks):
            for maps in sampled_maps(look.pilot, look.frames, self._places, _FRAMES_OF_A_RUN):
                layers = look.pilot.extractor.layers
                ranges.observe(number, shown_maps(layers, maps, self.filters))
        return ranges.limits()


class _Look:
    """Recorded frames through a pilot's eyes, at one resolution."""

    def __init__(self, view: View, records: Sequence[Record]) -> None:
        extractor = view.extractor
        self.pilot = OpenPilot(extractor, Layout())
        self.frames = RecordedFrames(records, shape_to_read(extractor), extractor.sequence_length)

    def see(self, place: int, frames: NDArray[np.uint8]) -> Seen:
        newest, maps = self.pilot.look_at(frames)
        return Seen(as_rgb(newest), maps, self.frames.recorded_hw[place])


def _size_hw(extractor: FeatureExtractor) -> tuple[int, int]:
    height, width, _ = extractor.input_shape
    return height, width
