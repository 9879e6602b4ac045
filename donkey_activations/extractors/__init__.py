"""From a pilot file to its feature maps."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from donkey_activations.errors import ModelError
from donkey_activations.extractors.base import FeatureExtractor


def open_extractor(
    model_path: str | os.PathLike[str],
    layers: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    trust_model: bool = False,
    *,
    threads: int = 1,
    convert: bool = True,
) -> FeatureExtractor:
    """Open a pilot, truncated after its last wanted layer.

    What the file is, is told by its content and not by its suffix. A Keras file is converted once,
    which takes TensorFlow and some seconds; the result is kept for the next time.

    Args:
        model_path: The pilot's file or folder.
        layers: Names of the wanted layers; None, or ``["all"]``, is every convolution. Whatever
            their order here, the maps come in the order in which the network computes them.
        size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own size.
        trust_model: Load a Keras file even if that runs code stored in it.
        threads: Threads that the network may use, 1 or more.
        convert: False never loads TensorFlow for a conversion: a Keras file must have been
            converted before.

    Raises:
        ModelError: The file cannot be read, has no convolution, no layer of a wanted name, is
            unsafe to load, or is not converted yet though it has to be.
    """
    path = _expanded(model_path)
    with _naming(path):
        from donkey_activations.extractors.formats import opener_of
        from donkey_activations.extractors.layer_names import without_all
        from donkey_activations.extractors.openers import OpenOptions

        options = OpenOptions(without_all(layers), size, trust_model, threads, convert)
        return opener_of(path).open_pilot(path, options)


def _expanded(model_path: str | os.PathLike[str]) -> Path:
    try:
        return Path(model_path).expanduser()
    except RuntimeError as error:
        raise ModelError(f"{model_path}: there is no such user; give the whole path") from error


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
