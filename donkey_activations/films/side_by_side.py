"""A film of the same filters at several resolutions: what more pixels show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps
from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.writing import FilmResult, Progress, Shot, write_film
from donkey_activations.mosaic.comparison.column import Seen as Column
from donkey_activations.mosaic.comparison.column import Side
from donkey_activations.mosaic.comparison.filter_ranges import FilterRanges, Limits, shown_maps
from donkey_activations.mosaic.comparison.page import MOST_TILES, Comparison
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import as_rgb
from donkey_activations.mosaic.representative_filters import representative_filters
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.walk import Seen, Unreadable, spread, walk
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
    views: Sequence[View], records: Sequence[Record], positions: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """Choose the filters that tell most, in the view that has most pixels.

    Args:
        views: One or more, of the same pilot.
        records: All records of the tub.
        positions: Positions of those that are shown, one or more.

    Returns:
        Their numbers by the layer's name, as many as a film can show and the most telling first.

    Raises:
        FrameError: No frame of the sample can be read.
    """
    largest = max(views, key=lambda view: np.prod(view.extractor.input_shape))
    sample = _sampled_maps(_pilot_of(largest), records, positions, _FRAMES_TO_CHOOSE_BY)
    return representative_filters(largest.extractor, sample, MOST_TILES)


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
        positions: Sequence[int],
        axis: TimeAxis,
        *,
        layers: Mapping[str, Sequence[int]],
    ) -> None:
        """Find the film's size; no frame is read yet.

        Args:
            views: From left to right, all of the same pilot, two or more.
            records: All records of the tub.
            positions: Positions of those that are shown, one or more.
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
        self._pilots = [_pilot_of(view) for view in views]
        self._records = records
        self._positions = positions
        self._axis = axis
        self.size_hw = self._comparison.size_hw
        self.filters = self._comparison.filters

    def write(self, target: Path, progress: Progress) -> FilmResult:
        """Find what full brightness is over the film, and then draw and encode it.

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
            total=len(self._positions),
            progress=progress,
        )

    def _shots(self) -> Iterator[Shot]:
        limits = self._limits()
        walks = [walk(pilot, self._records, self._positions) for pilot in self._pilots]
        for views in zip(*walks, strict=True):
            seen = [view for view in views if isinstance(view, Seen)]
            unreadable = next((view for view in views if isinstance(view, Unreadable)), None)
            position, index = views[0].position, views[0].record.index
            if unreadable is not None:
                yield Shot(position, index, None, reason=unreadable.reason)
                continue
            columns = [Column(as_rgb(one.frame), one.maps, one.recorded_hw) for one in seen]
            resized = all(one.resized for one in seen)
            yield Shot(position, index, self._comparison.draw(columns, limits), resized)

    def _limits(self) -> Mapping[str, Limits]:
        """Measure every view, so that what is the same has the same colour in all of them."""
        ranges = FilterRanges(len(self._pilots))
        for number, pilot in enumerate(self._pilots):
            layers = pilot.extractor.layers
            sample = _sampled_maps(pilot, self._records, self._positions, _FRAMES_OF_A_RUN)
            for maps in sample:
                ranges.observe(number, shown_maps(layers, maps, self.filters))
        return ranges.limits()


def _pilot_of(view: View) -> OpenPilot:
    return OpenPilot(view.extractor, Layout())


def _sampled_maps(
    pilot: OpenPilot, records: Sequence[Record], positions: Sequence[int], most: int
) -> Iterator[FeatureMaps]:
    for seen in walk(pilot, records, spread(positions, most)):
        if isinstance(seen, Seen):
            yield seen.maps


def _size_hw(extractor: FeatureExtractor) -> tuple[int, int]:
    height, width, _ = extractor.input_shape
    return height, width
