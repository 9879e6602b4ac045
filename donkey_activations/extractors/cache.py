"""Cut graphs of Keras pilots, kept between runs so that TensorFlow is loaded once per pilot."""

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

# Belongs to the key: raise it when the same pilot gives another cut graph.
_CONVERSION = 1


def folder() -> Path:
    """Returns where cut graphs are kept: in ``$XDG_CACHE_HOME``, or else in ``~/.cache``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "donkey-activations"


def cut_keras_pilot(
    path: Path, content: bytes, layers: Sequence[str] | None, trust_model: bool
) -> bytes:
    """Returns a Keras pilot's cut graph: the kept one, or else a new one, which is then kept.

    A cache that cannot be read or written only costs time.

    Args:
        path: The ``.h5`` file.
        content: Its bytes, which are the key: a changed file under the same name is noticed.
        layers: Names of the wanted convolutions; None is all of them.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: See ``keras.convert``.
    """
    key = hashlib.sha256(content)
    key.update(json.dumps([_CONVERSION, list(layers) if layers is not None else None]).encode())
    kept = folder() / f"{key.hexdigest()}.tflite"
    try:
        return kept.read_bytes()
    except OSError:
        pass
    from donkey_activations.extractors import keras

    logger.info("converting %s once with TensorFlow; this takes some seconds", path.name)
    cut_graph = keras.convert(path, layers, trust_model)
    _keep(kept, cut_graph)
    return cut_graph


def _keep(path: Path, cut_graph: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(cut_graph)
        Path(file.name).replace(path)
    except OSError as error:
        logger.warning("the converted pilot is not kept for the next time: %s", error)
