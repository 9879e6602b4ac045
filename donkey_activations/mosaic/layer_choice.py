"""Which layers of a deep network a picture shows, where nobody has asked for any."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from donkey_activations.errors import LayoutError
from donkey_activations.extractors.base import FeatureExtractor, LayerInfo
from donkey_activations.mosaic.controls import CHANNELS
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.sheet import sheet

# More make a page whose height is open several screens high.
MOST_LAYERS = 24

_PANEL = "layers"


def with_chosen_layers(
    extractor: FeatureExtractor, layout: Layout
) -> tuple[Layout, tuple[str, ...]]:
    """Return a layout that shows what ``choose_layers`` chooses of a pilot.

    Args:
        extractor: The pilot.
        layout: The look.

    Returns:
        The layout, and the names of the layers that were chosen; none where all fit, or where the
        layout names its own.
    """
    chosen = choose_layers(extractor.layers, layout, extractor.input_shape[:2])
    return replace(layout, layers=chosen or layout.layers), chosen


def choose_layers(
    layers: Sequence[LayerInfo], layout: Layout, frame_hw: tuple[int, int]
) -> tuple[str, ...]:
    """Choose the layers to show where there is no room for all.

    The choice depends on nothing but the arguments, so that a drive and whoever draws it again
    choose the same.

    Args:
        layers: The pilot's convolutions, in the order in which the network computes them.
        layout: The look.
        frame_hw: ``(height, width)`` in pixels of the frames that the pilot takes.

    Returns:
        Their names in the same order: where the height is given, as many as fit it, or else
        ``MOST_LAYERS``. None where the layout names layers or shows none, where all of them have
        room, and where not even one has, which is for whoever draws to refuse.
    """
    if layout.layers is not None or _PANEL not in layout.panels:
        return ()
    ranked = _ranked(layers)

    def first(count: int) -> tuple[str, ...]:
        return tuple(layers[position].name for position in sorted(ranked[:count]))

    if layout.height_px is None:
        return () if len(layers) <= MOST_LAYERS else first(MOST_LAYERS)
    if _fits(layout, layers, frame_hw, ()):
        return ()

    def is_too_high(count: int) -> bool:
        shown = replace(layout, layers=first(count))
        return not _fits(shown, layers, frame_hw, tuple(CHANNELS))

    # Each choice has all layers of the smaller ones, so it is no lower.
    return first(bisect_right(range(1, len(ranked) + 1), False, key=is_too_high))


def note_on_choice(layers: Sequence[LayerInfo], shown: Sequence[str], flag: str) -> str:
    """Return what to tell of such a choice.

    Args:
        layers: The pilot's convolutions.
        shown: Names of those that are shown.
        flag: What chooses others.
    """
    return f"{len(layers)} convolutions: shown are {', '.join(shown)}; {flag} chooses others"


def _fits(
    layout: Layout,
    layers: Sequence[LayerInfo],
    frame_hw: tuple[int, int],
    drivers: tuple[str, ...],
) -> bool:
    try:
        sheet(frame_hw, tuple(layers), layout, drivers)
    except LayoutError:
        return False
    return True


def _ranked(layers: Sequence[LayerInfo]) -> list[int]:
    """Return the positions of the layers worth showing, so that any first few are a good choice.

    The last and the first; then each that is the last before the maps change their size; then the
    others, always the one farthest from those before it. A map of one cell, as squeeze-and-excite
    blocks have them, is no picture: it is left out where there are others.
    """
    maps = [position for position, one in enumerate(layers) if one.height * one.width > 1]
    positions = maps or list(range(len(layers)))
    sizes = [(layers[position].height, layers[position].width) for position in positions]
    ends = [number for number, (one, next_) in enumerate(pairwise(sizes)) if one != next_]
    ranked = list(dict.fromkeys((len(positions) - 1, 0)))
    for group in (ends, range(len(positions))):
        ranked += _spread(group, ranked)
    return [positions[number] for number in ranked]


def _spread(group: Iterable[int], taken: Sequence[int]) -> list[int]:
    """Return the numbers of a group that are not taken, each as far from all before it as can be.

    Among equals, the later one comes first.
    """
    distances = {n: min(abs(n - other) for other in taken) for n in group if n not in taken}
    ordered = []
    while distances:
        number = max(distances, key=lambda n: (distances[n], n))
        del distances[number]
        distances = {n: min(distance, abs(n - number)) for n, distance in distances.items()}
        ordered.append(number)
    return ordered
