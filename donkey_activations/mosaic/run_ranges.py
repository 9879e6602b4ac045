"""What full brightness is, over many frames."""

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.scaling import measure

# So that one glaring frame does not darken all the others.
PERCENTILE = 95.0


class RunRanges:
    """The range of each layer over a run: a tub's records, or the last frames of a drive.

    A layer's range is the 95th percentile, over the frames, of the frame's largest distance from 0.
    """

    def __init__(self, layers: Sequence[LayerInfo], frames: int = 400) -> None:
        """Begins with no frame.

        Args:
            layers: The layers whose maps will be observed.
            frames: How many frames count, the newest ones.
        """
        self._peaks: dict[str, deque[float]] = {
            layer.name: deque(maxlen=frames) for layer in layers
        }

    def observe(self, maps: Sequence[NDArray[np.float32]]) -> None:
        """Adds one frame.

        Args:
            maps: The layers' maps, float32 ``(height, width, filters)`` each; left unchanged.
        """
        for peaks, layer_maps in zip(self._peaks.values(), maps, strict=True):
            peaks.append(float(measure(layer_maps).magnitudes().max()))

    def tops(self) -> dict[str, float]:
        """Returns the value at full brightness by the layer's name; nothing before any frame."""
        return {
            name: float(np.percentile(peaks, PERCENTILE))
            for name, peaks in self._peaks.items()
            if peaks
        }


class FixedRanges(RunRanges):
    """Ranges that were measured before: which frame is drawn first does not matter."""

    def __init__(self, tops: Mapping[str, float]) -> None:
        """Takes the ranges.

        Args:
            tops: The value at full brightness by the layer's name.
        """
        super().__init__(())
        self._tops = dict(tops)

    def observe(self, maps: Sequence[NDArray[np.float32]]) -> None:
        """Changes nothing."""

    def tops(self) -> dict[str, float]:
        """Returns what was measured."""
        return dict(self._tops)
