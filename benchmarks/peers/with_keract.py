"""keract: ``get_activations`` of the convolutions, and ``display_activations`` of them."""

from typing import Any

import keract
import numpy as np
from numpy.typing import NDArray

Maps = dict[str, NDArray[np.float32]]


def load(path: str) -> tuple[Any, list[str]]:
    """Return the model, compiled as keract wants it, and the names of its convolutions."""
    from tensorflow.keras.models import load_model

    model = load_model(path, compile=False)
    model.compile(loss="mse", optimizer="adam")
    return model, [layer.name for layer in model.layers if type(layer).__name__ == "Conv2D"]


def maps(pilot: tuple[Any, list[str]], image: NDArray[np.float32]) -> Maps:
    """Ask for the convolutions alone, which is less than keract gives unless told."""
    model, names = pilot
    return {
        name: maps[0]
        for name, maps in keract.get_activations(model, image, layer_names=names).items()
    }


def picture(maps: Maps, folder: str) -> None:
    """Save a figure a layer."""
    batches = {name: layer[np.newaxis] for name, layer in maps.items()}
    keract.display_activations(batches, save=True, directory=folder)
