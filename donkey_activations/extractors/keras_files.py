"""Loads a pilot that Keras saved, in whichever of its formats and under whichever name."""

import contextlib
import importlib.metadata
import re
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from donkey_activations import safe_json
from donkey_activations.errors import ModelError
from donkey_activations.extractors.formats import PilotFormat, instead, weights_of

_REASON_LENGTH = 200
_LARGEST_METADATA_BYTES = 1 << 20

# How the Keras versions say that they do not know a class.
_UNKNOWN_CLASS = re.compile(
    r"(?:Unknown (?:layer|object|activation function|initializer|regularizer|constraint)"
    r"|Could not (?:locate|deserialize) (?:class|function)"
    r"|Cannot deserialize object of type):? ['\"`]?(?P<name>[\w>]+)"
)
# Formats that hold the network as a graph, whichever classes it was made with.
_WITHOUT_CLASSES = (".tflite", ".savedmodel")


def load_pilot(tf: Any, path: Path, pilot_format: PilotFormat, trust_model: bool) -> Any:
    """Loads a pilot with Keras, without compiling it.

    Without ``trust_model``, ``keras_safety.refuse_stored_code`` must have passed the file before:
    Keras itself runs stored code of older formats without asking.

    Args:
        tf: The ``tensorflow`` module.
        path: The file or folder.
        pilot_format: What ``formats.identify`` told about it.
        trust_model: Load it even if that runs code stored in it.

    Returns:
        The Keras model.

    Raises:
        ModelError: Keras cannot load it.
    """
    loaders = {
        PilotFormat.HDF5: _load_hdf5,
        PilotFormat.KERAS_ZIP: _load_keras_zip,
        PilotFormat.SAVED_MODEL: _load_saved_model,
        PilotFormat.JSON_AND_WEIGHTS: _load_json_and_weights,
    }
    load = loaders.get(pilot_format)
    if load is None:
        raise ModelError(f"expected a Keras pilot, got one of format {pilot_format.value}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load(tf, path, trust_model)
    except ModelError:
        raise
    except Exception as error:  # Keras raises whatever the file makes it raise
        raise ModelError(_explain(tf, error, path, pilot_format)) from error


def _load_hdf5(tf: Any, path: Path, trust_model: bool) -> Any:
    import h5py

    with h5py.File(path, "r") as file:
        weights_only = "model_config" not in file.attrs
    if weights_only:
        raise ModelError(
            "the file holds weights only, without the network; save the whole model "
            f"(model.save, not model.save_weights), or {instead(path)}"
        )
    with _named(path, ".h5") as named:
        return tf.keras.models.load_model(str(named), compile=False)


def _load_keras_zip(tf: Any, path: Path, trust_model: bool) -> Any:
    with _named(path, ".keras") as named:
        return tf.keras.models.load_model(str(named), compile=False, safe_mode=not trust_model)


def _load_saved_model(tf: Any, path: Path, trust_model: bool) -> Any:
    model = tf.keras.models.load_model(str(path), compile=False)
    if not isinstance(model, tf.keras.Model):
        raise ModelError(
            "the SavedModel holds a bare graph without Keras layers; save the pilot with "
            f"model.save, or {instead(path)}"
        )
    return model


def _load_json_and_weights(tf: Any, path: Path, trust_model: bool) -> Any:
    import h5py

    with _stored_functions(tf, trust_model):
        model = tf.keras.models.model_from_json(path.read_text(encoding="utf-8"))
    weights, *data = weights_of(path)
    if data:
        status = model.load_weights(str(weights.with_suffix("")))
        status.assert_existing_objects_matched()
        status.expect_partial()
        return model
    with h5py.File(weights, "r") as file:
        # Keras tells its two layouts of weights by the suffix alone.
        plain = "layer_names" in file.attrs or "model_weights" in file
    with _named(weights, ".h5" if plain else ".weights.h5") as named:
        model.load_weights(str(named))
    return model


@contextlib.contextmanager
def _stored_functions(tf: Any, allowed: bool) -> Iterator[None]:
    """Lets Keras load Python functions stored in a ``.json`` network, and only meanwhile."""
    if not allowed:
        yield
        return
    # Keras offers no switch for this in public; that of load_model does not cover .json.
    serialization_lib: Any = sys.modules[tf.keras.saving.deserialize_keras_object.__module__]
    with serialization_lib.SafeModeScope(safe_mode=False):
        yield


@contextlib.contextmanager
def _named(path: Path, suffix: str) -> Iterator[Path]:
    """Gives a file the suffix that Keras goes by, for as long as it is loaded."""
    if path.name.endswith(suffix) and (suffix != ".h5" or not path.name.endswith(".weights.h5")):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="donkey-activations-") as folder:
        named = Path(folder) / f"pilot{suffix}"
        try:
            named.symlink_to(path.absolute())
        except OSError:  # Windows lets only some users make links
            shutil.copyfile(path, named)
        yield named


def _explain(tf: Any, error: Exception, path: Path, pilot_format: PilotFormat) -> str:
    saved_by = _keras_version(path, pilot_format)
    installed = importlib.metadata.version("keras")
    if _major(saved_by) > _major(installed):
        # A .h5 is no way out: Keras 3 writes other configurations into that as well.
        return (
            f"the file was saved by Keras {saved_by}, which Keras {installed} of TensorFlow "
            f"{tf.__version__} cannot load; convert it where it was saved with "
            f"tf.lite.TFLiteConverter.from_keras_model, or {instead(path, ['.tflite'])}"
        )
    reason = " ".join(str(error).split())
    unknown = _UNKNOWN_CLASS.search(reason)
    if unknown is not None:
        return (
            f"it is made with {unknown['name']}, which is not part of Keras {installed}; register "
            "it with tf.keras.saving.register_keras_serializable before opening the pilot, or "
            f"{instead(path, _WITHOUT_CLASSES)}"
        )
    reason = reason[:_REASON_LENGTH] or type(error).__name__
    return f"Keras cannot load this file ({reason}); copy or save it again, or {instead(path)}"


def _keras_version(path: Path, pilot_format: PilotFormat) -> str:
    """Returns the version of Keras that saved a file, or nothing where it does not say."""
    import h5py

    version: Any = ""
    with contextlib.suppress(OSError, ValueError, KeyError, AttributeError, zipfile.BadZipFile):
        if pilot_format is PilotFormat.KERAS_ZIP:
            with zipfile.ZipFile(path) as archive:
                with archive.open("metadata.json") as metadata:
                    text = metadata.read(_LARGEST_METADATA_BYTES)
                version = safe_json.loads(text).get("keras_version")
        elif pilot_format is PilotFormat.HDF5:
            with h5py.File(path, "r") as file:
                version = file.attrs.get("keras_version")
        elif pilot_format is PilotFormat.JSON_AND_WEIGHTS:
            network = path.read_bytes()
            # Keras 3 leaves its version out of these, and names the input's shape anew.
            named = safe_json.loads(network).get("keras_version")
            version = named or ("3" if b'"batch_shape"' in network else "")
    return version.decode() if isinstance(version, bytes) else str(version or "")


def _major(version: str) -> int:
    digits = re.match(r"\d+", version)
    return int(digits[0]) if digits else 0
