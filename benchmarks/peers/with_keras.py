"""Keras alone: one model with all convolutions as its outputs, called directly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Maps = dict[str, NDArray[np.float32]]


def load(path: str) -> tuple[list[str], Any]:
    """Return the names of the convolutions, and the model."""
    from tensorflow.keras.models import Model, load_model

    model = load_model(path, compile=False)
    layers = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    return [layer.name for layer in layers], Model(model.inputs, [one.output for one in layers])


def maps(pilot: tuple[list[str], Any], image: NDArray[np.float32]) -> Maps:
    """Call the model."""
    names, model = pilot
    outputs = model(image, training=False)
    return {name: output.numpy()[0] for name, output in zip(names, outputs, strict=True)}
