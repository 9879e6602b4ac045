"""From a Keras pilot to a cut graph. The only file that imports TensorFlow."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import formats, graph, keras_files, keras_safety
from donkey_activations.extractors.formats import PilotFormat
from donkey_activations.extractors.tracing import feature_maps, watched_calls


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
    return tf


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
        ModelError: TensorFlow is missing, the file cannot be loaded, runs code when loaded, or has
            no such layer.
    """
    try:
        tf = import_tensorflow("a Keras pilot")
    except ModelError as error:
        raise ModelError(f"{error}, or {formats.instead(path, ['.tflite'])}") from error
    if not trust_model:
        keras_safety.refuse_stored_code(path, pilot_format)
    model = keras_files.load_pilot(tf, path, pilot_format, trust_model)
    if not getattr(model, "inputs", None):
        raise ModelError("the pilot does not say what it takes; save it after it was trained once")
    labels: dict[str, str] = {}

    def maps_of(*inputs: Any) -> dict[str, Any]:
        with watched_calls(tf) as calls:
            model(tf.nest.pack_sequence_as(model.input, inputs), training=False)
        maps = feature_maps(calls, layers)
        labels.update({f"map_{i}": label for i, label in enumerate(maps)})
        return dict(zip(labels, maps.values(), strict=True))

    one_at_a_time = [tf.TensorSpec((1, *t.shape[1:]), t.dtype) for t in model.inputs]
    traced = tf.function(maps_of, input_signature=one_at_a_time, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [traced.get_concrete_function()], model
    )
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    return graph.label_outputs(converter.convert(), labels)
