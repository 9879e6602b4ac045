"""Which filters of a layer are shown, and in which order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.run_ranges import LayerRun

Numbers = NDArray[np.intp]

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Silent:
    """Filters of a layer that are dead in every frame of a run.

    Attributes:
        layer: The layer's name.
        filters: Their numbers.
        frames: Number of frames that were looked at.
    """

    layer: str
    filters: frozenset[int]
    frames: int


def slot_count(filters: int, style: LayerStyle, left_out: Collection[int] = ()) -> int:
    """Return how many tiles a layer has at most, whatever the frame.

    Args:
        filters: Number of the layer's filters.
        style: How the layer is drawn.
        left_out: Filters that are not shown.

    Raises:
        LayoutError: A filter is named that the layer does not have.
    """
    if style.filters is not None and max(style.filters) >= filters:
        raise LayoutError(
            f"filters: expected numbers from 0 to {filters - 1}, got {max(style.filters)}"
        )
    named = range(filters) if style.filters is None else style.filters
    shown = sum(number not in left_out for number in named)
    return shown if style.top is None else min(shown, style.top)


def choose(
    maps: NDArray[np.float32],
    dead: NDArray[np.bool_],
    style: LayerStyle,
    left_out: Collection[int] = (),
) -> Numbers:
    """Return the filters to be shown, in their order.

    Args:
        maps: float32 ``(height, width, filters)``.
        dead: bool ``(filters,)``.
        style: How the layer is drawn.
        left_out: Filters that are not shown.

    Returns:
        Their numbers, at most ``slot_count`` of them.
    """
    filters = maps.shape[2]
    chosen = np.arange(filters) if style.filters is None else np.array(style.filters, np.intp)
    if left_out:
        chosen = np.array([n for n in chosen.tolist() if n not in left_out], np.intp)
    if style.hide_dead:
        chosen = chosen[~dead[chosen]]
    if style.order != "network":
        # Stable, so that filters of the same rank do not change slots from frame to frame.
        chosen = chosen[np.argsort(-_rank(maps, style.order)[chosen], kind="stable")]
    return chosen if style.top is None else chosen[: style.top]


def silent_filters(layout: Layout, run: Mapping[str, LayerRun]) -> tuple[Silent, ...]:
    """Return the filters that are not worth a tile, because they are dead in all of a run.

    Only of layers that are scaled over the run, and none that the layout names. Of a layer of which
    nothing would be left, the first filter is kept.

    Args:
        layout: The look.
        run: What is known of it, by the layer's name.
    """
    found = []
    for name, layer in run.items():
        style = layout.style_of(name)
        if style.scaling != "run" or style.filters is not None or layer.peaks is None:
            continue
        dead = frozenset(np.flatnonzero(layer.peaks <= layout.dead_threshold).tolist())
        if len(dead) == len(layer.peaks):
            dead -= {0}
        if dead:
            found.append(Silent(name, dead, layer.frames))
    return tuple(found)


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
