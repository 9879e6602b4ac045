"""Keras pilots: converted to a cut graph once, which is kept and run like any other."""

from pathlib import Path

from donkey_activations.extractors import formats
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.extractors.openers import OpenOptions
from donkey_activations.extractors.pilot_format import PilotFormat, files_of, format_of

SUFFIXES = (".h5", ".hdf5", ".keras", ".savedmodel", ".json")


def recognises(path: Path, head: bytes) -> bool:
    """See ``Opener``."""
    return format_of(path, head) not in (None, PilotFormat.TFLITE)


def files(path: Path) -> tuple[Path, ...]:
    """See ``Opener``."""
    return files_of(path)


def needs_conversion(path: Path) -> bool:
    """See ``Opener``."""
    formats.identify(path)
    return True


def open_pilot(path: Path, options: OpenOptions) -> FeatureExtractor:
    """See ``Opener``."""
    from donkey_activations.extractors import cache, engines

    cut_graph = cache.cut_keras_pilot(
        path, formats.identify(path), options.layers, options.trust_model, options.convert
    )
    return engines.run(cut_graph, options.size, options.threads)
