"""Which filters of a layer are shown, and in which order."""

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.layout import LayerStyle

Numbers = NDArray[np.intp]

_ROUNDING = 1e-12


def places(filters: int, style: LayerStyle) -> int:
    """Returns how many tiles a layer has at most, whatever the frame.

    Args:
        filters: Number of the layer's filters.
        style: How the layer is drawn.

    Raises:
        LayoutError: A filter is named that the layer does not have.
    """
    if style.filters is not None and max(style.filters) >= filters:
        raise LayoutError(
            f"filters: expected numbers from 0 to {filters - 1}, got {max(style.filters)}"
        )
    named = filters if style.filters is None else len(style.filters)
    return named if style.top is None else min(named, style.top)


def choose(maps: NDArray[np.float32], dead: NDArray[np.bool_], style: LayerStyle) -> Numbers:
    """Returns the filters to be shown, in their order.

    Args:
        maps: float32 ``(height, width, filters)``.
        dead: bool ``(filters,)``.
        style: How the layer is drawn.

    Returns:
        Their numbers, at most ``places`` of them.
    """
    filters = maps.shape[2]
    chosen = np.arange(filters) if style.filters is None else np.array(style.filters, np.intp)
    if style.hide_dead:
        chosen = chosen[~dead[chosen]]
    if style.order != "network":
        # Stable, so that filters of the same rank do not change places from frame to frame.
        chosen = chosen[np.argsort(-_rank(maps, style.order)[chosen], kind="stable")]
    return chosen if style.top is None else chosen[: style.top]


def _rank(maps: NDArray[np.float32], order: str) -> NDArray[np.float64]:
    by_cell = maps.reshape(-1, maps.shape[2])
    energy: NDArray[np.float64] = np.einsum("cf,cf->f", by_cell, by_cell, dtype=np.float64)
    energy /= len(by_cell)
    if order == "energy":
        return energy
    variance: NDArray[np.float64] = by_cell.var(axis=0, dtype=np.float64)
    # What rounding leaves of filters that do not vary is no rank.
    variance[variance < _ROUNDING * energy] = 0
    return variance
