"""Donkeycar's linear pilot in the quantisations of TensorFlow Lite, and activations in int8.

python tests/support/quantised_pilots.py FOLDER
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from donkeycar.parts.keras import KerasLinear
from numpy.typing import NDArray


def typical_frames() -> Iterator[list[NDArray[np.float32]]]:
    random = np.random.default_rng(0)
    for _ in range(4):
        yield [random.random((1, 120, 160, 3), np.float32)]


def convert(model: tf.keras.Model, kind: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind.endswith("int8"):
        converter.representative_dataset = typical_frames
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if kind in {"int8", "uint8"}:
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(kind)
    content: bytes = converter.convert()
    return content


def with_activations() -> tuple[tf.keras.Model, dict[str, Any]]:
    """Activations of which the converter moves factors, or computes parts with real numbers."""
    layers = tf.keras.layers
    image = layers.Input((120, 160, 3), name="img_in")
    names = ["relu", "hard_sigmoid", "elu"]
    names += ["squareplus"] if hasattr(tf.keras, "Operation") else []
    maps: dict[str, Any] = {}
    ends = []
    for name in names:
        x = layers.Conv2D(4, 3, strides=4, activation=name, name=f"within_{name}")(image)
        y = layers.Activation(name)(layers.Conv2D(4, 3, name=f"before_{name}")(x))
        following = layers.Conv2D(4, 3, name=f"following_{name}")(y)
        maps |= {f"within_{name}": x, f"before_{name}": y, f"following_{name}": following}
        ends.append(layers.GlobalAveragePooling2D()(following))
    return tf.keras.Model(image, layers.Dense(2)(layers.Concatenate()(ends))), maps


if __name__ == "__main__":
    tf.keras.utils.set_random_seed(7)
    pilot = KerasLinear(input_shape=(120, 160, 3)).interpreter.model
    for kind in ("dynamic", "float16", "int8", "uint8", "float_in_int8"):
        Path(sys.argv[1], f"{kind}.tflite").write_bytes(convert(pilot, kind))
    several, maps = with_activations()
    Path(sys.argv[1], "activations.tflite").write_bytes(convert(several, "int8"))
    frame = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    scaled = (frame / np.float32(255))[np.newaxis]
    values = tf.keras.Model(several.inputs, list(maps.values()))(scaled)
    named = {name: np.asarray(one)[0] for name, one in zip(maps, values, strict=True)}
    np.savez(Path(sys.argv[1], "activations.npz"), **named)
