"""Pilots with every activation that Keras has, against what Keras itself computes.

Each pilot has a branch for each activation, so that one conversion shows them all.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from donkeycar.parts.interpreter import keras_to_tflite

from donkey_activations import open_extractor

L = keras.layers
SHAPE = (20, 24, 3)
KERAS_3 = keras.__version__.startswith("3.")
SUFFIXES = [".tflite", ".keras" if KERAS_3 else ".h5"]

# A layer's output by the name of the convolution that it is the map of.
Branch = tuple[Any, dict[str, Any]]


def functions() -> list[str]:
    """The activations of this release."""
    about = {"deserialize", "get", "serialize"}
    return [
        name
        for name, function in vars(keras.activations).items()
        if inspect.isroutine(function) and name not in about and not name.startswith("_")
    ]


def conv(name: str, **options: Any) -> Any:
    return L.Conv2D(4, 3, padding="same", name=name, **options)


def with_function(function: str) -> Callable[[Any], Branch]:
    """An activation inside of a convolution, and one in a layer of its own."""

    def branch(x: Any) -> Branch:
        within = conv(f"within_{function}", activation=function)(x)
        before = conv(f"before_{function}")(within)
        alone = L.Activation(function, name=f"alone_{function}")(before)
        return alone, {f"within_{function}": within, f"before_{function}": alone}

    return branch


def behind(name: str, *layers: Any, **options: Any) -> Callable[[Any], Branch]:
    """Layers behind a convolution, the last of which gives its map."""

    def branch(x: Any) -> Branch:
        x = conv(name, **options)(x)
        for layer in layers:
            x = layer(x)
        return x, {name: x}

    return branch


def made_by_hand(name: str, function: Callable[[Any], Any], *first: Any) -> Callable[[Any], Branch]:
    """What somebody computes of a convolution's output."""

    def branch(x: Any) -> Branch:
        x = conv(name)(x)
        for layer in first:
            x = layer(x)
        x = function(x)
        return x, {name: x}

    return branch


def normalised_later(activation: str) -> Callable[[Any], Branch]:
    def branch(x: Any) -> Branch:
        shown = conv(f"{activation}_normalised_later", activation=activation)(x)
        x = L.MaxPooling2D(2, strides=1)(L.BatchNormalization()(shown))
        return x, {f"{activation}_normalised_later": shown}

    return branch


def gate(x: Any) -> Any:
    """MobileNetV3's."""
    return L.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)


def squeezed(x: Any) -> Branch:
    """MobileNetV3's squeeze and excitation, which is no activation of what it weighs."""
    shown = conv("weighed", activation="relu")(x)
    weights = L.Conv2D(4, 1, name="weights")(L.GlobalAveragePooling2D(keepdims=True)(shown))
    limited = L.ReLU(6.0)(weights + 3.0)
    return L.Multiply()([shown, limited * (1.0 / 6.0)]), {"weighed": shown, "weights": limited}


def not_followed(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Branch]:
    """What somebody computes of a convolution's output and is no activation of it."""

    def branch(x: Any) -> Branch:
        shown = conv(name)(x)
        return function(shown), {name: shown}

    return branch


def with_operations() -> list[Callable[[Any], Branch]]:
    """Functions of Keras 3 outside of layers: alone, and as a part of arithmetic."""
    ops = keras.ops
    alone = ["celu", "gelu", "hard_sigmoid", "log_sigmoid", "squareplus", "softplus", "tanh_shrink"]
    return [
        *(made_by_hand(f"with_{name}", getattr(ops, name)) for name in alone),
        not_followed("sum", lambda x: x + ops.relu(x)),
        not_followed("sum_turned", lambda x: ops.relu(x) + x),
        not_followed("difference", lambda x: x - ops.tanh(x)),
        not_followed("square", lambda x: x * x),
        not_followed("quotient", lambda x: x / (ops.relu(x) + 2.0)),
        not_followed("weighed_sum", lambda x: x + ops.sigmoid(x) * 2.0),
    ]


@keras.utils.register_keras_serializable("pilots")
class Scale(L.Layer):  # type: ignore[name-defined, misc]
    """A layer of somebody's own that only scales."""

    def call(self, x: Any) -> Any:
        return x * 0.17 + 0.1


@keras.utils.register_keras_serializable("pilots")
class ScaledSum(L.Layer):  # type: ignore[name-defined, misc]
    """InceptionResNetV2's, which scales what it adds."""

    def call(self, x: Any) -> Any:
        return x[0] + x[1] * 0.17


def scaled_sum(x: Any) -> Branch:
    stem = conv("stem", activation="relu")(x)
    added = conv("added")(stem)
    # A converted graph has no other than the scaled maps.
    shown = L.Rescaling(0.17)(added)
    return L.ReLU()(ScaledSum()([stem, added])), {"stem": stem, "added": shown}


def by_hand() -> list[Callable[[Any], Branch]]:
    return [
        made_by_hand("hard_swish", lambda x: L.Multiply()([x, gate(x)])),
        made_by_hand("normal_swish", lambda x: L.Multiply()([x, gate(x)]), L.BatchNormalization()),
        made_by_hand("times_gate", lambda x: x * gate(x)),
        made_by_hand("divided_late", lambda x: x * L.ReLU(6.0)(x + 3.0) / 6.0),
        made_by_hand("swish", lambda x: L.Multiply()([x, L.Activation("sigmoid")(x)])),
        made_by_hand("mish", lambda x: L.Multiply()([x, L.Activation("tanh")(softplus(x))])),
        made_by_hand("scaled", lambda x: L.ReLU()(x * 0.5 + 1.0)),
        normalised_later("relu"),
        normalised_later("selu"),
        squeezed,
        scaled_sum,
        behind("scaled_in_a_layer", Scale(), L.ReLU()),
        behind("linear", L.Activation("linear"), L.BatchNormalization(), L.ReLU()),
        behind("dilated", L.BatchNormalization(), L.ReLU(), dilation_rate=2),
    ]


def softplus(x: Any) -> Any:
    return L.Activation("softplus")(x)


def in_layers() -> list[Callable[[Any], Branch]]:
    """Every layer of Keras that is an activation."""
    every_number = L.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.3)
    layers = {
        "elu": L.ELU(0.7), "leaky": L.LeakyReLU(0.2), "prelu": L.PReLU("uniform"),
        "shared": L.PReLU("uniform", shared_axes=[1, 2]), "relu": L.ReLU(), "softmax": L.Softmax(),
        "limited": L.ReLU(max_value=2.0), "from_threshold": L.ReLU(threshold=0.3),
        "sloping": L.ReLU(negative_slope=0.3), "every_number": every_number,
    }  # fmt: skip
    if not KERAS_3:
        layers["thresholded"] = L.ThresholdedReLU(0.3)
    return [behind(f"before_{name}", layer) for name, layer in layers.items()]


def pilot(branches: list[Callable[[Any], Branch]]) -> tuple[Any, dict[str, Any]]:
    """A model of branches with a convolution behind each, and the maps' tensors in it."""
    image = L.Input(SHAPE, name="img_in")
    ends: list[Any] = []
    maps: dict[str, Any] = {}
    for number, branch in enumerate(branches):
        end, shown = branch(image)
        # The converter moves what it can into the weights of the next layer.
        following = conv(f"following_{number}", activation="relu")(end)
        ends.append(L.Flatten()(following))
        maps |= shown | {f"following_{number}": following}
    joined = L.Concatenate()(ends) if len(ends) > 1 else ends[0]
    return keras.Model(image, L.Dense(2)(joined), name="pilot"), maps


def differences(model: Any, maps: dict[str, Any], stem: Path) -> Iterator[tuple[str, Any]]:
    """How far each map is from that of Keras in each format, of the layer's largest value."""
    chance = np.random.default_rng(2)
    for weight in model.weights:
        # New ones are small, zero or one: much would look the same before and after.
        is_kernel = "kernel" in weight.name
        change = weight if is_kernel else chance.uniform(-0.2, 0.4, weight.shape)
        weight.assign(np.abs(weight + change) if "variance" in weight.name else weight + change)
    image = chance.integers(0, 256, SHAPE, np.uint8)
    scaled = (image * np.float32(1 / 255))[np.newaxis].astype(np.float32)
    values = keras.Model(model.inputs, list(maps.values()))(scaled)
    expected = {name: np.asarray(one)[0] for name, one in zip(maps, values, strict=True)}
    for suffix in SUFFIXES:
        path = stem.with_suffix(suffix)
        if suffix == ".tflite":
            keras_to_tflite(model, str(path))
        else:
            model.save(path)
        extractor = open_extractor(path, list(maps))
        found = {}
        for layer, given in zip(extractor.layers, extractor(image), strict=True):
            reference = expected[layer.name]
            assert given.shape == reference.shape, layer.name
            found[layer.name] = float(np.abs(given - reference).max() / np.abs(reference).max())
        assert set(found) == set(expected)
        yield suffix, found


def refusal(function: str) -> str:
    """What Keras says of a layer with an activation."""
    try:
        pilot([with_function(function)])[0](np.zeros((1, *SHAPE), np.float32))
    except Exception as error:  # noqa: BLE001, as Keras raises whatever it comes to
        return str(error) or type(error).__name__
    return ""


def main(folder: Path, in_no_layer: list[str]) -> None:
    names = functions()
    used = [name for name in names if name not in in_no_layer]
    models = {
        "functions": [with_function(name) for name in used],
        "layers": in_layers(),
        "by hand": by_hand(),
        **({"operations": with_operations()} if KERAS_3 else {}),
    }
    keras.utils.set_random_seed(3)
    found = {
        name: dict(differences(*pilot(branches), folder / name.replace(" ", "_")))
        for name, branches in models.items()
    }
    refused = {name: refusal(name) for name in names if name in in_no_layer}
    report = {"functions": names, "differences": found, "refused": refused}
    sys.stdout.write("\n" + json.dumps(report) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
