"""Keras alone, the fastest way that there is: the model of ``with_keras`` as a ``tf.function``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers import with_keras


def load(path: str) -> tuple[list[str], Any]:
    """Return the names of the convolutions, and the model as one graph."""
    import tensorflow as tf

    names, model = with_keras.load(path)
    return names, tf.function(model)


def maps(pilot: tuple[list[str], Any], image: NDArray[np.float32]) -> with_keras.Maps:
    """Call the graph."""
    return with_keras.maps(pilot, image)
