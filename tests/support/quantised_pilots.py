"""Donkeycar's linear pilot in the quantisations that TensorFlow Lite knows.

python tests/support/quantised_pilots.py FOLDER
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

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


if __name__ == "__main__":
    tf.keras.utils.set_random_seed(7)
    pilot = KerasLinear(input_shape=(120, 160, 3)).interpreter.model
    for kind in ("dynamic", "float16", "int8", "uint8", "float_in_int8"):
        Path(sys.argv[1], f"{kind}.tflite").write_bytes(convert(pilot, kind))
