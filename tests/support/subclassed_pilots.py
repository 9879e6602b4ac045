"""A pilot of a class of its own, saved in each way, and what opening each file says.

    python tests/support/subclassed_pilots.py FOLDER

Prints as JSON, for each file, what it says, or the name of its layer and how far its maps are from
those of Keras, in parts of the largest value.
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

K = tf.keras
FRAME = np.random.default_rng(5).integers(0, 256, (48, 64, 3), np.uint8)
SCALED = (FRAME / np.float32(255))[np.newaxis]


class Pilot(K.Model):  # type: ignore[misc, name-defined]
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first = K.layers.Conv2D(6, 5, 2, activation="relu", name="first")
        self.angle = K.layers.Dense(1, name="angle")

    def call(self, image: Any) -> Any:
        return self.angle(K.layers.Flatten()(self.first(image)))


def said(path: Path, maps: Any) -> Any:
    try:
        extractor = open_extractor(path)
    except ModelError as error:
        return str(error)
    (found,) = extractor(FRAME)
    return [extractor.layers[0].name, float(np.abs(found - maps).max() / np.abs(maps).max())]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    K.utils.set_random_seed(5)
    pilot = Pilot()
    pilot(SCALED)
    maps = pilot.first(SCALED)[0].numpy()
    saved = {"pilot.weights.h5": pilot.save_weights, "pilot.keras": pilot.save}
    alone = {}
    for name, save in saved.items():
        save(str(folder / name))
        alone[name] = said(folder / name, maps)
    image = tf.TensorSpec((1, 48, 64, 3), name="img_in")
    function = tf.function(pilot, [image], autograph=False).get_concrete_function()
    holder = tf.Module()
    holder.variables_read = list(function.graph.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], holder)
    (folder / "pilot.tflite").write_bytes(converter.convert())
    beside = {name: said(folder / name, maps) for name in saved}
    with K.utils.custom_object_scope({"Pilot": Pilot}):
        registered = said(folder / "pilot.keras", maps)
    tflite = said(folder / "pilot.tflite", maps)
    print(json.dumps({"alone": alone, "beside": beside, "tflite": tflite, "class": registered}))
