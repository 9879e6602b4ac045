"""From a Keras pilot to a ``.tflite`` graph. The only file that imports TensorFlow."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import (
    formats,
    graph,
    keras_files,
    keras_safety,
    keras_weights,
)
from donkey_activations.extractors.formats import PilotFormat
from donkey_activations.extractors.tracing import feature_maps, watched_calls

_REASON_LENGTH = 200
_STDERR = 2


def import_tensorflow(purpose: str) -> Any:
    """Returns the module ``tensorflow``.

    Args:
        purpose: What needs it, as the beginning of a sentence.

    Raises:
        ModelError: TensorFlow is not installed.
    """
    # TensorFlow prints pages of start-up messages that say nothing to a driver.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ModelError(
            f"{purpose} needs TensorFlow, which is not installed: "
            "pip install 'donkey-activations[pc]'"
        ) from error
    tf.get_logger().setLevel("ERROR")
    # Of a damaged file it prints tracebacks, and goes on.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    return tf


@dataclass(frozen=True)
class TracedMaps:
    """The feature maps of a Keras model as a function of its inputs.

    Attributes:
        function: TensorFlow's concrete function, for one frame at a time.
        labels: ``kind:name`` of each of its outputs by the output's name, in the order in which
            the network computes them.
    """

    function: Any
    labels: dict[str, str]


def convert(
    path: Path, pilot_format: PilotFormat, layers: Sequence[str] | None, trust_model: bool
) -> bytes:
    """Converts a Keras pilot to a cut graph.

    Args:
        path: The pilot's file or folder.
        pilot_format: What ``formats.identify`` told about it.
        layers: Names of the wanted layers; None is every convolution.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: TensorFlow is missing, the file cannot be loaded, runs code when loaded, has no
            such layer, or cannot be converted.
    """
    tf, model = load(path, pilot_format, trust_model)
    return convert_maps(tf, model, trace_maps(tf, model, layers))


def load(path: Path, pilot_format: PilotFormat, trust_model: bool) -> tuple[Any, Any]:
    """Returns the module ``tensorflow``, and a pilot that Keras saved.

    Args:
        path: The pilot's file or folder.
        pilot_format: What ``formats.identify`` told about it.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: TensorFlow is missing, or the file cannot be loaded, or runs code when loaded.
    """
    try:
        tf = import_tensorflow("a Keras pilot")
    except ModelError as error:
        raise ModelError(f"{error}, or {formats.instead(path, ['.tflite'])}") from error
    if not trust_model:
        keras_safety.refuse_stored_code(path, pilot_format)
    keras_weights.refuse_too_many(tf, path, pilot_format)
    model = keras_files.load_pilot(tf, path, pilot_format, trust_model)
    if not getattr(model, "inputs", None):
        raise ModelError("the pilot does not say what it takes; save it after it was trained once")
    return tf, model


def trace_maps(tf: Any, model: Any, layers: Sequence[str] | None) -> TracedMaps:
    """Finds the feature maps of a Keras model.

    Args:
        tf: The module ``tensorflow``.
        model: The model.
        layers: Names of the wanted layers; None is every convolution.

    Raises:
        ModelError: It has no convolution, no layer of a wanted name, or cannot be run.
    """
    labels: dict[str, str] = {}

    def maps_of(*inputs: Any) -> dict[str, Any]:
        with watched_calls(tf) as calls:
            model(tf.nest.pack_sequence_as(model.input, inputs), training=False)
        maps = feature_maps(calls, layers)
        labels.update({f"map_{i}": label for i, label in enumerate(maps)})
        return dict(zip(labels, maps.values(), strict=True))

    one_at_a_time = [tf.TensorSpec((1, *t.shape[1:]), t.dtype) for t in model.inputs]
    traced = tf.function(maps_of, input_signature=one_at_a_time, autograph=False)
    try:
        return TracedMaps(traced.get_concrete_function(), labels)
    except ModelError:
        raise
    except Exception as error:  # as the converter, and Keras with a damaged configuration
        raise ModelError(
            f"Keras cannot run this network ({_reason(error)}); copy the file again, or save the "
            "pilot again"
        ) from error


def convert_maps(tf: Any, model: Any, traced: TracedMaps) -> bytes:
    """Returns the cut graph that computes a Keras model's feature maps.

    Args:
        tf: The module ``tensorflow``.
        model: The model.
        traced: What ``trace_maps`` returns for it.

    Raises:
        ModelError: TensorFlow cannot convert it.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.function], model)
    return graph.label_outputs(_convert(tf, converter), traced.labels)


def convert_whole(tf: Any, model: Any) -> bytes:
    """Returns a Keras model as the ``.tflite`` file that ``donkey train`` makes of it.

    Args:
        tf: The module ``tensorflow``.
        model: The model.

    Raises:
        ModelError: TensorFlow cannot convert it.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.allow_custom_ops = True
    return _convert(tf, converter)


def _convert(tf: Any, converter: Any) -> bytes:
    """Runs a converter, with the operators that Donkeycar allows it."""
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    try:
        with _silent_stderr():
            content: bytes = converter.convert()
    except Exception as error:  # the converter raises whatever the layers make it raise
        raise ModelError(
            f"TensorFlow cannot convert this network to .tflite ({_reason(error)}); give the "
            ".tflite of the same training, or a network of other layers"
        ) from error
    return content


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:_REASON_LENGTH] or type(error).__name__


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keeps a page of statistics, which the converter's C++ prints, from the user's terminal."""
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
