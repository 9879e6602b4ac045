"""tf-keras-vis: ``ExtractIntermediateLayer``, which makes a model a layer. It draws no maps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tf_keras_vis.utils.model_modifiers import ExtractIntermediateLayer


def load(path: str) -> dict[str, Any]:
    """Return a model a layer, by the layer's name."""
    from tensorflow.keras.models import load_model

    model = load_model(path, compile=False)
    names = [layer.name for layer in model.layers if type(layer).__name__ == "Conv2D"]
    return {name: ExtractIntermediateLayer(name)(model) for name in names}


def maps(pilot: dict[str, Any], image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Call one model after the other, which is faster than ``predict``."""
    return {name: model(image, training=False).numpy()[0] for name, model in pilot.items()}
