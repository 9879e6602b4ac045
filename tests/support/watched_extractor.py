"""A real extractor that keeps what it was asked and what it answered."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from donkey_activations import open_extractor
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps


class WatchedExtractor(FeatureExtractor):
    """Computes with another extractor."""

    def __init__(self, extractor: FeatureExtractor) -> None:
        self.extractor = extractor
        self.input_shape = extractor.input_shape
        self.sequence_length = extractor.sequence_length
        self.layers = extractor.layers
        self.engine = extractor.engine
        self.size_changed = extractor.size_changed
        self.asked: list[NDArray[np.uint8]] = []
        self.answered: list[FeatureMaps] = []

    def __call__(self, frame: NDArray[np.uint8]) -> FeatureMaps:
        maps = self.extractor(frame)
        self.asked.append(frame.copy())
        self.answered.append(tuple(one.copy() for one in maps))
        return maps


def watch_extractors(
    monkeypatch: pytest.MonkeyPatch,
    opener: Callable[..., FeatureExtractor] = open_extractor,
) -> list[WatchedExtractor]:
    """Has every part that is made from here on compute with a watched extractor."""
    watched: list[WatchedExtractor] = []

    def open_watched(*arguments: object, **keys: object) -> WatchedExtractor:
        watched.append(WatchedExtractor(opener(*arguments, **keys)))
        return watched[-1]

    monkeypatch.setattr("donkey_activations.pilots.options.open_extractor", open_watched)
    return watched
