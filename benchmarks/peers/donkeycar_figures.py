"""Donkeycar's ``donkey cnnactivations``: the same algorithm, made to run with TensorFlow 2.15.

The command itself imports ``tensorflow.python.keras``, which does not read a model there any more.
Here it is the public ``tf.keras``, and the figures are saved instead of shown. To its favour, a
model a layer is built once per pilot and not once per image, and figures are closed.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Maps = dict[str, NDArray[np.float32]]


def load(path: str) -> dict[str, Any]:
    """Return a model a layer, by the layer's name."""
    from tensorflow.keras.models import Model, load_model

    model = load_model(path, compile=False)
    names = [layer.name for layer in model.layers if layer.__class__.__name__ == "Conv2D"]
    image = model.get_layer("img_in").input
    return {name: Model([image], [model.get_layer(name).output]) for name in names}


def maps(pilot: dict[str, Any], image: NDArray[np.float32]) -> Maps:
    """Run one model after the other."""
    return {name: model.predict(image, verbose=0)[0] for name, model in pilot.items()}


def picture(maps: Maps, folder: str) -> None:
    """Draw a figure a layer, with six columns of maps."""
    import matplotlib.pyplot as plt

    columns = 6
    for number, layer in enumerate(maps.values(), 1):
        figure = plt.figure()
        figure.suptitle(f"Layer {number}")
        filters = layer.shape[2]
        for j in range(filters):
            plt.subplot(math.ceil(filters / columns), columns, j + 1)
            plt.imshow(layer[:, :, j])
        figure.savefig(Path(folder) / f"layer{number}.png")
        plt.close(figure)
