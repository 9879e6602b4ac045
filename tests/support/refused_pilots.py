"""Pilots that TensorFlow writes and that cannot be used, and what opening and planning them says.

    python tests/support/refused_pilots.py FOLDER

Prints as JSON, for each of them, what it says. They are of Keras 2, but for an exported SavedModel.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from changed_graphs import changed
from keras_zoo import keras_2

from donkey_activations import ModelError, open_extractor
from donkey_activations.planning import sample_frames
from donkey_activations.planning.pilots import PlannedPilot
from donkey_activations.planning.plan import PlanOptions, make_plan
from donkey_activations.resolution import Resolution

KERAS = keras_2(tf)


def network(keras: Any = KERAS) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((48, 64, 3)),
            layers.Conv2D(8, 5, 2, activation="relu", name="conv2d_1"),
            layers.Conv2D(16, 3, 2, activation="relu", name="conv2d_2"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def incomplete(folder: Path) -> None:
    """SavedModels that lack a file of their weights."""
    for missing in ("data-00000-of-00001", "index"):
        path = folder / f"no_{missing.partition('-')[0]}.savedmodel"
        network().save(path, save_format="tf")
        (path / f"variables/variables.{missing}").unlink()
    exported = folder / "exported.savedmodel"
    module = tf.Module()
    module.model = network(tf.keras)
    served = tf.function(module.model, [tf.TensorSpec((1, 48, 64, 3))], autograph=False)
    tf.saved_model.save(module, str(exported), served.get_concrete_function())
    (exported / "variables/variables.data-00000-of-00001").unlink()
    if KERAS is tf.keras:
        # Keras 2 would keep its layers in there: leave the bare graph.
        (exported / "keras_metadata.pb").unlink(missing_ok=True)


def mixed(folder: Path) -> None:
    KERAS.mixed_precision.set_global_policy("mixed_float16")
    model = network()
    KERAS.mixed_precision.set_global_policy("float32")
    for suffix in (".h5", ".keras"):
        model.save(folder / f"mixed{suffix}")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    (folder / "mixed.tflite").write_bytes(converter.convert())


def pruned(folder: Path) -> None:
    """Nine weights of ten are 0 and stored sparse, in 8 bits: of all layers, or the dense one."""
    for stem, kinds in {"pruned": ("Conv2D", "Dense"), "pruned_dense": ("Dense",)}.items():
        model = network()
        random = np.random.default_rng(0)
        for layer in model.layers:
            if type(layer).__name__ in kinds:
                kernel, bias = layer.get_weights()
                layer.set_weights([kernel * (random.random(kernel.shape) < 0.1), bias])
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        converter.optimizations = [
            tf.lite.Optimize.EXPERIMENTAL_SPARSITY,
            tf.lite.Optimize.DEFAULT,
        ]
        (folder / f"{stem}.tflite").write_bytes(converter.convert())


def refused_by_litert(folder: Path) -> None:
    plain = tf.lite.TFLiteConverter.from_keras_model(network()).convert()

    def of_a_later_version(model: Any) -> None:
        for code in model.operatorCodes:
            if code.builtinCode == schema.BuiltinOperator.CONV_2D:
                code.version = 99

    (folder / "later.tflite").write_bytes(changed(plain, of_a_later_version))


def said(work: Callable[[Path], Any], path: Path) -> str | None:
    try:
        work(path)
    except ModelError as error:
        return str(error)
    return None


def plan(path: Path) -> None:
    pilot = PlannedPilot(path)
    own_size = Resolution(pilot.trained_hw[1], pilot.trained_hw[0])
    make_plan(pilot, [own_size], sample_frames.drawn(), PlanOptions(20, 5, 1), lambda _: None)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for make in (incomplete, mixed, pruned, refused_by_litert):
        make(folder)
    names = sorted(file.name for file in folder.iterdir() if file.suffix != ".json")
    told = {
        name: [said(open_extractor, folder / name), said(plan, folder / name)]
        for name in names
        if name != "cache"
    }
    print(json.dumps(told))
