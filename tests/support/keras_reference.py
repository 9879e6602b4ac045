"""What Keras itself computes, in a process of its own: the reference for feature maps."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def keras_feature_maps(
    keras_pilot: Path, frames: NDArray[np.uint8], scratch: Path
) -> dict[str, NDArray[np.float32]]:
    """Returns the outputs `(frame, height, width, filters)` of every Conv2D, by its name."""
    given, computed = scratch / "frames.npy", scratch / "maps.npz"
    np.save(given, frames)
    command = [sys.executable, __file__, str(keras_pilot), str(given), str(computed)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    with np.load(computed) as maps:
        return dict(maps)


def _compute(keras_pilot: str, given: str, computed: str) -> None:
    import tensorflow as tf

    model = tf.keras.models.load_model(keras_pilot, compile=False)
    convolutions = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.Conv2D)]
    shown = tf.keras.Model(model.inputs, [layer.output for layer in convolutions])
    scaled = np.load(given) * (1.0 / 255.0)
    maps = shown(tf.constant(scaled, tf.float32), training=False)
    names = [layer.name for layer in convolutions]
    np.savez(computed, **{name: m.numpy() for name, m in zip(names, maps, strict=True)})


if __name__ == "__main__":
    _compute(*sys.argv[1:])
