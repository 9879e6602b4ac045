"""``.tflite`` pilots: cut, and run as they are."""

from pathlib import Path

from donkey_activations.extractors import formats
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.extractors.openers import OpenOptions
from donkey_activations.extractors.pilot_format import PilotFormat, format_of

SUFFIXES = (".tflite",)


def recognises(path: Path, head: bytes) -> bool:
    """See ``Opener``."""
    return format_of(path, head) is PilotFormat.TFLITE


def files(path: Path) -> tuple[Path, ...]:
    """See ``Opener``."""
    return (path,)


def needs_conversion(path: Path) -> bool:
    """See ``Opener``."""
    return False


def open_pilot(path: Path, options: OpenOptions) -> FeatureExtractor:
    """See ``Opener``."""
    from donkey_activations.extractors import engines, graph

    formats.identify(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise formats.unreadable(error) from error
    return engines.run(graph.cut(content, options.layers), options.size, options.threads)
