"""Pilots of several and of odd inputs, opened by us and held against Keras.

    python tests/support/input_pilots.py FOLDER

Prints as JSON, for each file: its layers, the inputs that nobody feeds, how far its maps are from
those that Keras gives for the frame and zeros, and the error where it is refused.
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
from donkeycar.parts.interpreter import keras_to_tflite

from donkey_activations import ActivationsError, open_extractor

K, L = tf.keras, tf.keras.layers
SHAPE = (48, 64, 3)


def conv(filters: int, name: str) -> Any:
    """A convolution that does not give 0 for black."""
    return L.Conv2D(filters, 5, 2, activation="relu", bias_initializer="ones", name=name)


def steering(x: Any) -> Any:
    return L.Dense(2, name="steering")(L.Flatten()(x))


def commanded() -> Any:
    """The maps depend on a vector of commands."""
    image, command = K.Input(SHAPE, name="img_in"), K.Input((4,), name="cmd_in")
    gain = L.Dense(6, bias_initializer="ones")(command)
    x = L.Multiply()([conv(6, "first")(image), L.Reshape((1, 1, 6))(gain)])
    return K.Model([command, image], steering(conv(5, "second")(x)), name="commanded")


def named_second() -> Any:
    """Donkeycar's image is neither the first nor the largest."""
    rear, front = K.Input((64, 80, 3), name="a_rear"), K.Input(SHAPE, name="img_in")
    x = L.Concatenate()(
        [L.Flatten()(conv(4, "behind")(rear)), L.Flatten()(conv(6, "front")(front))]
    )
    return K.Model([rear, front], L.Dense(2)(x), name="named_second")


def colour_and_depth() -> Any:
    """No name helps: of a depth image and a colour one, the camera's is the one in colour."""
    depth, colour = K.Input((96, 128, 1), name="depth"), K.Input(SHAPE, name="view")
    x = L.Concatenate()([L.Flatten()(conv(4, "near")(depth)), L.Flatten()(conv(6, "seen")(colour))])
    return K.Model([depth, colour], L.Dense(2)(x), name="colour_and_depth")


def mixed() -> Any:
    """What both cameras see meets, so that the maps depend on one that nobody feeds."""
    left, right = K.Input(SHAPE, name="left"), K.Input(SHAPE, name="right")
    x = L.Add()([conv(4, "seen")(left), conv(4, "unseen")(right)])
    return K.Model([left, right], steering(conv(3, "both")(x)), name="mixed")


def scanned() -> Any:
    image, scan = K.Input(SHAPE, name="img_in"), K.Input((90, 1), name="lidar_in")
    y = L.Flatten()(L.Conv1D(4, 5, 2, activation="relu", name="scan")(scan))
    x = L.Concatenate()([L.Flatten()(conv(6, "seen")(image)), y])
    return K.Model([image, scan], L.Dense(2)(x), name="scanned")


def bytes_in() -> Any:
    image = K.Input(SHAPE, dtype="uint8", name="img_in")
    return K.Model(image, steering(conv(4, "seen")(L.Rescaling(1 / 255.0)(image))), name="bytes_in")


def batch_of_four() -> Any:
    image = K.Input(SHAPE, 4, name="img_in")
    return K.Model(image, steering(conv(4, "seen")(image)), name="batch_of_four")


def any_size() -> Any:
    image = K.Input((None, None, 3), name="img_in")
    x = L.GlobalMaxPooling2D()(conv(4, "seen")(image))
    return K.Model(image, L.Dense(2)(x), name="any_size")


def six_channels() -> Any:
    image = K.Input((48, 64, 6), name="img_in")
    return K.Model(image, steering(conv(4, "seen")(image)), name="six_channels")


def four_channels() -> Any:
    image = K.Input((48, 64, 4), name="obs")
    return K.Model(image, steering(conv(4, "seen")(image)), name="four_channels")


# The layers to be shown, and the input that the frame goes to.
PILOTS: dict[Callable[[], Any], tuple[tuple[str, ...], str]] = {
    commanded: (("first", "second"), "img_in"),
    named_second: (("front",), "img_in"),
    colour_and_depth: (("seen",), "view"),
    mixed: (("seen", "both"), "left"),
    scanned: (("seen",), "img_in"),
    bytes_in: (("seen",), "img_in"),
    batch_of_four: (("seen",), "img_in"),
    any_size: (("seen",), "img_in"),
    six_channels: (("seen",), "img_in"),
    four_channels: (("seen",), "obs"),
}


def expected(model: Any, layers: tuple[str, ...], camera: str, frame: Any) -> dict[str, Any]:
    """What Keras gives for the frame, and zeros for all else."""
    values = {}
    for tensor in model.inputs:
        shape = [length or 1 for length in tensor.shape]
        dtype = tf.as_dtype(tensor.dtype).as_numpy_dtype
        values[tensor.name] = np.zeros(shape, dtype)
        if tensor.name == camera:
            scaled = frame if dtype == np.uint8 else (frame / 255).astype(dtype)
            values[tensor.name] = np.broadcast_to(scaled, (shape[0], *frame.shape))
    shown = K.Model(model.inputs, [model.get_layer(name).output for name in layers])
    inputs = [values[tensor.name] for tensor in model.inputs]
    maps = tf.nest.flatten(shown(inputs if len(inputs) > 1 else inputs[0]))
    return {name: np.asarray(value)[-1] for name, value in zip(layers, maps, strict=True)}


def opened(path: Path, size: tuple[int, int] | None, frame: Any, maps: dict[str, Any]) -> Any:
    try:
        extractors = [open_extractor(path, size=size) for _ in range(3)]
    except ActivationsError as error:
        return {"error": str(error)}
    differences = []
    for extractor in extractors:
        for _ in range(2):  # a run leaves other values in an input's memory
            given = extractor(frame)
        for layer, ours in zip(extractor.layers, given, strict=True):
            reference = maps[layer.name]
            differences.append(float(np.abs(ours - reference).max() / np.abs(reference).max()))
    return {
        "error": None,
        "layers": [layer.name for layer in extractors[0].layers],
        "unfed": list(extractors[0].unfed_inputs),
        "difference": max(differences),
    }


def main(folder: Path) -> None:
    """Build, open and compare all of them."""
    found = {}
    for build, (layers, camera) in PILOTS.items():
        K.utils.set_random_seed(4)
        model = build()
        height, width, channels = next(
            (t.shape[1] or 48, t.shape[2] or 64, t.shape[3])
            for t in model.inputs
            if t.name == camera
        )
        frame = np.random.default_rng(1).integers(0, 256, (height, width, channels), np.uint8)
        size = (height, width) if model.name == "any_size" else None
        maps = expected(model, layers, camera, frame)
        for suffix in (".h5", ".tflite"):
            path = folder / f"{model.name}{suffix}"
            if suffix == ".h5":
                model.save(path, include_optimizer=False)
            else:
                _to_tflite(model, path)
            found[path.name] = opened(path, size, frame, maps)
            if size is not None:
                found[f"{path.name} at its own size"] = opened(path, None, frame, maps)
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def _to_tflite(model: Any, path: Path) -> None:
    """Convert as Donkeycar does where it can: it takes inputs of float32 and of one size."""
    plain = all(
        tf.as_dtype(t.dtype) == tf.float32 and None not in t.shape[1:] for t in model.inputs
    )
    if plain and model.inputs[0].shape[0] is None:
        keras_to_tflite(model, str(path))
        return
    specs = [tf.TensorSpec(t.shape, t.dtype, t.name) for t in model.inputs]
    function = tf.function(lambda *values: model(list(values)), input_signature=specs)
    convert = tf.lite.TFLiteConverter.from_concrete_functions
    path.write_bytes(convert([function.get_concrete_function()], function).convert())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
