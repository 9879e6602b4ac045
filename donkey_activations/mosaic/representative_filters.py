"""Which few filters of a layer tell most of what all of them show."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

# Of a filter's energy: what rounding leaves of a variance that is 0.
_ROUNDING = 1e-9


def representative_filters(
    extractor: FeatureExtractor, maps_of_sample: Iterable[FeatureMaps], per_layer: int
) -> dict[str, tuple[int, ...]]:
    """Choose a few filters of each layer that differ from each other and vary most.

    Those with most energy alone would be the same picture again and again: many filters of a
    trained pilot show little but how bright the frame is. So the first is the filter that varies
    most over cells and frames, and each one after it that of which most variance is left when the
    best linear prediction from those before it is taken away: the pivots of a pivoted Cholesky
    decomposition of the filters' covariance (Harbrecht, Peters, Schneider, 2012: On the low-rank
    approximation by the pivoted Cholesky decomposition, Applied Numerical Mathematics 62).

    Args:
        extractor: Tells the layers.
        maps_of_sample: The maps of each frame of a sample, as the extractor gives them: float32
            ``(height, width, filters)`` a layer. Left unchanged; values that are no finite numbers
            count as 0.
        per_layer: How many are wanted, 1 or more; of a layer with fewer, all are chosen.

    Returns:
        The numbers of the filters, counted from 0, by the layer's name, the most telling first.
        Filters that add nothing stand at the end, those with more energy before others.

    Raises:
        FrameError: The sample is empty.
    """
    moments = [_Moments(layer.filters) for layer in extractor.layers]
    for maps in maps_of_sample:
        for of_layer, layer_maps in zip(moments, maps, strict=True):
            of_layer.add(layer_maps)
    if not all(of_layer.cells for of_layer in moments):
        raise FrameError(
            "expected the maps of one frame or more to choose filters by, got none; "
            "give records whose frames can be read"
        )
    return {
        layer.name: _pivots(*of_layer.covariance_and_energy(), min(per_layer, layer.filters))
        for layer, of_layer in zip(extractor.layers, moments, strict=True)
    }


class _Moments:
    """Sums over the cells of all frames, so that no map need be kept."""

    def __init__(self, filters: int) -> None:
        self.cells = 0
        self._sum: Vector = np.zeros(filters)
        self._products: Matrix = np.zeros((filters, filters))

    def add(self, maps: NDArray[np.float32]) -> None:
        values = np.nan_to_num(maps.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        by_cell = values.reshape(-1, maps.shape[2])
        self.cells += len(by_cell)
        self._sum += by_cell.sum(axis=0)
        self._products += by_cell.T @ by_cell

    def covariance_and_energy(self) -> tuple[Matrix, Vector]:
        mean = self._sum / self.cells
        mean_products = self._products / self.cells
        return mean_products - np.outer(mean, mean), np.diag(mean_products).copy()


def _pivots(covariance: Matrix, energy: Vector, count: int) -> tuple[int, ...]:
    left = covariance.copy()
    chosen: list[int] = []
    for _ in range(count):
        variance = np.diag(left)
        variance = np.where(variance > _ROUNDING * energy, variance, 0.0)
        number = _most(variance, energy, chosen)
        chosen.append(number)
        if variance[number] > 0:
            left = left - np.outer(left[:, number], left[number]) / left[number, number]
    return tuple(chosen)


def _most(variance: Vector, energy: Vector, taken: Sequence[int]) -> int:
    """Return the number of largest variance; among equals of most energy, then the first."""
    free = (number for number in range(len(energy)) if number not in taken)
    return max(free, key=lambda number: (variance[number], energy[number], -number))
