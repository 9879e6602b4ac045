"""A `.tflite` of two signatures with variables, whose convolutions are not in the first one.

    python tests/support/signature_pilots.py FOLDER

Prints as JSON how far our maps are from those that Keras gives, with the layers' names.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf

from donkey_activations import ActivationsError, open_extractor


class Two(tf.Module):  # type: ignore[misc]
    """Steers, and has a function beside it that sees no image, or steers, too."""

    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(3)
        self.kernel = tf.Variable(rng.normal(0, 0.3, (5, 5, 3, 4)).astype(np.float32))
        self.weights = tf.Variable([1.0, 2.0])

    def maps(self, image: Any) -> Any:
        with tf.name_scope("steer/seen"):
            return tf.nn.relu(tf.nn.conv2d(image, self.kernel, 2, "VALID"))

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([1, 48, 64, 3], tf.float32, "img_in")]
    )
    def steer(self, img_in: Any) -> Any:
        return {"angle": tf.reduce_mean(self.maps(img_in))}

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([1, 2], tf.float32, "code")]
    )
    def decode(self, code: Any) -> Any:
        return {"out": code * self.weights}


def main(folder: Path) -> None:
    """Convert with weights as constants and as variables, with one and with two that steer."""
    two = Two()
    found: dict[str, dict[str, Any]] = {}
    frame = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    expected = two.maps((frame / 255).astype(np.float32)[np.newaxis]).numpy()[0]
    for name, signatures, variables in (
        ("constants", {"decode": two.decode, "steer": two.steer}, False),
        ("variables", {"decode": two.decode, "steer": two.steer}, True),
        ("one", {"steer": two.steer}, True),
        ("twice", {"again": two.steer, "steer": two.steer}, False),
    ):
        saved = folder / name
        tf.saved_model.save(two, str(saved), signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved), list(signatures))
        converter.experimental_enable_resource_variables = variables
        path = folder / f"{name}.tflite"
        path.write_bytes(converter.convert())
        try:
            extractor = open_extractor(path)
        except ActivationsError as error:
            found[name] = {"error": str(error)}
            continue
        (maps,) = extractor(frame)
        difference = float(np.abs(maps - expected).max() / expected.max())
        names = [layer.name for layer in extractor.layers]
        found[name] = {"error": None, "layers": names, "difference": difference}
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
