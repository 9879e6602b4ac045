"""What full brightness is for single filters, over many frames and at every resolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import FeatureMaps, LayerInfo
from donkey_activations.mosaic.run_ranges import PERCENTILE
from donkey_activations.mosaic.scaling import measure

Values = NDArray[np.float32]

# Of its layer's largest value: a filter that hardly fires must not look as one that does.
_LEAST_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Limits:
    """The values of the first and the last colour, float32 ``(filters,)`` each; 0 lies between."""

    lows: Values
    highs: Values


def shown_maps(
    layers: Sequence[LayerInfo], maps: FeatureMaps, filters: Mapping[str, Sequence[int]]
) -> dict[str, Values]:
    """Return the maps of the filters that are shown, by the layer's name."""
    return {
        layer.name: np.take(of_layer, filters[layer.name], axis=2)
        for layer, of_layer in zip(layers, maps, strict=True)
        if layer.name in filters
    }


class FilterRanges:
    """The range of some filters over a run, each by itself.

    A filter's range is the 95th percentile, over the frames, of its largest distance from 0 in the
    frame, where several resolutions are observed the largest of these; and never less than a tenth
    of the largest one in its layer.
    """

    def __init__(self, resolutions: int) -> None:
        """Begin with no frame.

        Args:
            resolutions: Number of resolutions that are observed.
        """
        self._peaks: list[dict[str, list[Values]]] = [{} for _ in range(resolutions)]
        self._signed: set[str] = set()

    def observe(self, resolution: int, maps: Mapping[str, Values]) -> None:
        """Add one frame at one resolution.

        Args:
            resolution: Its number, from 0.
            maps: float32 ``(height, width, filters)`` by the layer's name, the same filters each
                time. Left unchanged.
        """
        for name, layer_maps in maps.items():
            measured = measure(layer_maps)
            self._peaks[resolution].setdefault(name, []).append(measured.magnitudes())
            if measured.signed:
                self._signed.add(name)

    def limits(self) -> dict[str, Limits]:
        """Return the ranges by the layer's name; nothing before any frame."""
        names = {name: None for peaks in self._peaks for name in peaks}
        return {name: self._limits_of(name) for name in names}

    def _limits_of(self, name: str) -> Limits:
        observed: Sequence[list[Values]] = [peaks[name] for peaks in self._peaks if name in peaks]
        tops = np.max([np.percentile(peaks, PERCENTILE, axis=0) for peaks in observed], axis=0)
        highs = np.maximum(tops, _LEAST_SHARE * tops.max()).astype(np.float32)
        return Limits(-highs if name in self._signed else np.zeros_like(highs), highs)
