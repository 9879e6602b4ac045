"""tf-explain: ``ExtractActivations``, which makes one grey grid of a layer's maps.

It takes several names of layers and then ends in an error (``'list' object has no attribute
'ndim'``), so it is called once a layer.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tf_explain.core.activations import ExtractActivations
from tf_explain.utils.display import filter_display

_EXPLAINER = ExtractActivations()


def load(path: str) -> tuple[Any, list[str]]:
    """Return the model and the names of its convolutions."""
    from tensorflow.keras.models import load_model

    model = load_model(path, compile=False)
    return model, [layer.name for layer in model.layers if type(layer).__name__ == "Conv2D"]


def maps(pilot: tuple[Any, list[str]], image: NDArray[np.float32]) -> None:
    """Make the grid of each layer, uint8; the values of the maps cannot be had."""
    model, names = pilot
    for name in names:
        _EXPLAINER.explain((image, None), model, [name])


def picture(maps: dict[str, NDArray[np.float32]], folder: str) -> None:
    """Make the grid of each layer as ``explain`` does behind the network, and save it."""
    for name, layer in maps.items():
        grid = filter_display(layer[np.newaxis])
        grid = (grid - grid.min()) / (grid.max() - grid.min())
        _EXPLAINER.save((np.clip(grid, 0, 1) * 255).astype("uint8"), folder, f"{name}.png")


def image(pilot: tuple[Any, list[str]], image: NDArray[np.float32], folder: str) -> None:
    """Explain and save layer by layer, as its users do."""
    model, names = pilot
    for name in names:
        grid = _EXPLAINER.explain((image, None), model, [name])
        _EXPLAINER.save(grid, folder, f"{name}.png")
