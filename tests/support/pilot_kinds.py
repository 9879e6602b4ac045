"""Every kind of pilot that Donkeycar creates, and stacks as people build them, held against Keras.

One process builds them, saves them in the asked formats, opens each file with our extractor and
compares the maps with what Keras computes by itself; it prints the largest differences as JSON.

    python tests/support/pilot_kinds.py FOLDER [--kinds linear,rnn] [--formats .tflite,.h5]
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from changed_graphs import changed, spread_biases
from donkeycar.parts import keras as donkey
from donkeycar.parts.interpreter import keras_to_tflite
from numpy.typing import NDArray

from donkey_activations import open_extractor

L = tf.keras.layers
KERAS_3 = hasattr(tf.keras, "Operation")
Maps = dict[str, Any]
Pilot = tuple[tf.keras.Model, Callable[[tf.keras.Model, Any], Maps]]


def maps_of_flat_model(model: tf.keras.Model, inputs: Any) -> Maps:
    """What the convolutions of a model without nested models give, by their name."""
    shown = {}
    for layer in model.layers:
        name, own = in_its_wrapper(layer)
        if isinstance(own, L.Conv2D | L.Conv2DTranspose | L.Conv3D):
            shown[name] = layer.output
    values = tf.keras.Model(model.inputs, list(shown.values()))(inputs, training=False)
    return dict(zip(shown, values, strict=True))


def in_its_wrapper(layer: Any) -> tuple[str, Any]:
    """A layer that may be called at each step, and its name.

    In a graph that Keras 3 makes, only the name of the wrapper is left.
    """
    own = layer.layer if isinstance(layer, L.TimeDistributed) else layer
    return layer.name if KERAS_3 else own.name, own


def classes_of(model: tf.keras.Model) -> dict[str, str]:
    """The classes of a model's layers by their names."""
    classes = {}
    for layer in model.layers:
        name, own = in_its_wrapper(layer)
        classes[name] = type(own).__name__
        classes |= classes_of(own) if isinstance(own, tf.keras.Model) else {}
    return classes


def stock(kind: type, **shape: Any) -> Pilot:
    return kind(**shape).interpreter.model, maps_of_flat_model


def by_layer(shown_behind: dict[str, str]) -> Callable[[tf.keras.Model, Any], Maps]:
    """Reads the map of each named layer behind another one, as the model's author would."""

    def read(model: tf.keras.Model, inputs: Any) -> Maps:
        outputs = [model.get_layer(behind).output for behind in shown_behind.values()]
        values = tf.keras.Model(model.inputs, outputs)(inputs, training=False)
        values = values if isinstance(values, list) else [values]
        return dict(zip(shown_behind, values, strict=True))

    return read


def separate_activations(height: int = 40, width: int = 56) -> Pilot:
    x = image = L.Input((height, width, 3), name="img_in")
    x = L.Rescaling(2.0, offset=-1.0)(x)
    x = L.Cropping2D(((6, 0), (0, 0)))(x)
    x = L.Conv2D(8, 3, use_bias=False, name="normalised")(x)
    x = L.BatchNormalization(name="bn")(x)
    x = L.Activation("relu", name="bn_relu")(x)
    x = L.Conv2D(6, 3, padding="same", name="leaky")(x)
    x = L.LeakyReLU(name="leaky_act")(x)
    x = L.Conv2D(6, 3, activation="elu", name="elu")(x)
    x = L.Conv2D(6, 3, activation="swish", name="swish")(x)
    x = L.Conv2D(6, 3, name="linear_then_dropout")(x)
    x = L.Dropout(0.3)(x)
    x = L.ReLU(name="late_relu")(x)
    out = L.Dense(2)(L.Flatten()(x))
    model = tf.keras.Model(image, out, name="separate")
    norm = model.get_layer("bn")
    norm.set_weights([np.linspace(0.5, 1.5, 8)] * 2 + [np.linspace(-1, 1, 8), np.ones(8)])
    behind = {"normalised": "bn_relu", "leaky": "leaky_act", "elu": "elu", "swish": "swish"}
    return model, by_layer({**behind, "linear_then_dropout": "late_relu"})


def kinds_of_convolution(height: int = 40, width: int = 56) -> Pilot:
    x = image = L.Input((height, width, 1), name="img_in")
    x = L.DepthwiseConv2D(3, depth_multiplier=4, activation="relu", name="depthwise")(x)
    x = L.SeparableConv2D(12, 3, activation="relu", name="separable")(x)
    x = L.Conv2D(10, 3, dilation_rate=2, activation="relu", name="dilated")(x)
    x = L.Conv2D(10, 3, strides=(2, 3), padding="same", activation="tanh", name="strided")(x)
    x = L.Conv2DTranspose(5, 3, strides=2, activation="relu", name="transposed")(x)
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="convolutions")
    names = ["depthwise", "separable", "dilated", "strided", "transposed"]
    return model, by_layer(dict(zip(names, names, strict=True)))


def residual(height: int = 40, width: int = 56) -> Pilot:
    image = L.Input((height, width, 3), name="img_in")
    state = L.Input((4,), name="a_state")
    x = L.Conv2D(8, 5, strides=2, activation="relu", name="stem")(image)
    y = L.Conv2D(8, 3, padding="same", activation="relu", name="branch_a")(x)
    y = L.Conv2D(8, 3, padding="same", name="branch_b")(y)
    x = L.ReLU(name="joined_relu")(L.Add()([x, y]))
    x = L.Concatenate()([x, L.Conv2D(4, 1, activation="relu", name="side")(x)])
    x = L.Conv2D(6, 3, activation="relu", name="last")(L.MaxPooling2D()(x))
    joined = L.Concatenate()([L.Flatten()(x), L.Dense(3)(state)])
    model = tf.keras.Model([state, image], [L.Dense(1, name="b_out")(joined)] * 1, name="residual")
    names = ["stem", "branch_a", "branch_b", "side", "last"]
    return model, by_layer(dict(zip(names, names, strict=True)))


def shortcuts(height: int = 40, width: int = 56) -> Pilot:
    """Blocks with a convolution on the shortcut, as of ResNet and Inception."""
    x = image = L.Input((height, width, 3), name="img_in")
    names = []
    for block in "ab":
        y = L.Conv2D(6, 3, padding="same", activation="relu", name=f"{block}_deep_1")(x)
        z = L.Conv2D(6, 1, name=f"{block}_shortcut")(x)
        y = L.Conv2D(6, 3, padding="same", name=f"{block}_deep_2")(y)
        x = L.ReLU()(L.Add()([z, y]))
        names += [f"{block}_{end}" for end in ("deep_1", "deep_2", "shortcut")]
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="shortcuts")
    return model, by_layer(dict(zip(names, names, strict=True)))


def nested(height: int = 40, width: int = 56) -> Pilot:
    inner = tf.keras.Sequential(
        [L.Conv2D(6, 3, activation="relu", name="inner_a"), L.Conv2D(5, 3, name="inner_b")],
        name="encoder",
    )
    outer = tf.keras.Sequential(
        [L.Input((height, width, 3), name="img_in"), L.Conv2D(4, 3, name="first"), inner,
         L.Conv2D(3, 3, activation="relu", name="after"), L.Flatten(), L.Dense(2)],
        name="outer",
    )  # fmt: skip

    def read(model: tf.keras.Model, inputs: Any) -> Maps:
        first = model.get_layer("first")(inputs[0])
        inner_a = model.get_layer("encoder").get_layer("inner_a")(first)
        inner_b = model.get_layer("encoder").get_layer("inner_b")(inner_a)
        after = model.get_layer("after")(inner_b)
        return {"first": first, "inner_a": inner_a, "inner_b": inner_b, "after": after}

    return outer, read


def two_images(height: int = 40, width: int = 56) -> Pilot:
    left = L.Input((height, width, 3), name="left")
    right = L.Input((height, width, 3), name="right")
    a = L.Conv2D(4, 5, activation="relu", name="conv_left")(left)
    b = L.Conv2D(4, 5, activation="relu", name="conv_right")(right)
    x = L.Conv2D(4, 3, activation="relu", name="both")(L.Subtract()([a, b]))
    model = tf.keras.Model([left, right], L.Dense(2)(L.Flatten()(x)), name="two_images")
    names = ["conv_left", "both"]  # the frame does not go to the right one
    return model, by_layer(dict(zip(names, names, strict=True)))


def recurrent(height: int = 40, width: int = 56) -> Pilot:
    model = tf.keras.Sequential(
        [L.Input((3, height, width, 3), name="img_in"), L.ConvLSTM2D(6, 3, name="memory"),
         L.Conv2D(4, 3, activation="relu", name="after"), L.Flatten(), L.Dense(2)],
        name="recurrent",
    )  # fmt: skip
    return model, by_layer({"memory": "memory", "after": "after"})


def numbered_names(height: int = 40, width: int = 56) -> Pilot:
    """Names that end as those do that TensorFlow makes unique, or that are an operation's."""
    x = image = L.Input((height, width, 3), name="img_in")
    names = ["conv_1", "conv_1_1", "conv_2", "convolution_1", "Conv2D_1", "depthwise_1"]
    for name in names:
        layer = L.DepthwiseConv2D if name == "depthwise_1" else partial(L.Conv2D, 4)
        x = layer(3, activation="relu", name=name)(x)
    model = tf.keras.Model(image, L.Dense(2, name="dense_1")(L.Flatten()(x)), name="pilot_1")
    return model, by_layer(dict(zip(names, names, strict=True)))


# Two calls of one layer, by the names of their maps.
CALLS = dict.fromkeys(("twice/shared_1", "twice/shared_1_2"), "shared_1")


def activations(height: int = 40, width: int = 56) -> Pilot:
    """Activations that the converter makes several operators of, in a layer and behind one."""
    x = image = L.Input((height, width, 3), name="img_in")
    behind: dict[str, Any] = {}
    for name in ("selu", "softplus", "exponential", "softsign", "mish", "softmax"):
        x = L.Conv2D(4, 3, activation=name, name=name)(x)
        x = L.Conv2D(4, 3, name=f"before_{name}")(x)
        x = L.Activation(name, name=f"{name}_alone")(x)
        behind |= {name: name, f"before_{name}": f"{name}_alone"}
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="activations")
    return model, by_layer(behind)


def called_twice(height: int = 40, width: int = 56) -> Pilot:
    x = image = L.Input((height, width, 3), name="img_in")
    x = L.Conv2D(4, 3, activation="relu", name="first")(x)
    shared = L.Conv2D(4, 1, activation="relu", name="shared_1")
    once = shared(x)
    twice = shared(once)
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(twice)), name="twice")

    def read(model: tf.keras.Model, inputs: Any) -> Maps:
        maps = tf.keras.Model(model.inputs, [model.get_layer("first").output, once, twice])(inputs)
        return dict(zip(["first", *CALLS], maps, strict=True))

    return model, read


def steps(height: int = 40, width: int = 56) -> Pilot:
    """Recurrent convolutions alone, in a loop and not, and others at each step."""
    x = image = L.Input((3, height, width, 3), name="img_in")
    x = L.ConvLSTM2D(4, 3, return_sequences=True, name="memory_1")(x)
    # Keras 2 cannot unroll them.
    x = L.ConvLSTM2D(5, 3, return_sequences=True, unroll=KERAS_3, name="memory_2")(x)
    x = L.TimeDistributed(L.SeparableConv2D(6, 3, name="separable_1"), name="separable_1")(x)
    x = L.TimeDistributed(L.DepthwiseConv2D(3, name="depthwise_1"), name="depthwise_1")(x)
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="steps_1")
    names = ["memory_1", "memory_2", "separable_1", "depthwise_1"]
    return model, by_layer(dict(zip(names, names, strict=True)))


def activated_steps(height: int = 40, width: int = 56) -> Pilot:
    """Convolutions at each step, with what follows them at each step, or on all of them at once."""
    x = image = L.Input((3, height, width, 3), name="img_in")
    each_step = [
        L.Conv2D(4, 3, name="first_1"), L.ReLU(name="relu"),
        L.Conv2D(4, 3, name="second_1"), L.BatchNormalization(name="normalised"),
        L.DepthwiseConv2D(3, name="third_1"), L.BatchNormalization(name="both"),
        L.Activation("softplus", name="softplus"), L.Conv2D(4, 3, name="fourth_1"),
    ]  # fmt: skip
    for layer in each_step:
        x = L.TimeDistributed(layer, name=layer.name)(x)
    x = L.ReLU(name="at_once")(L.BatchNormalization(name="normalised_at_once")(x))
    x = L.TimeDistributed(L.Conv2D(3, 3, name="last_1"), name="last_1")(x)
    behind = {"first_1": "relu", "second_1": "normalised", "third_1": "softplus"}
    behind |= {"fourth_1": "at_once", "last_1": "last_1"}
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="steps_1")
    return model, by_layer(behind)


def groups(height: int = 40, width: int = 56) -> Pilot:
    """Convolutions in groups, beside others that have as many filters."""
    x = image = L.Input((height, width, 3), name="img_in")
    x = L.Conv2D(8, 3, activation="relu", name="stem")(x)
    shown = {"stem": "stem"}
    for block, biased in (("a", True), ("b", False)):
        y = L.Conv2D(8, 1, use_bias=False, name=f"{block}_first")(x)
        y = L.ReLU(name=f"{block}_first_relu")(L.BatchNormalization()(y))
        y = L.Conv2D(8, 3, padding="same", groups=4, use_bias=biased, name=f"{block}_groups")(y)
        y = L.ReLU(name=f"{block}_relu")(L.BatchNormalization(name=f"{block}_normalised")(y))
        z = L.Conv2D(8, 1, use_bias=False, name=f"{block}_skip")(x)
        x = L.ReLU()(L.Add()([L.BatchNormalization(name=f"{block}_skip_normalised")(z), y]))
        shown |= {f"{block}_first": f"{block}_first_relu", f"{block}_groups": f"{block}_relu"}
        shown[f"{block}_skip"] = f"{block}_skip_normalised"
    model = tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="groups")
    return model, by_layer(shown)


SHAPE = (120, 160, 3)
KINDS: dict[str, Callable[[], Pilot]] = {
    "linear": lambda: stock(donkey.KerasLinear, input_shape=SHAPE),
    "linear grey": lambda: stock(donkey.KerasLinear, input_shape=(120, 160, 1)),
    "linear 320x180": lambda: stock(donkey.KerasLinear, input_shape=(180, 320, 3)),
    "categorical": lambda: stock(donkey.KerasCategorical, input_shape=SHAPE),
    "inferred": lambda: stock(donkey.KerasInferred, input_shape=SHAPE),
    "memory": lambda: stock(donkey.KerasMemory, input_shape=SHAPE),
    "imu": lambda: stock(donkey.KerasIMU, input_shape=SHAPE),
    "behavior": lambda: stock(donkey.KerasBehavioral, input_shape=SHAPE),
    "localizer": lambda: stock(donkey.KerasLocalizer, input_shape=SHAPE),
    "latent": lambda: stock(donkey.KerasLatent, input_shape=SHAPE),
    "rnn": lambda: stock(donkey.KerasLSTM, input_shape=(60, 80, 3)),
    "3d": lambda: stock(donkey.Keras3D_CNN, input_shape=(60, 80, 1), seq_length=6),
    "separate activations": separate_activations,
    "kinds of convolution": kinds_of_convolution,
    "residual": residual,
    "shortcuts": shortcuts,
    "nested": nested,
    "two images": two_images,
    "ConvLSTM": recurrent,
    "numbered names": numbered_names,
    "called twice": called_twice,
    "activations": activations,
    "steps": steps,
    "activated steps": activated_steps,
    "groups": groups,
}


GREY = (100, 140, 1)
KINDS |= {
    f"{kind.__name__} grey 140x100": partial(stock, kind, input_shape=GREY)
    for kind in (
        donkey.KerasCategorical,
        donkey.KerasInferred,
        donkey.KerasMemory,
        donkey.KerasIMU,
        donkey.KerasBehavioral,
        donkey.KerasLocalizer,
        donkey.KerasLSTM,
    )
}


def save(model: tf.keras.Model, stem: Path, suffix: str) -> Path:
    """Saves a pilot as Donkeycar and Keras of this release do.

    Keras 3 has no SavedModel that it could load again, and wants another name of the weights.
    """
    path = stem.with_name(stem.name + suffix)
    if suffix == ".tflite":
        keras_to_tflite(model, str(path))
    elif suffix == ".spread.tflite":
        keras_to_tflite(model, str(path))
        path.write_bytes(changed(path.read_bytes(), spread_biases))
    elif suffix == ".json":
        path.write_text(model.to_json())
        if KERAS_3:
            weights = path.with_suffix(".weights.h5")
            model.save_weights(str(weights))
            weights.rename(path.with_suffix(".weights"))
        else:
            model.save_weights(str(path.with_suffix(".weights")), save_format="h5")
    elif suffix in {".h5", ".keras"}:
        model.save(str(path))
    elif KERAS_3:
        model.export(str(path))
    else:
        model.save(str(path), save_format="tf")
    return path


def with_biases(model: tf.keras.Model) -> None:
    """Gives a model biases, which are zero in a new one, so that a map without them shows."""
    chance = np.random.default_rng(2)
    for weight in model.weights:
        if weight.name.rpartition("/")[2].startswith("bias"):
            weight.assign(chance.uniform(-0.2, 0.4, weight.shape))


def model_inputs(model: tf.keras.Model, image: NDArray[np.uint8]) -> list[Any]:
    """The image for the first input that takes one, zeros for all others, as in our extractor."""
    scaled = (image * (1.0 / 255.0))[np.newaxis].astype(np.float32)
    images = [number for number, tensor in enumerate(model.inputs) if len(tensor.shape) > 3]
    return [
        scaled if number == images[0] else np.zeros((1, *tensor.shape[1:]), np.float32)
        for number, tensor in enumerate(model.inputs)
    ]


def compare(path: Path, image: NDArray[np.uint8], expected: Maps) -> dict[str, Any]:
    extractor = open_extractor(path)
    differences = {}
    shown = zip(extractor.layers, extractor(image), expected.values(), strict=True)
    for layer, maps, reference in shown:
        newest = np.asarray(reference).reshape(-1, *reference.shape[-3:])[-1]
        differences[layer.name] = float(np.abs(maps - newest).max() / np.abs(newest).max())
    kinds = [layer.kind for layer in extractor.layers]
    return {"differences": differences, "kinds": kinds, "engine": extractor.engine}


def compare_all(folder: Path, kinds: list[str], suffixes: list[str]) -> Iterator[tuple[str, Any]]:
    for kind in kinds:
        tf.keras.backend.clear_session()
        tf.keras.utils.set_random_seed(3)
        model, read = KINDS[kind]()
        with_biases(model)
        shape = next(t.shape[1:] for t in model.inputs if len(t.shape) > 3)
        image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
        expected = read(model, model_inputs(model, image))
        classes = classes_of(model)
        yield (
            kind,
            {
                "layers": list(expected),
                "kinds": [classes[CALLS.get(name, name)] for name in expected],
                "formats": {
                    suffix: compare(
                        save(model, folder / kind.replace(" ", "_"), suffix), image, expected
                    )
                    for suffix in suffixes
                },
            },
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--formats", default=".tflite,.h5")
    args = parser.parse_args()
    table = dict(compare_all(args.folder, args.kinds.split(","), args.formats.split(",")))
    sys.stdout.write("\n" + json.dumps(table) + "\n")


if __name__ == "__main__":
    main()
