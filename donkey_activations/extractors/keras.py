"""From a Keras pilot to a cut graph. The only file that imports TensorFlow."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import graph

_CONVOLUTIONS = {
    "Conv2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "Conv2DTranspose",
}
_ACTIVATIONS = {"Activation", "BatchNormalization", "ELU", "LeakyReLU", "PReLU", "ReLU"}


def convert(path: Path, layers: Sequence[str] | None, trust_model: bool) -> bytes:
    """Converts a Keras HDF5 pilot to a cut graph.

    Args:
        path: The ``.h5`` file.
        layers: Names of the wanted convolutions; None is all of them.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: TensorFlow is missing, the file cannot be loaded, runs code when loaded, or has
            no such convolution.
    """
    tf = _import_tensorflow(path)
    if not trust_model:
        _refuse_stored_code(path)
    try:
        model = tf.keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever the file makes it raise
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"Keras cannot load this file ({reason}); save it again") from error
    maps = _feature_maps(model, layers)
    truncated = tf.keras.Model(model.inputs, list(maps.values()))
    outputs = {f"map_{i}": label for i, label in enumerate(maps)}

    def feature_maps(*images: Any) -> dict[str, Any]:
        return dict(zip(outputs, tf.nest.flatten(truncated(images, training=False)), strict=True))

    signature = [_one_at_a_time(tf, tensor) for tensor in model.inputs]
    function = tf.function(feature_maps, input_signature=signature).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], truncated)
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    return graph.label_outputs(converter.convert(), outputs)


def _one_at_a_time(tf: Any, tensor: Any) -> Any:
    return tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype)


def _import_tensorflow(path: Path) -> Any:
    # TensorFlow prints pages of start-up messages that say nothing to a driver.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError as error:
        beside = path.with_suffix(".tflite")
        way_out = f"or give {beside.name} beside it" if beside.is_file() else "or give a .tflite"
        raise ModelError(
            "a Keras pilot needs TensorFlow, which is not installed: "
            f"pip install 'donkey-activations[pc]', {way_out}"
        ) from error
    tf.get_logger().setLevel("ERROR")
    return tf


def _refuse_stored_code(path: Path) -> None:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
    except OSError as error:
        raise ModelError(f"the .h5 file is damaged ({error}); copy it again") from error
    if config is None:
        raise ModelError("the .h5 file holds weights only; save the whole model in it")
    for layer in _nested_configs(json.loads(config)):
        if layer.get("class_name") in {"Lambda", "__lambda__"}:
            name = layer.get("config", {}).get("name", "without a name")
            raise ModelError(
                f"layer {name} is a Lambda, which runs code stored in the file when it is loaded; "
                "open it with trust_model=True if you trust where it comes from"
            )


def _nested_configs(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from _nested_configs(value)
    elif isinstance(config, list):
        for value in config:
            yield from _nested_configs(value)


def _feature_maps(model: Any, wanted: Sequence[str] | None) -> dict[str, Any]:
    """Finds the tensors behind each convolution's activation, by ``kind:name``."""
    convolutions = [layer for layer in model.layers if type(layer).__name__ in _CONVOLUTIONS]
    if not convolutions:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    names = [layer.name for layer in convolutions]
    missing = [name for name in wanted or () if name not in names]
    if missing:
        raise ModelError(
            f"no convolution is named {', '.join(missing)}; the pilot has {', '.join(names)}"
        )
    return {
        f"{type(layer).__name__}:{layer.name}": _behind_activation(layer)
        for layer in convolutions
        if wanted is None or layer.name in wanted
    }


def _behind_activation(layer: Any) -> Any:
    followers = [node.outbound_layer for node in layer.outbound_nodes]
    while len(followers) == 1 and type(followers[0]).__name__ in _ACTIVATIONS:
        layer = followers[0]
        followers = [node.outbound_layer for node in layer.outbound_nodes]
    return layer.output
