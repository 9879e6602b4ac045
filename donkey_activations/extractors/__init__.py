"""From a pilot file to its feature maps."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    """Opens a pilot, truncated after its last wanted layer.

    What the file is, is told by its content and not by its suffix. A Keras file is converted once,
    which takes TensorFlow and some seconds; the result is kept for the next time.

    Args:
        model_path: The pilot's file or folder.
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
    with _naming(path):
        from donkey_activations.extractors import running

        return running.run(_cut(path, layers, trust_model), size, threads)


def cut_pilot(
    model_path: str | os.PathLike[str],
    layers: Sequence[str] | None = None,
    trust_model: bool = False,
) -> bytes:
    """Returns the part of a pilot that computes the wanted layers, as a ``.tflite`` file.

    Its outputs are the layers in the order of computation, each tensor named ``kind:name``.

    Args:
        model_path: The pilot's file or folder.
        layers: Names of the wanted layers; None is every convolution.
        trust_model: Load a Keras file even if that runs code stored in it.

    Raises:
        ModelError: See ``open_extractor``.
    """
    path = Path(model_path).expanduser()
    with _naming(path):
        return _cut(path, layers, trust_model)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _cut(path: Path, layers: Sequence[str] | None, trust_model: bool) -> bytes:
    content = _read(path)
    from donkey_activations.extractors import cache, flatbuffer, graph

    if flatbuffer.is_flatbuffer(content):
        return graph.cut(content, layers)
    if content.startswith(_HDF5_SIGNATURE):
        return cache.cut_keras_pilot(path, content, layers, trust_model)
    raise ModelError(_unknown(path, content))


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
