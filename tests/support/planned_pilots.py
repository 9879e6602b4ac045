"""Pilots as the planner has them at other sizes, beside those that their makers build there.

One process builds them, saves them, and has them from the planner; what it prints as JSON is what
the planner gave and what Keras says of a network built at that very size.

    python tests/support/planned_pilots.py FOLDER planned lite refused …
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from donkeycar.parts import keras as donkey
from keras_zoo import keras_2
from numpy.typing import NDArray
from pilot_kinds import (
    Maps,
    Pilot,
    kinds_of_convolution,
    maps_of_flat_model,
    model_inputs,
    nested,
    recurrent,
    residual,
    save,
    separate_activations,
    two_images,
)

from donkey_activations import open_extractor
from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors import engines
from donkey_activations.extractors.keras_resizing import rebuild
from donkey_activations.planning.pilots import PlannedPilot

L = tf.keras.layers
# Keras 3 keeps no layers in a SavedModel.
KERAS_2 = keras_2(tf)
Size = tuple[int, int]

SIZES: list[Size] = [(180, 320), (200, 150)]


def stock(kind: type, height: int, width: int, **keys: Any) -> Pilot:
    model = kind(input_shape=(height, width, 3), **keys).interpreter.model
    return model, maps_of_flat_model


def no_maps(_model: tf.keras.Model, _inputs: Any) -> Maps:
    return {}


def shared_encoder(height: int = 40, width: int = 56) -> Pilot:
    """A model that is called twice, in the graph of another one."""
    inside = L.Input((height, width, 3))
    x = L.BatchNormalization()(L.Conv2D(4, 5, strides=4, name="seen")(inside))
    encoder = tf.keras.Model(inside, L.Dense(5)(L.GlobalAveragePooling2D()(x)), name="encoder")
    left = L.Input((height, width, 3), name="left")
    right = L.Input((height, width, 3), name="right")
    joined = L.Concatenate()([encoder(left), encoder(right)])
    return tf.keras.Model([left, right], L.Dense(2)(joined), name="shared"), no_maps


def encoder_in_time(height: int = 40, width: int = 56) -> Pilot:
    """A model behind a layer, for every frame of a sequence, with a dense layer in it."""
    image = L.Input((3, height, width, 3), name="img_in")
    x = L.TimeDistributed(L.Conv2D(3, 3, name="first"))(image)
    encoder = tf.keras.Sequential(
        [L.Conv2D(4, 5, strides=4, name="seen"), L.BatchNormalization(), L.Flatten(), L.Dense(6)],
        name="encoder",
    )
    x = L.TimeDistributed(encoder)(x)
    return tf.keras.Model(image, L.Dense(2)(L.LSTM(4)(x)), name="in_time"), no_maps


def normalised(height: int = 40, width: int = 56) -> Pilot:
    """Weights that are none of a convolution's and stand in front of them."""
    image = L.Input((height, width, 3), name="img_in")
    scaled = L.Normalization(mean=None, variance=None, name="scaled")
    scaled.adapt(np.random.default_rng(0).random((4, height, width, 3)) * [1, 2, 3] + 1)
    x = L.Conv2D(4, 5, strides=4, name="seen")(scaled(image))
    return tf.keras.Model(image, L.Dense(2)(L.GlobalAveragePooling2D()(x)), name="norm"), no_maps


KINDS: dict[str, tuple[Size, Callable[[int, int], Pilot]]] = {
    "linear": ((120, 160), partial(stock, donkey.KerasLinear)),
    "categorical": ((120, 160), partial(stock, donkey.KerasCategorical)),
    "inferred": ((120, 160), partial(stock, donkey.KerasInferred)),
    "memory": ((120, 160), partial(stock, donkey.KerasMemory)),
    "imu": ((120, 160), partial(stock, donkey.KerasIMU)),
    "behavior": ((120, 160), partial(stock, donkey.KerasBehavioral)),
    "localizer": ((120, 160), partial(stock, donkey.KerasLocalizer)),
    "latent": ((120, 160), partial(stock, donkey.KerasLatent)),
    "rnn": ((60, 80), partial(stock, donkey.KerasLSTM, seq_length=2)),
    "3d": ((60, 80), partial(stock, donkey.Keras3D_CNN, seq_length=4)),
    "separate activations": ((40, 56), separate_activations),
    "kinds of convolution": ((40, 56), kinds_of_convolution),
    "residual": ((40, 56), residual),
    "nested": ((40, 56), nested),
    "two images": ((40, 56), two_images),
    "ConvLSTM": ((40, 56), recurrent),
    "shared encoder": ((40, 56), shared_encoder),
    "encoder in time": ((40, 56), encoder_in_time),
    "normalised": ((40, 56), normalised),
}

# At which sizes the planner makes them, which takes some seconds each.
PLANNED: dict[str, list[Size]] = {
    "linear": [(120, 160), (180, 320)],
    "categorical": [(180, 320)],
    "inferred": [(200, 150)],
    "memory": [(180, 320)],
    "imu": [(200, 150)],
    "behavior": [(180, 320)],
    "localizer": [(200, 150)],
    "latent": [(180, 320)],
    "rnn": [(200, 150)],
    "3d": [(180, 320)],
    "nested": [(200, 150)],
}
LITE = ["3d", "residual", "two images", "separate activations"]
LITE_SIZE: Size = (68, 90)


def build(kind: str, size: Size | None = None) -> Pilot:
    own, make = KINDS[kind]
    tf.keras.utils.set_random_seed(3)
    return make(*(size or own))


def with_weights_of(model: tf.keras.Model, other: tf.keras.Model) -> tf.keras.Model:
    """Gives a model the weights of another one that was built alike, where they fit."""
    pairs = zip(other.get_weights(), model.get_weights(), strict=True)
    model.set_weights([old if old.shape == new.shape else new for old, new in pairs])
    return model


def image_for(model: tf.keras.Model) -> NDArray[np.uint8]:
    shape = next(t.shape[1:] for t in model.inputs if len(t.shape) > 3)
    image: NDArray[np.uint8] = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    return image


def newest(maps: Any) -> NDArray[Any]:
    values: NDArray[Any] = np.asarray(maps)
    newest: NDArray[Any] = values.reshape(-1, *values.shape[-3:])[-1]
    return newest


def sizes_of(extractor: Any) -> dict[str, list[int]]:
    return {layer.name: [layer.height, layer.width, layer.filters] for layer in extractor.layers}


def planned(folder: Path) -> dict[str, Any]:
    """What the planner makes of a `.h5`, and what Keras says of the network built there."""
    table: dict[str, Any] = {}
    for kind, sizes in PLANNED.items():
        tf.keras.backend.clear_session()
        model, read = build(kind)
        pilot = PlannedPilot(save(model, folder / kind.replace(" ", "_"), ".h5"))
        table[kind] = {
            "trained_hw": pilot.trained_hw,
            "sequence_length": pilot.sequence_length,
            "sizes": {f"{w}x{h}": compare(pilot, (h, w), kind, model, read) for h, w in sizes},
        }
    return table


def compare(
    pilot: PlannedPilot, size: Size, kind: str, model: tf.keras.Model, read: Any
) -> dict[str, Any]:
    reference = with_weights_of(build(kind, size)[0], model)
    image = image_for(reference)
    # Layers without a name of their own are numbered anew in each network.
    names = read(model, model_inputs(model, image_for(model)))
    maps_there = read(reference, model_inputs(reference, image)).values()
    expected = dict(zip(names, map(newest, maps_there), strict=True))
    sized = pilot.at(size)
    extractor = engines.run(sized.cut_graph, None, 1)
    assert pilot.at(size) is sized
    differences = {
        layer.name: relative_difference(maps, expected[layer.name])
        for layer, maps in zip(extractor.layers, extractor(image), strict=True)
    }
    return {
        "size_hw": sized.size_hw,
        "size_changed": extractor.size_changed,
        "input": extractor.input_shape,
        "layers": sizes_of(extractor),
        "expected_layers": {name: list(maps.shape) for name, maps in expected.items()},
        "differences": differences,
        "parameters": sized.parameters,
        "expected_parameters": reference.count_params(),
        "whole_outputs": whole_outputs(sized.whole),
        "expected_outputs": [[1, *t.shape[1:]] for t in reference.outputs],
    }


def relative_difference(maps: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.abs(maps - expected).max() / np.abs(expected).max())


def whole_outputs(content: bytes | None) -> list[list[int]]:
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.invoke()
    return [
        list(interpreter.get_tensor(detail["index"]).shape)
        for detail in interpreter.get_output_details()
    ]


def rebuilt(_folder: Path) -> dict[str, Any]:
    """What a network is that was built anew, and what it is where its maker builds it."""
    table: dict[str, Any] = {}
    for kind in KINDS:
        tf.keras.backend.clear_session()
        model, _ = build(kind)
        table[kind] = {}
        for height, width in SIZES:
            reference = build(kind, (height, width))[0]
            again = rebuild(tf, model, (height, width))
            kept = [np.array_equal(old, new) for old, new in weights_that_fit(model, again)]
            reference.set_weights(again.get_weights())
            for layer in reference.layers:
                if hasattr(layer, "finalize_state"):
                    layer.finalize_state()
            inputs = model_inputs(reference, image_for(reference))
            given, expected = flat_outputs(again, inputs), flat_outputs(reference, inputs)
            table[kind][f"{width}x{height}"] = {
                "layers": shapes_of(again),
                "expected_layers": shapes_of(reference),
                "weights_kept": kept.count(True),
                "weights_lost": kept.count(False),
                "difference": float(np.abs(given - expected).max()),
                "largest": float(np.abs(expected).max()),
            }
    return table


def weights_that_fit(model: tf.keras.Model, again: tf.keras.Model) -> list[Any]:
    pairs = zip(model.get_weights(), again.get_weights(), strict=True)
    return [(old, new) for old, new in pairs if old.shape == new.shape]


def flat_outputs(model: tf.keras.Model, inputs: Any) -> NDArray[Any]:
    outputs = tf.nest.flatten(model(inputs, training=False))
    return np.concatenate([np.asarray(output).reshape(-1) for output in outputs])


def shapes_of(model: tf.keras.Model) -> dict[str, str]:
    """What each layer gave when it was called last."""
    return {
        layer.name: str([t.shape for t in tf.nest.flatten(layer._inbound_nodes[-1].output_tensors)])
        for layer in model.layers
    }


def lite(folder: Path) -> dict[str, Any]:
    """A `.tflite` at another size from the planner, and as an extractor runs it there."""
    table: dict[str, Any] = {}
    for kind in LITE:
        tf.keras.backend.clear_session()
        model, _ = build(kind)
        path = save(model, folder / kind.replace(" ", "_"), ".tflite")
        extractor = open_extractor(path, size=LITE_SIZE)
        sized = PlannedPilot(path).at(LITE_SIZE)
        own = engines.run(sized.cut_graph, None, 1)
        image = image_for(build(kind, LITE_SIZE)[0])
        pairs = zip(own(image), extractor(image), strict=True)
        table[kind] = {
            "input": own.input_shape,
            "size_changed": own.size_changed,
            "layers": repr(own.layers),
            "expected_layers": repr(extractor.layers),
            "known": all(layer.receptive_field is not None for layer in own.layers),
            "equal": all(np.array_equal(maps, expected) for maps, expected in pairs),
        }
    return table


def unet(height: int = 48, width: int = 64) -> tf.keras.Model:
    """Its branches meet only where both sides are multiples of 4."""
    x = image = L.Input((height, width, 3), name="img_in")
    left = []
    for number in range(2):
        x = L.Conv2D(4, 3, padding="same", name=f"down_{number}")(x)
        left.append(x)
        x = L.MaxPooling2D()(x)
    for number in range(2):
        x = L.Concatenate()([L.UpSampling2D()(x), left.pop()])
        x = L.Conv2D(4, 3, padding="same", name=f"up_{number}")(x)
    return tf.keras.Model(image, L.Dense(2)(L.GlobalAveragePooling2D()(x)), name="unet")


class Blocks(L.Layer):  # type: ignore[misc, name-defined]
    def call(self, x: Any) -> Any:
        return tf.nn.space_to_depth(x, 4)


def in_blocks(height: int = 48, width: int = 64) -> tf.keras.Model:
    image = L.Input((height, width, 3), name="img_in")
    x = L.Conv2D(4, 3, name="seen")(Blocks()(image))
    return tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="in_blocks")


def fixed() -> tf.keras.Model:
    image = L.Input((48, 64, 3), name="img_in")
    x = L.Reshape((23 * 31 * 4,))(L.Conv2D(4, 3, strides=2, name="seen")(image))
    return tf.keras.Model(image, L.Dense(2)(x), name="fixed")


def gated() -> tf.keras.Model:
    """A convolution of one cell, whatever the size."""
    image = L.Input((48, 64, 3), name="img_in")
    x = L.Conv2D(4, 3, strides=2, name="seen")(image)
    gate = L.Conv2D(4, 1, name="gate")(L.GlobalAveragePooling2D(keepdims=True)(x))
    x = L.Conv2D(4, 3, name="after")(L.Multiply()([x, gate]))
    return tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="gated")


def around(layer: Any, keras: Any = tf.keras) -> Any:
    layers = keras.layers
    image = layers.Input((48, 64, 3), name="img_in")
    x = layers.Conv2D(4, 3, name="seen")(layer(image))
    return keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)), name="around")


class HomeMade(KERAS_2.layers.Layer):  # type: ignore[misc, name-defined]
    def call(self, x: Any) -> Any:
        return x * 2.0


class ByHand(KERAS_2.Model):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__(name="by_hand")
        self.inner = KERAS_2.layers.Conv2D(3, 3, name="inner")

    def call(self, x: Any) -> Any:
        return self.inner(x)


def any_size() -> tf.keras.Model:
    image = L.Input((None, None, 3), name="img_in")
    x = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, name="seen")(image))
    return tf.keras.Model(image, L.Dense(2)(x), name="any_size")


def dense_only() -> tf.keras.Model:
    image = L.Input((48, 64, 3), name="img_in")
    return tf.keras.Model(image, L.Dense(2)(L.Flatten()(image)), name="dense_only")


OTHERS: dict[str, Callable[[], tf.keras.Model]] = {
    "linear": lambda: build("linear")[0],
    "ConvLSTM": lambda: build("ConvLSTM")[0],
    "unet": unet,
    "in_blocks": in_blocks,
    "fixed": fixed,
    "gated": gated,
    "home_made": lambda: around(HomeMade(name="home_made"), KERAS_2),
    "by_hand": lambda: around(ByHand(), KERAS_2),
    "stored_code": lambda: around(L.Lambda(lambda x: x * 2.0, name="stored_code")),
    "any_size": any_size,
    "dense_only": dense_only,
}


def refused(folder: Path) -> dict[str, str]:
    """What the planner says of sizes, by pilot and `WxH`; of those that it gives, their layers."""
    asked: list[tuple[str, str, bool, list[Size]]] = [
        ("linear", ".h5", False, [(30, 40), (60, 200), (61, 60), (61, 61)]),
        ("ConvLSTM", ".tflite", False, [(68, 90)]),
        ("unet", ".h5", False, [(50, 61), (48, 66), (52, 60), (3, 64)]),
        ("in_blocks", ".tflite", False, [(50, 62), (48, 66), (52, 60), (8, 64)]),
        ("fixed", ".h5", False, [(96, 128), (40, 30)]),
        ("gated", ".tflite", False, [(240, 320)]),
        ("home_made", ".savedmodel", False, [(48, 64), (60, 80)]),
        ("by_hand", ".savedmodel", False, [(60, 80)]),
        ("stored_code", ".keras", False, [(60, 80)]),
        ("stored_code", ".keras", True, [(60, 80)]),
        ("any_size", ".h5", False, [(60, 80)]),
        ("dense_only", ".h5", False, [(60, 80)]),
    ]
    said = {}
    for name, suffix, trusted, sizes in asked:
        tf.keras.backend.clear_session()
        path = folder / f"other_{name}{suffix}"
        if suffix == ".savedmodel":
            OTHERS[name]().save(str(path), save_format="tf")
        else:
            save(OTHERS[name](), folder / f"other_{name}", suffix)
        try:
            pilot = PlannedPilot(path, trust_model=trusted)
        except ModelError as error:
            said[f"{name}{suffix}"] = str(error).removeprefix(f"{path}: ")
            continue
        for height, width in sizes:
            said[f"{name}{suffix} {width}x{height}"] = answer(pilot, (height, width))
    return said


def answer(pilot: PlannedPilot, size: Size) -> str:
    try:
        extractor = engines.run(pilot.at(size).cut_graph, None, 1)
    except SizeError as error:
        return str(error)
    return " ".join(f"{name} {w}x{h}" for name, (h, w, _) in sizes_of(extractor).items())


def converted(folder: Path) -> list[bool]:
    """Whether what the planner takes for the whole pilot is what Donkeycar converts it to."""
    model, _ = build("linear")
    sized = PlannedPilot(save(model, folder / "converted", ".h5")).at((120, 160))
    image = image_for(model)[np.newaxis] * np.float32(1 / 255)
    donkeycars = save(model, folder / "converted", ".tflite").read_bytes()
    return [a == b for a, b in zip(ran(sized.whole, image), ran(donkeycars, image), strict=True)]


def ran(content: bytes | None, image: NDArray[np.floating[Any]]) -> list[Any]:
    """The operators of a graph, and what comes out of it."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
    operators = [operator["op_name"] for operator in interpreter._get_ops_details()]
    return [operators, sorted(float(output) for output in outputs)]


def chosen(folder: Path) -> dict[str, Any]:
    """Layers that were asked for by name, with their kinds: not convolutions alone."""
    path = save(build("residual")[0], folder / "chosen", ".h5")
    pilot = PlannedPilot(path, layers=["last", "joined_relu"])
    extractors = [engines.run(pilot.at(size).cut_graph, None, 1) for size in [(40, 56), (60, 80)]]
    return {
        f"{extractor.input_shape[1]}x{extractor.input_shape[0]}": [
            [layer.kind, layer.name, layer.width, layer.height] for layer in extractor.layers
        ]
        for extractor in extractors
    }


if __name__ == "__main__":
    tables = {task.__name__: task for task in (planned, rebuilt, lite, refused, converted, chosen)}
    scratch, *tasks = sys.argv[1:]
    found = {name: tables[name](Path(scratch)) for name in tasks}
    sys.stdout.write("\n" + json.dumps(found) + "\n")
