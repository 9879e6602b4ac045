"""Pilots as `.tflite`, and what their layers see by the support of TensorFlow's own gradients.

All weights are made positive and the picture bright, so that no activation is cut off and no
contribution cancels another; maxima become means, since a maximum passes a gradient to one cell
only. What a cell then has a gradient to is what it sees. TensorFlow is loaded in a process of its
own, so that the tests' process stays light.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Extent = tuple[int, int]

PILOTS = (
    "linear", "categorical", "rnn", "3d", "pooling_and_padding", "dilation", "residual",
    "squeeze_and_excite", "transposed", "encoder_and_decoder", "bottleneck",
)  # fmt: skip

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Conv3D")


@dataclass(frozen=True)
class SeenPilot:
    """A pilot, and `(height, width)` of what the cells of its convolutions see, in order."""

    tflite: Path
    seen: list[Extent]


def build_seen_pilots(folder: Path) -> dict[str, SeenPilot]:
    """Build all pilots and measure what their layers see."""
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
        raise RuntimeError(f"the pilots could not be built:\n{done.stdout}\n{done.stderr}")
    seen = json.loads((folder / "seen.json").read_text())
    return {
        name: SeenPilot(folder / f"{name}.tflite", [(height, width) for height, width in extents])
        for name, extents in seen.items()
    }


def _build_and_measure(folder: Path) -> None:
    import tensorflow as tf
    from donkeycar.parts.interpreter import keras_to_tflite

    tf.keras.utils.set_random_seed(5)
    seen = {}
    for name in PILOTS:
        model = _stock(name) or _own(name)
        keras_to_tflite(model, str(folder / f"{name}.tflite"))
        seen[name] = _measure(with_means(model))
    (folder / "seen.json").write_text(json.dumps(seen))


def _stock(name: str) -> Any:
    from donkeycar.parts import keras

    shape = (60, 80, 3)
    if name == "linear":
        return keras.KerasLinear(input_shape=(120, 160, 3)).interpreter.model
    if name == "categorical":
        return keras.KerasCategorical(input_shape=(120, 160, 3)).interpreter.model
    if name == "rnn":
        return keras.KerasLSTM(input_shape=shape, seq_length=2).interpreter.model
    if name == "3d":
        return keras.Keras3D_CNN(input_shape=shape, seq_length=3).interpreter.model
    return None


def _own(name: str) -> Any:
    import tensorflow as tf

    image = tf.keras.layers.Input((44, 60, 3), name="img_in")
    return tf.keras.Model(image, globals()[f"_{name}"](tf.keras.layers, image), name=name)


def _pooling_and_padding(layers: Any, x: Any) -> Any:
    x = layers.Cropping2D(((6, 1), (2, 0)))(x)
    x = layers.ZeroPadding2D(((1, 2), (0, 3)))(x)
    x = layers.Conv2D(4, (3, 5), strides=(2, 1), padding="same", activation="relu")(x)
    x = layers.MaxPooling2D((2, 3), strides=2, padding="same")(x)
    x = layers.DepthwiseConv2D((3, 2), padding="same", activation="relu")(x)
    x = layers.AveragePooling2D((3, 2), strides=(1, 2))(x)
    x = layers.BatchNormalization()(x)
    return layers.Conv2D(4, (2, 4), padding="same")(x)


def _dilation(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 3, dilation_rate=2, activation="relu")(x)
    x = layers.Conv2D(4, (3, 2), dilation_rate=(3, 2), padding="same", activation="relu")(x)
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    return layers.DepthwiseConv2D(3, dilation_rate=2, padding="same")(x)


def _residual(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    long = layers.Conv2D(4, 5, strides=2, padding="same", activation="relu")(x)
    long = layers.Conv2D(4, (1, 3), padding="same")(long)
    short = layers.Conv2D(4, 1, strides=2)(x)
    x = layers.Concatenate()([layers.Add()([long, short]), short])
    return layers.Conv2D(4, 3)(layers.ReLU()(x))


def _squeeze_and_excite(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 3, strides=3, activation="relu")(x)
    gate = layers.GlobalAveragePooling2D()(x)
    gate = layers.Dense(4, activation="relu")(gate)
    gate = layers.Reshape((1, 1, 4))(gate)
    return layers.Conv2D(4, 3)(layers.Multiply()([x, gate]))


def _transposed(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, activation="relu")(x)
    x = layers.Conv2DTranspose(4, (5, 4), strides=(3, 1), padding="same", activation="relu")(x)
    x = layers.Conv2D(4, 5, strides=3, activation="relu")(x)
    x = layers.Conv2DTranspose(4, 2, strides=3, activation="relu")(x)  # leaves gaps
    return layers.Conv2D(4, 2)(x)


def _encoder_and_decoder(layers: Any, x: Any) -> Any:
    fine = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    coarse = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(fine)
    near = layers.UpSampling2D(2)(coarse)
    smooth = layers.UpSampling2D(2, interpolation="bilinear")(coarse)
    x = layers.Concatenate()([fine, layers.Conv2D(4, 3, padding="same")(near), smooth])
    return layers.Conv2D(4, 3)(x)


def _bottleneck(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 5, strides=4, activation="relu")(x)
    x = layers.Dense(6, activation="relu")(layers.Flatten()(x))
    x = layers.Reshape((3, 5, 4))(layers.Dense(60, activation="relu")(x))
    return layers.Conv2DTranspose(2, 3, strides=2)(x)


def with_means(model: Any) -> Any:
    """Copies a model with pooling by means, and positive weights."""
    import numpy as np
    import tensorflow as tf

    means = {
        "MaxPooling2D": tf.keras.layers.AveragePooling2D,
        "MaxPooling3D": tf.keras.layers.AveragePooling3D,
    }

    def replace(layer: Any) -> Any:
        kind = means.get(type(layer).__name__, type(layer))
        return kind.from_config(layer.get_config())

    copy = tf.keras.models.clone_model(model, clone_function=replace)
    random = np.random.default_rng(1)
    copy.set_weights([random.uniform(0.5, 1, weight.shape) for weight in copy.get_weights()])
    return copy


def _measure(model: Any) -> list[Extent]:
    import tensorflow as tf

    seen = []
    for layer in model.layers:
        kind = type(getattr(layer, "layer", layer)).__name__  # TimeDistributed has it inside
        if kind in _CONVOLUTIONS:
            seen.append(extent(tf.keras.Model(model.inputs, layer.output)))
    return seen


def extent(model: Any) -> Extent:
    """Returns the largest height and width to which cells around the middle reach."""
    import numpy as np
    import tensorflow as tf

    height, width = model.output_shape[-3:-1]
    cells = [(y, width // 2) for y in _middle(height)] + [(height // 2, x) for x in _middle(width)]
    images = tf.ones((len(cells), *model.input_shape[1:]))
    with tf.GradientTape() as tape:
        tape.watch(images)
        maps = model(images, training=False)
        maps = maps if len(maps.shape) == 4 else maps[:, -1]  # of the newest frame
        values = tf.gather_nd(maps, [(n, y, x) for n, (y, x) in enumerate(cells)])
    gradient = np.abs(tape.gradient(values, images).numpy())
    support = gradient.reshape(len(cells), -1, *model.input_shape[-3:]).max(axis=(1, 4)) > 0
    return _longest(support.any(axis=2)), _longest(support.any(axis=1))


def _middle(cells: int) -> range:
    return range(max(0, cells // 2 - 4), min(cells, cells // 2 + 4))


def _longest(rows: Any) -> int:
    reached = [row.nonzero()[0] for row in rows]
    return max(int(places[-1] - places[0] + 1) for places in reached if len(places))


if __name__ == "__main__":
    _build_and_measure(Path(sys.argv[1]))
