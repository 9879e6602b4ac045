"""A pilot of more convolutions than a picture has room for: 31 of them, four of those of one cell.

    python tests/support/deep_pilot.py FILE.tflite

Its images are 64x48. Nine layers each have maps of 32x24, 16x12 and 8x6 cells, of which the first
two groups end in a squeeze-and-excite pair.
"""

import os
import sys
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import tensorflow as tf
from donkeycar.parts.interpreter import keras_to_tflite

L = tf.keras.layers

if __name__ == "__main__":
    tf.keras.utils.set_random_seed(7)
    image = x = tf.keras.Input((48, 64, 3), name="img_in")
    for group in "abc":
        for number in range(1, 10 if group == "c" else 9):
            strides = 2 if number == 1 else 1
            name = f"{group}{number}"
            x = L.Conv2D(8, 3, strides, padding="same", activation="relu", name=name)(x)
        if group != "c":
            gain = L.GlobalAveragePooling2D(keepdims=True)(x)
            gain = L.Conv2D(4, 1, activation="relu", name=f"{group}_reduce")(gain)
            gain = L.Conv2D(8, 1, activation="sigmoid", name=f"{group}_expand")(gain)
            x = L.Multiply()([x, gain])
            x = L.Conv2D(8, 3, padding="same", activation="relu", name=f"{group}9")(x)
    steering = L.Dense(2, name="steering")(L.Flatten()(x))
    keras_to_tflite(tf.keras.Model(image, steering), sys.argv[1])
    assert Path(sys.argv[1]).stat().st_size
