"""Cut graphs of Keras pilots, kept between runs so that TensorFlow is loaded once per pilot."""

import errno
import hashlib
import importlib.util
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import donkey_activations
from donkey_activations.errors import ModelError
from donkey_activations.extractors.formats import fingerprint
from donkey_activations.extractors.pilot_format import PilotFormat
from donkey_activations.files import written_whole

logger = logging.getLogger(__name__)

# Raise it when the same pilot gives another cut graph. What is kept with another number is made
# again.
_CONVERSION = 4
_DIGEST_BYTES = hashlib.sha256().digest_size


def folder() -> Path:
    """Return where cut graphs are kept: in ``$XDG_CACHE_HOME``, or else in ``~/.cache``.

    Raises:
        OSError: This user has no home folder.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not root.is_absolute():
        try:
            root = Path.home() / ".cache"
        except RuntimeError as error:
            raise OSError(errno.ENOENT, str(error)) from error
    return root / "donkey-activations"


def cut_keras_pilot(
    path: Path,
    pilot_format: PilotFormat,
    layers: Sequence[str] | None,
    trust_model: bool,
    convert: bool,
) -> bytes:
    """Return a Keras pilot's cut graph: the kept one, or else a new one, which is then kept.

    A cache that cannot be read or written only costs time.

    Args:
        path: The pilot's file or folder. Its content is the key: a changed file under the same name
            is noticed.
        pilot_format: What ``formats.identify`` told about it.
        layers: Names of the wanted layers; None is every convolution.
        trust_model: Load the file even if that runs code stored in it.
        convert: Make it if there is none.

    Raises:
        ModelError: See ``keras.convert``; or there is none, and none is to be made.
    """
    names = list(layers) if layers is not None else None
    # Trust belongs to the key: a pilot once trusted is still refused to who does not trust it.
    key = json.dumps([fingerprint(path), names, trust_model])
    name = f"{hashlib.sha256(key.encode()).hexdigest()}.cut"
    known = _read(name)
    if known is not None:
        return known
    if not convert:
        raise ModelError(
            "expected its conversion in ~/.cache/donkey-activations (or $XDG_CACHE_HOME), there is "
            "none; make that folder writable, or give the .tflite beside it"
        )
    from donkey_activations.extractors import keras

    if importlib.util.find_spec("tensorflow") is not None:
        logger.info("converting %s once with TensorFlow; this takes some seconds", path.name)
    conversion = keras.convert(path, pilot_format, layers, trust_model)
    _keep(name, conversion.cut_graph, {**_made_by(), **conversion.versions})
    return conversion.cut_graph


def _made_by() -> dict[str, str | int]:
    """Return what makes a graph out of date where it changes."""
    return {"donkey-activations": donkey_activations.__version__, "conversion": _CONVERSION}


def _read(name: str) -> bytes | None:
    """Return a kept graph.

    None where there is none, another version of this package has made it, or it is damaged, as a
    power cut leaves it.
    """
    try:
        content = (folder() / name).read_bytes()
    except OSError:
        return None
    digest, kept = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(kept).digest() != digest:
        return None
    header, _, cut_graph = kept.partition(b"\n")
    try:
        versions = json.loads(header)
    except ValueError:
        return None  # so this package kept them before it stated who had made them
    return cut_graph if versions.items() >= _made_by().items() else None


def _keep(name: str, cut_graph: bytes, versions: Mapping[str, str | int]) -> None:
    try:
        path = folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = json.dumps(versions).encode() + b"\n" + cut_graph
        with written_whole(path, is_ours=True) as unfinished:
            unfinished.write_bytes(hashlib.sha256(kept).digest() + kept)
    except OSError as error:
        logger.warning("the converted pilot is not kept for the next time: %s", error)
