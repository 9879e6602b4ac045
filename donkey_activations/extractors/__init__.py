"""From a pilot file to its feature maps."""

import os
from collections.abc import Sequence
from pathlib import Path

from donkey_activations.errors import ModelError
from donkey_activations.extractors.base import FeatureExtractor

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def open_extractor(
    model_path: str | os.PathLike[str],
    layers: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
    trust_model: bool = False,
    *,
    threads: int = 1,
) -> FeatureExtractor:
    """Opens a pilot, truncated after its last wanted convolution.

    What the file is, is told by its content and not by its suffix. A Keras file is converted once,
    which takes TensorFlow and some seconds; the result is kept for the next time.

    Args:
        model_path: A ``.tflite`` pilot or a Keras ``.h5`` pilot.
        layers: Names of the wanted layers; None is every convolution. Whatever their order here,
            the maps come in the order in which the network computes them.
        size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own size.
        trust_model: Load a Keras file even if that runs code stored in it.
        threads: Threads that the network may use, 1 or more.

    Raises:
        ModelError: The file cannot be read, has no convolution, no layer of a wanted name, or is
            unsafe to load.
    """
    path = Path(model_path).expanduser()
    try:
        return _open(path, layers, size, trust_model, threads)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _open(
    path: Path,
    layers: Sequence[str] | None,
    size: tuple[int, int] | None,
    trust_model: bool,
    threads: int,
) -> FeatureExtractor:
    content = _read(path)
    from donkey_activations.extractors import cache, graph, litert

    if graph.is_flatbuffer(content):
        cut_graph = graph.cut(content, layers)
    elif content.startswith(_HDF5_SIGNATURE):
        cut_graph = cache.cut_keras_pilot(path, content, layers, trust_model)
    else:
        raise ModelError(_unknown(path, content))
    return litert.LiteRTExtractor(cut_graph, size, threads)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise ModelError("expected a .tflite or .h5 file, this is a folder") from error
    except OSError as error:
        raise ModelError(
            f"cannot be read ({error.strerror}); give the path of a .tflite or .h5 pilot"
        ) from error
    if not content:
        raise ModelError("the file is empty; copy it again, or train again")
    return content


def _unknown(path: Path, content: bytes) -> str:
    beside = [
        candidate.name
        for suffix in (".tflite", ".h5")
        if (candidate := path.with_suffix(suffix)) != path and candidate.is_file()
    ]
    way_out = f"give {beside[0]} beside it" if beside else "give the file that donkey train wrote"
    looks = "a Git LFS pointer" if content.startswith(b"version https://git-lfs") else "neither"
    return f"expected a .tflite or a Keras .h5 pilot, this is {looks}; {way_out}"
