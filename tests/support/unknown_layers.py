"""A pilot with layers of a class that nobody knows where it is opened, as a SavedModel.

    python tests/support/unknown_layers.py FOLDER

Prints as JSON the layers that are found, each with its kind and how far its maps are from those of
Keras, in parts of the largest value; and what is said of building it at other sizes.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf

from donkey_activations import ModelError, open_extractor
from donkey_activations.planning.pilots import PlannedPilot

if hasattr(tf.keras, "Operation"):
    import tf_keras as keras
else:
    keras = tf.keras
L = keras.layers


class Block(L.Layer):  # type: ignore[name-defined, misc]
    """Two convolutions, one of them of its own making."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = L.Conv2D(4, 3, activation="relu", name="inner")

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight("kernel", (3, 3, shape[-1], 5))

    def call(self, x: Any) -> Any:
        return self.inner(tf.nn.tanh(tf.nn.conv2d(x, self.kernel, 1, "SAME")))


def main(folder: Path) -> None:
    keras.utils.set_random_seed(5)
    image = L.Input((30, 40, 3), name="img_in")
    first = L.Conv2D(6, 3, activation="relu", name="first")(image)
    block = Block(name="block")
    inside = block(first)
    last = L.Conv2D(3, 3, activation="tanh", name="last")(inside)
    pilot = keras.Model(image, L.Dense(2)(L.Flatten()(last)), name="pilot")
    path = folder / "pilot.savedmodel"
    pilot.save(path, save_format="tf")
    frame = np.random.default_rng(5).integers(0, 256, (30, 40, 3), np.uint8)
    scaled = (frame / np.float32(255))[np.newaxis]
    of_first, of_inner, of_last = keras.Model(image, [first, inside, last])(scaled)
    of_block = np.tanh(tf.nn.conv2d(of_first, block.kernel, 1, "SAME"))
    expected = {"first": of_first, "block": of_block, "inner": of_inner, "last": of_last}
    extractor = open_extractor(path)
    found = []
    for layer, maps in zip(extractor.layers, extractor(frame), strict=True):
        reference = np.asarray(expected[layer.name])[0]
        difference = float(np.abs(maps - reference).max() / np.abs(reference).max())
        found.append([layer.name, layer.kind, difference])
    report = {"layers": found, "plan": refusal_to_plan(path)}
    sys.stdout.write("\n" + json.dumps(report) + "\n")


def refusal_to_plan(path: Path) -> str:
    try:
        pilot = PlannedPilot(path)
        pilot.at(pilot.trained_hw)
    except ModelError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
