"""Loads a pilot that Keras saved, in whichever of its formats and under whichever name."""

import contextlib
import importlib
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import keras_releases
from donkey_activations.extractors.openers import pilot_suffixes
from donkey_activations.extractors.pilot_format import PilotFormat, weights_of
from donkey_activations.extractors.ways_out import incomplete, instead

_REASON_LENGTH = 200

# How the Keras versions say that they do not know a class.
_UNKNOWN_CLASS = re.compile(
    r"(?:Unknown (?:layer|object|activation function|initializer|regularizer|constraint)"
    r"|Could not (?:locate|deserialize) (?:class|function)"
    r"|Cannot deserialize object of type):? ['\"`]?(?P<name>[\w>]+)"
)
# What Keras 2 makes a layer of that is of an unknown class.
_REVIVED = "RevivedLayer"
# Of a 2D and of a 3D convolution.
_KERNEL_AXES = (4, 5)
# Formats that hold the network as a graph, whichever classes it was made with.
_WITHOUT_CLASSES = (".tflite", ".savedmodel")


def keras_for(tf: Any, path: Path, pilot_format: PilotFormat) -> Any:
    """Return the Keras module that loads a pilot.

    Args:
        tf: The ``tensorflow`` module.
        path: The file or folder.
        pilot_format: What ``formats.identify`` returns for it.

    Raises:
        ModelError: It was saved by a release of Keras that is not installed.
    """
    saved = keras_releases.saved_by(path, pilot_format)
    own = keras_releases.version_of(tf.keras)
    if (keras_releases.major(saved) or 2) == 2:
        return tf.keras if keras_releases.major(own) == 2 else _keras_2(path, pilot_format, saved)
    if keras_releases.major(saved) > keras_releases.major(own):
        # A .h5 is no way out: Keras 3 writes other configurations into that as well.
        raise ModelError(
            f"the file was saved by Keras {saved}, which Keras {own} of TensorFlow "
            f"{tf.__version__} cannot load; convert it where it was saved with "
            f"donkeycar.parts.interpreter.keras_to_tflite, or {instead(path, ['.tflite'])}"
        )
    return tf.keras


def _keras_2(path: Path, pilot_format: PilotFormat, saved: str) -> Any:
    try:
        return importlib.import_module("tf_keras")
    except ImportError as error:
        name = f"Keras {saved or 2}"
        if pilot_format is PilotFormat.SAVED_MODEL:
            name = "Keras 2"
        raise ModelError(
            f"the pilot was saved by {name}, which needs tf-keras beside this TensorFlow: pip "
            f"install 'donkey-activations[pc]', or {instead(path, ['.tflite'])}"
        ) from error


def load_pilot(keras: Any, path: Path, pilot_format: PilotFormat, trust_model: bool) -> Any:
    """Load a pilot with Keras, without compiling it.

    Without ``trust_model``, ``keras_safety.refuse_stored_code`` must have passed the file before:
    Keras itself runs stored code of older formats without asking.

    Args:
        keras: The module that ``keras_releases.keras_for`` returns for it.
        path: The file or folder.
        pilot_format: What ``formats.identify`` returns for it.
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
            return load(keras, path, trust_model)
    except ModelError:
        raise
    except Exception as error:  # Keras raises whatever the file makes it raise
        if pilot_format is PilotFormat.SAVED_MODEL and (told := incomplete(path)) is not None:
            raise told from error
        raise ModelError(_explain(keras, error, path, pilot_format)) from error


def has_unknown_layers(model: Any) -> bool:
    """Return whether a model has layers of classes that Keras does not know.

    In a SavedModel it finds what they compute, but nothing of the layers that they are made of.

    Args:
        model: The Keras model.
    """
    return any(True for _ in _unknown_layers(model))


def layer_that_hides_convolutions(model: Any) -> str | None:
    """Return the name of a layer of an unknown class that has a convolution's weights, if any.

    Args:
        model: The Keras model.
    """
    for layer in _unknown_layers(model):
        if any(len(weights.shape) in _KERNEL_AXES for weights in layer.weights):
            return str(layer.name)
    return None


def _unknown_layers(model: Any) -> Iterator[Any]:
    for layer in model._flatten_layers():
        if any(base.__name__ == _REVIVED for base in type(layer).__mro__):
            yield layer


def _load_hdf5(keras: Any, path: Path, _trust_model: bool) -> Any:
    import h5py

    with h5py.File(path, "r") as file:
        weights_only = "model_config" not in file.attrs
    if weights_only:
        network_or_pilot = instead(path, (".json", *pilot_suffixes()))
        raise ModelError(
            "the file holds weights only, without the network; save the whole model "
            f"(model.save, not model.save_weights), or {network_or_pilot}"
        )
    with _named(path, ".h5") as named:
        return keras.models.load_model(str(named), compile=False)


def _load_keras_zip(keras: Any, path: Path, trust_model: bool) -> Any:
    with _named(path, ".keras") as named:
        return keras.models.load_model(str(named), compile=False, safe_mode=not trust_model)


def _load_saved_model(keras: Any, path: Path, _trust_model: bool) -> Any:
    if not keras_releases.holds_keras_layers(path):
        raise ModelError(
            "the SavedModel holds a bare graph without Keras layers; save the pilot with "
            f"model.save, or {instead(path)}"
        )
    return keras.models.load_model(str(path), compile=False)


def _load_json_and_weights(keras: Any, path: Path, trust_model: bool) -> Any:
    import h5py

    with _stored_functions(keras, trust_model):
        model = keras.models.model_from_json(path.read_text(encoding="utf-8"))
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
def _stored_functions(keras: Any, allowed: bool) -> Iterator[None]:
    """Let Keras load Python functions stored in a ``.json`` network, and only meanwhile."""
    if not allowed:
        yield
        return
    # Keras offers no switch for this in public; that of load_model does not cover .json.
    serialization_lib: Any = sys.modules[keras.saving.deserialize_keras_object.__module__]
    with serialization_lib.SafeModeScope(safe_mode=False):
        yield


@contextlib.contextmanager
def _named(path: Path, suffix: str) -> Iterator[Path]:
    """Give a file the suffix that Keras goes by, for as long as it is loaded."""
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


def _explain(keras: Any, error: Exception, path: Path, pilot_format: PilotFormat) -> str:
    reason = " ".join(str(error).split())
    unknown = _UNKNOWN_CLASS.search(reason)
    if unknown is not None:
        installed = keras_releases.version_of(keras)
        if pilot_format is PilotFormat.HDF5 and keras_releases.is_keras_3(keras):
            # Keras 3 writes operations such as keras.ops.relu into a .h5 that it cannot read.
            return (
                f"it is made with {unknown['name']}, which Keras {installed} cannot read from a "
                f".h5; save the pilot as .keras, or {instead(path, ('.keras', *_WITHOUT_CLASSES))}"
            )
        return (
            f"it is made with {unknown['name']}, which is not part of Keras {installed}; register "
            "it with tf.keras.saving.register_keras_serializable before opening the pilot, or "
            f"{instead(path, _WITHOUT_CLASSES)}"
        )
    reason = reason[:_REASON_LENGTH] or type(error).__name__
    return f"Keras cannot load this file ({reason}); copy or save it again, or {instead(path)}"
