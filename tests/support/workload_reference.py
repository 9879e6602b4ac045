"""Pilots as `.tflite`, and what Keras says of them.

Their biases are random as well: the converter drops those of a dense layer if they are zeros.
TensorFlow is loaded in a process of its own, so that the tests' process stays light.

    python tests/support/workload_reference.py FOLDER
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

STOCK = (
    "linear", "categorical", "inferred", "memory", "imu", "behavior", "localizer", "latent", "rnn",
    "3d", "linear_640x360",
)  # fmt: skip
OWN = ("stacks", "halving", "normalised", "shared", "on_maps", "fused_lstm", "conv_lstm", "loops")
QUANTISED = ("int8", "float16", "dynamic")


@dataclass(frozen=True)
class Counted:
    """A pilot, and what Keras says of it.

    Attributes:
        tflite: The file.
        parameters: What `count_params` gives.
        parameters_of: The same of each layer, by its name.
        macs_of: Multiply-accumulate operations of each layer with weights, by its name.
        outputs: Shape of what each layer gives, by its name, with the batch ahead.
    """

    tflite: Path
    parameters: int
    parameters_of: dict[str, int]
    macs_of: dict[str, int]
    outputs: dict[str, list[int]]

    @property
    def convolutions(self) -> list[str]:
        """The layers with weights that give feature maps."""
        return [name for name in self.macs_of if len(self.outputs[name]) >= 4]


def build_counted_pilots(folder: Path) -> dict[str, Counted]:
    """Build all pilots, and ask Keras."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        raise RuntimeError(f"the pilots could not be built:\n{done.stdout}\n{done.stderr}")
    counted = json.loads((folder / "counted.json").read_text())
    return {
        name: Counted(folder / f"{name}.tflite", **numbers) for name, numbers in counted.items()
    }


def _build(folder: Path) -> None:
    import tensorflow as tf
    from donkeycar.parts.interpreter import keras_to_tflite
    from keras_arithmetic import macs_of_layers, shapes_of_calls
    from quantised_pilots import convert

    counted = {}
    for name in (*STOCK, *OWN):
        tf.keras.backend.clear_session()
        model = _stock(name) if name in STOCK else globals()[f"_{name}"](tf.keras.layers)
        _randomise_vectors(model)
        if name in STOCK:
            keras_to_tflite(model, str(folder / f"{name}.tflite"))
        else:
            (folder / f"{name}.tflite").write_bytes(_converted(model))
        counted[name] = {
            "parameters": model.count_params(),
            "parameters_of": {layer.name: layer.count_params() for layer in model.layers},
            "macs_of": macs_of_layers(model),
            "outputs": {
                layer.name: output
                for layer in model.layers
                for _, output in shapes_of_calls(layer)[:1]
            },
        }
        if name == "halving":
            for kind in QUANTISED:
                (folder / f"{kind}.tflite").write_bytes(convert(model, kind))
                counted[kind] = counted[name]
    (folder / "counted.json").write_text(json.dumps(counted))


def _converted(model: Any) -> bytes:
    """Converts as Donkeycar does, without saving the model first, which is eight times slower."""
    import tensorflow as tf

    inputs = [tf.TensorSpec(image.shape, image.dtype, name=image.name) for image in model.inputs]
    function = tf.function(lambda *images: model(list(images)), input_signature=inputs)
    functions = [function.get_concrete_function()]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(functions)
    operators = tf.lite.OpsSet
    converter.target_spec.supported_ops = [operators.TFLITE_BUILTINS, operators.SELECT_TF_OPS]
    content: bytes = converter.convert()
    return content


def _randomise_vectors(model: Any) -> None:
    """Makes biases, normalisations and slopes what a training might have made of them."""
    import numpy as np

    random = np.random.default_rng(1)
    weights = model.get_weights()
    for number, weight in enumerate(weights):
        if max(weight.shape) == weight.size:
            weights[number] = random.uniform(0.1, 1, weight.shape)
    model.set_weights(weights)


def _stock(name: str) -> Any:
    from donkeycar.parts import keras

    shape = (360, 640, 3) if name == "linear_640x360" else (120, 160, 3)
    kinds = {
        "linear": keras.KerasLinear, "linear_640x360": keras.KerasLinear,
        "categorical": keras.KerasCategorical, "inferred": keras.KerasInferred,
        "memory": keras.KerasMemory, "imu": keras.KerasIMU, "behavior": keras.KerasBehavioral,
        "localizer": keras.KerasLocalizer, "latent": keras.KerasLatent, "rnn": keras.KerasLSTM,
        "3d": keras.Keras3D_CNN,
    }  # fmt: skip
    return kinds[name](input_shape=shape).interpreter.model


def _stacks(layers: Any) -> Any:
    """Twenty stacks as people build them, side by side in one model, so that they convert once."""
    import tensorflow as tf

    stacks = [_stack(Random(seed), layers, f"stack_{seed}") for seed in range(20)]
    return tf.keras.Model([image for image, _ in stacks], [output for _, output in stacks])


def _stack(random: Random, layers: Any, name: str) -> tuple[Any, Any]:
    x = image = layers.Input((random.randint(40, 56), random.randint(48, 72), 3), name=f"{name}_in")
    for number in range(random.randint(3, 6)):
        x = _random_layer(random, layers, x, f"{name}_{number}")
        if number == 1:
            keys = {"activation": "relu", "padding": "same", "name": f"{name}_branch"}
            x = layers.Concatenate()([x, layers.Conv2D(random.randint(1, 6), 3, **keys)(x)])
    x = layers.Dense(random.randint(2, 9), activation="relu", name=f"{name}_dense")(
        layers.Flatten()(x)
    )
    return image, layers.Dense(1, name=f"{name}_out")(x)


def _random_layer(random: Random, layers: Any, x: Any, name: str) -> Any:
    filters, kernel = random.randint(1, 8), (random.randint(1, 4), random.randint(1, 4))
    small = min(x.shape[1:3]) < 13
    padding = "same" if small else random.choice(["same", "valid"])
    stride = 1 if small else random.randint(1, 2)
    keys = {"activation": random.choice(["relu", "tanh", None]), "padding": padding, "name": name}
    kind = random.choice(["plain", "dilated", "depthwise", "separable", "transposed", "pooled"])
    if kind == "dilated":
        return layers.Conv2D(filters, kernel, dilation_rate=random.randint(2, 3), **keys)(x)
    if kind == "depthwise":
        return layers.DepthwiseConv2D(3, depth_multiplier=2, strides=stride, **keys)(x)
    if kind == "separable":
        return layers.SeparableConv2D(filters, kernel, strides=stride, **keys)(x)
    if kind == "transposed":
        return layers.Conv2DTranspose(filters, kernel, strides=random.randint(1, 2), **keys)(x)
    if kind == "pooled" and not small:
        pooling = random.choice([layers.MaxPooling2D, layers.AveragePooling2D])
        x = layers.Cropping2D(((1, 0), (0, 2)))(layers.ZeroPadding2D(1)(x))
        return layers.Conv2D(filters, kernel, **keys)(pooling(2, padding=padding)(x))
    return layers.Conv2D(filters, kernel, strides=stride, **keys)(x)


def _halving(layers: Any) -> Any:
    """Five convolutions that halve the image each, in quantised pilots as well."""
    import tensorflow as tf

    x = image = layers.Input((120, 160, 3), name="img_in")
    for number, kernel in enumerate((5, 5, 5, 3, 3), start=1):
        x = layers.Conv2D(8, kernel, strides=2, activation="relu", name=f"conv2d_{number}")(x)
    return tf.keras.Model(image, layers.Dense(2, name="dense")(layers.Flatten()(x)))


def _normalised(layers: Any) -> Any:
    """One batch normalisation that goes into its convolution, one that stays, and slopes."""
    import tensorflow as tf

    image = layers.Input((20, 30, 3), name="img_in")
    x = layers.Conv2D(6, 3, use_bias=False, name="unbiased")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="folded")(x))
    x = layers.Conv2D(4, 3, activation="relu", name="activated")(x)
    x = layers.BatchNormalization(name="kept")(x)
    return tf.keras.Model(image, layers.PReLU(shared_axes=[1, 2], name="slopes")(x))


def _shared(layers: Any) -> Any:
    """A convolution that runs twice, and one in groups."""
    import tensorflow as tf

    left, right = layers.Input((20, 30, 3), name="left"), layers.Input((20, 30, 3), name="right")
    twice = layers.Conv2D(4, 3, activation="relu", name="twice")
    x = layers.Concatenate()([twice(left), twice(right)])
    return tf.keras.Model([left, right], layers.Conv2D(6, 3, groups=2, name="grouped")(x))


def _on_maps(layers: Any) -> Any:
    """Dense layers that read each cell of a map, and a gate."""
    import tensorflow as tf

    image = layers.Input((20, 30, 3), name="img_in")
    x = layers.Conv2D(4, 3, name="convolution")(image)
    x = layers.Dense(5, activation="relu", name="on_maps")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Dense(5, activation="sigmoid", name="gate")(gate)
    return tf.keras.Model(image, layers.Multiply()([x, gate]))


def _fused_lstm(layers: Any) -> Any:
    """With a batch of one the converter makes one operator of an LSTM."""
    import tensorflow as tf

    return tf.keras.Sequential([layers.Input((5, 6), batch_size=1), layers.LSTM(4, name="lstm")])


def _loops(layers: Any) -> Any:
    """As an rnn pilot, with loops that need no operator of TensorFlow's: the batch is fixed."""
    import tensorflow as tf

    x = images = layers.Input((4, 20, 30, 3), batch_size=1, name="img_in")
    x = layers.TimeDistributed(layers.Conv2D(4, 3, strides=2, name="conv"), name="conv")(x)
    x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.LSTM(6, return_sequences=True, name="lstm_1")(x)
    x = layers.LSTM(5, name="lstm_2")(x)
    return tf.keras.Model(images, layers.Dense(2, name="dense")(x))


def _conv_lstm(layers: Any) -> Any:
    import tensorflow as tf

    images = layers.Input((3, 12, 14, 3), name="img_in")
    return tf.keras.Model(images, layers.ConvLSTM2D(5, 3, name="memory")(images))


if __name__ == "__main__":
    _build(Path(sys.argv[1]))
