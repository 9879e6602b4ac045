"""Keras pilots: converted to a cut graph once, which is kept and run like any other."""

from pathlib import Path

from donkey_activations.extractors import formats
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.extractors.openers import OpenWish
from donkey_activations.extractors.pilot_format import PilotFormat, format_of


def takes(path: Path, head: bytes) -> bool:
    """See ``Opener``."""
    return format_of(path, head) not in (None, PilotFormat.TFLITE)


def open_pilot(path: Path, wish: OpenWish) -> FeatureExtractor:
    """See ``Opener``."""
    from donkey_activations.extractors import cache, engines

    cut_graph = cache.cut_keras_pilot(
        path, formats.identify(path), wish.layers, wish.trust_model, wish.convert
    )
    return engines.run(cut_graph, wish.size, wish.threads)
