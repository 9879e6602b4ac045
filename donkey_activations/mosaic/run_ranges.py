"""What is known of a layer over many frames: full brightness, and which filters ever fire."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.mosaic.scaling import measure

# So that one glaring frame does not darken all the others.
PERCENTILE = 95.0


@dataclass(frozen=True, eq=False)
class LayerRun:
    """What a layer's maps are like over a run.

    Attributes:
        top: The value at full brightness.
        usual: The usual distance from 0 in filters that are not 0 throughout; None where nobody
            knows.
        peaks: float32 ``(filters,)``, each filter's largest distance from 0 in any frame of the
            run; None while the run goes on.
        frames: Number of frames that ``peaks`` are of.
    """

    top: float
    usual: float | None = None
    peaks: NDArray[np.float32] | None = None
    frames: int = 0


class RunRanges:
    """The range of each layer over a run: a tub's records, or the last frames of a drive.

    A layer's range is the 95th percentile, over the frames, of the frame's largest distance from 0.
    """

    def __init__(self, layers: Sequence[LayerInfo], frames: int = 400) -> None:
        """Begin with no frame.

        Args:
            layers: The layers whose maps will be observed.
            frames: How many frames count, the newest ones.
        """
        self._observed = {layer.name: _Observed(layer.filters, frames) for layer in layers}

    def observe(self, maps: Sequence[NDArray[np.float32]]) -> None:
        """Add one frame.

        Args:
            maps: The layers' maps, float32 ``(height, width, filters)`` each; left unchanged.
        """
        for observed, layer_maps in zip(self._observed.values(), maps, strict=True):
            observed.add(layer_maps)

    def merge(self, other: "RunRanges") -> None:
        """Add the frames that another has observed.

        Args:
            other: The same layers over other frames; left unchanged. Where both together have more
                frames than count, which of them count depends on the order of merging.
        """
        for name, observed in self._observed.items():
            observed.merge(other._observed[name])

    def so_far(self) -> dict[str, LayerRun]:
        """Return what is known by the layer's name; nothing before any frame."""
        return {
            name: LayerRun(observed.top(), observed.usual())
            for name, observed in self._observed.items()
            if observed.frames
        }

    def whole(self) -> dict[str, LayerRun]:
        """Return the same, and which filters ever fire: for a run that is at its end."""
        return {
            name: LayerRun(observed.top(), observed.usual(), observed.peaks, observed.frames)
            for name, observed in self._observed.items()
            if observed.frames
        }

    def tops(self) -> dict[str, float]:
        """Return the value at full brightness by the layer's name; nothing before any frame."""
        return {name: run.top for name, run in self.so_far().items()}


class _Observed:
    """One layer's frames."""

    def __init__(self, filters: int, frames: int) -> None:
        self.frames = 0
        self.peaks = np.zeros(filters, np.float32)
        self._tops: deque[float] = deque(maxlen=frames)
        self._usual: deque[float] = deque(maxlen=frames)

    def add(self, maps: NDArray[np.float32]) -> None:
        measured = measure(maps)
        peaks = measured.magnitudes()
        if measured.not_finite is not None:
            # Nobody knows whether it fires, so it is not to be taken for one that never does.
            peaks[measured.not_finite] = np.inf
        self.peaks = np.maximum(self.peaks, peaks)
        self.frames += 1
        self._tops.append(float(measured.magnitudes().max()))
        self._usual.append(measured.usual())

    def merge(self, other: "_Observed") -> None:
        self.peaks = np.maximum(self.peaks, other.peaks)
        self.frames += other.frames
        self._tops.extend(other._tops)
        self._usual.extend(other._usual)

    def top(self) -> float:
        return float(np.percentile(self._tops, PERCENTILE))

    def usual(self) -> float:
        return float(np.median(self._usual))
