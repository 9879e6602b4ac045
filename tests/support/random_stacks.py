"""Random stacks of layers, as the planner has them and as Keras and its gradients tell.

python tests/support/random_stacks.py FOLDER
"""

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import tensorflow as tf
from pilot_kinds import save
from receptive_field_reference import extent, with_means

from donkey_activations.extractors import engines
from donkey_activations.extractors.keras_resizing import rebuild
from donkey_activations.planning.pilots import PlannedPilot

L = tf.keras.layers
STACKS = 20
OWN = (62, 78)
ODD = (81, 70)
# A `.tflite` with dilated kernels has paddings in it that fit sizes of the same remainders only.
LIKE_OWN = (OWN[0] + 32, OWN[1] + 32)


class Stack:
    """A network that is the same for one number, whatever the size of its image."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.convolutions: list[str] = []

    def model(self, height: int, width: int) -> tf.keras.Model:
        x = image = L.Input((height, width, 3), name="img_in")
        for make in self.chance.choices([self.row, self.branches, self.between], k=4):
            x = make(x)
        x = self.convolution(x)
        return tf.keras.Model(image, L.Dense(2)(L.Flatten()(x)), name="stack")

    def row(self, x: Any) -> Any:
        return self.between(self.convolution(x))

    def convolution(self, x: Any, same: bool = False) -> Any:
        """One of any kind; with ``same`` it keeps the map's size."""
        name = f"conv_{len(self.convolutions)}"
        self.convolutions.append(name)
        keys: dict[str, Any] = {"kernel_size": (self.pick(1, 2, 3, 4), self.pick(1, 2, 3, 5))}
        keys["padding"] = "same" if same else self.pick("same", "valid")
        keys |= {"activation": self.pick("relu", None), "name": name}
        dilated, strided = self.chance.random() < 0.3, self.chance.random() < 0.4
        if dilated:
            keys["dilation_rate"] = (2, 2)
        elif strided and not same:
            keys["strides"] = (2, 2)
        kind = self.pick(L.Conv2D, L.Conv2D, L.SeparableConv2D, L.DepthwiseConv2D)
        return kind(**keys)(x) if kind is L.DepthwiseConv2D else kind(4, **keys)(x)

    def branches(self, x: Any) -> Any:
        one, other = self.convolution(x, same=True), self.convolution(x, same=True)
        if one.shape[-1] == other.shape[-1] and self.pick(True, False):
            return L.Add()([one, other])
        return L.Concatenate()([one, other])

    def between(self, x: Any) -> Any:
        padding = self.pick("same", "valid")
        layers = self.pick(
            [L.MaxPooling2D(2, padding=padding)],
            [L.AveragePooling2D((3, 2), strides=(2, 1), padding=padding)],
            [L.ZeroPadding2D(((1, 2), (2, 0)))],
            [L.Cropping2D(((3, 0), (1, 2)))],
            [L.BatchNormalization(), L.ReLU()],
            [L.Dropout(0.2)],
        )
        for layer in layers:
            x = layer(x)
        return x

    def pick(self, *choices: Any) -> Any:
        return self.chance.choice(choices)


def describe(folder: Path, number: int) -> dict[str, Any]:
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(number)
    stack = Stack(number)
    model = stack.model(*OWN)
    path = save(model, folder / f"stack_{number}", ".h5")
    sized = PlannedPilot(path).at(OWN)
    lite = path.with_suffix(".tflite")
    lite.write_bytes(sized.whole or b"")
    seeing = with_means(model)
    layers = engines.run(sized.cut_graph, None, 1).layers
    resized = engines.run(PlannedPilot(lite).at(LIKE_OWN).cut_graph, None, 1).layers
    again = rebuild(tf, model, ODD)
    names = stack.convolutions
    return {
        "layers": sizes_of(layers),
        "expected_layers": {name: shape_of(model, name) for name in names},
        "expected_resized": sizes_built_at(LIKE_OWN, number),
        "expected_rebuilt": sizes_built_at(ODD, number),
        "rebuilt": {name: shape_of(again, name) for name in names},
        "resized": sizes_of(resized),
        "seen": layers[-1].receptive_field,
        "expected_seen": extent(part(seeing, names[-1])),
        "parameters": sized.parameters,
        "expected_parameters": model.count_params(),
    }


def sizes_built_at(size: tuple[int, int], number: int) -> dict[str, list[int]]:
    stack = Stack(number)
    model = stack.model(*size)
    return {name: shape_of(model, name) for name in stack.convolutions}


def sizes_of(layers: Any) -> dict[str, list[int]]:
    return {layer.name: [layer.height, layer.width, layer.filters] for layer in layers}


def shape_of(model: tf.keras.Model, name: str) -> list[int]:
    return list(model.get_layer(name).output.shape[1:])


def part(model: tf.keras.Model, name: str) -> tf.keras.Model:
    return tf.keras.Model(model.inputs, model.get_layer(name).output)


if __name__ == "__main__":
    described = [describe(Path(sys.argv[1]), number) for number in range(STACKS)]
    sys.stdout.write("\n" + json.dumps(described) + "\n")
