"""Random stacks of layers as `.tflite`, and what their cells read by TensorFlow's own gradients.

Weights are positive and pictures bright, and pooling is by means, so that a cell has a gradient to
all that it reads. TensorFlow is loaded in a process of its own.
"""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STACKS = 12


@dataclass(frozen=True)
class ReadingLayer:
    """One convolution of a stack.

    Attributes:
        rows: bool `(its rows, rows of the convolution before it)`: which it reads.
        columns: The same for columns.
        dilated: Its kernel leaves out cells.
        alone: Nothing stands between it and the convolution before it.
    """

    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    dilated: bool
    alone: bool


def build_stacks(folder: Path) -> list[tuple[Path, list[ReadingLayer]]]:
    """Build all stacks, and measure what each of their convolutions reads."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"the stacks could not be built:\n{done.stdout}\n{done.stderr}")
    stacks = []
    for number in range(STACKS):
        read = json.loads((folder / f"{number}.json").read_text())
        layers = [
            ReadingLayer(np.array(rows, bool), np.array(columns, bool), dilated, alone)
            for rows, columns, dilated, alone in read
        ]
        stacks.append((folder / f"{number}.tflite", layers))
    return stacks


def _build_and_measure(folder: Path) -> None:
    import tensorflow as tf

    for number in range(STACKS):
        chance = random.Random(number)
        tf.keras.utils.set_random_seed(number)
        groups = [[*_between(chance), _convolution(chance)] for _ in range(4)]
        image = tf.keras.Input((chance.randrange(40, 60), chance.randrange(40, 60), 3))
        shown = [image]
        for group in groups:
            x = shown[-1]
            for layer in group:
                x = layer(x)
            shown.append(x)
        model = tf.keras.Model(image, shown[-1])
        weights = [np.random.uniform(0.5, 1, w.shape) for w in model.get_weights()]
        model.set_weights(weights)
        read = []
        for before, after, group in zip(shown[:-1], shown[1:], groups, strict=True):
            part = tf.keras.Model(before, after)
            dilated = max(group[-1].dilation_rate) > 1
            read.append([*(_read(part, axis) for axis in (1, 2)), dilated, len(group) == 1])
        (folder / f"{number}.json").write_text(json.dumps(read))
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        (folder / f"{number}.tflite").write_bytes(converter.convert())


def _convolution(chance: random.Random) -> Any:
    import tensorflow as tf

    kernel = (chance.randint(1, 4), chance.randint(1, 4))
    padding = chance.choice(["same", "valid"])
    rates: dict[str, Any] = {}
    if chance.random() < 0.3:
        rates["dilation_rate"] = chance.choice([(2, 2), (2, 3)])
    elif chance.random() < 0.5:
        rates["strides"] = 2
    if chance.random() < 0.3 and not rates:
        return tf.keras.layers.DepthwiseConv2D(kernel, padding=padding, activation="relu")
    return tf.keras.layers.Conv2D(4, kernel, padding=padding, activation="relu", **rates)


def _between(chance: random.Random) -> list[Any]:
    import tensorflow as tf

    layers = tf.keras.layers
    padding = chance.choice(["same", "valid"])
    return chance.choice(
        [
            [],
            [],
            [layers.AveragePooling2D(2, padding=padding)],
            [layers.AveragePooling2D((3, 2), strides=(2, 1), padding=padding)],
            [layers.ZeroPadding2D(((1, 2), (2, 0)))],
            [layers.BatchNormalization(), layers.Activation("relu")],
        ]
    )


def _read(part: Any, axis: int) -> list[list[bool]]:
    import tensorflow as tf

    lines = part.output_shape[axis]
    pictures = tf.ones((lines, *part.input_shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        maps = part(pictures, training=False)
        along = tf.reduce_sum(maps, axis=(3 - axis, 3))
        values = tf.linalg.diag_part(along)
    gradient = np.abs(tape.gradient(values, pictures).numpy())
    read: list[list[bool]] = (gradient.max(axis=(3 - axis, 3)) > 0).tolist()
    return read


if __name__ == "__main__":
    _build_and_measure(Path(sys.argv[1]))
