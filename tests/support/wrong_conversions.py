"""Opens a pilot with a converter that goes wrong, and prints as JSON what came of it.

    python tests/support/wrong_conversions.py PILOT WAY

Ways: `unset` leaves the variables of Keras 3 unset, as a converter does that is shown the model in
place of its variables; `other` converts the network with another weight.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import tensorflow as tf

from donkey_activations import ModelError, open_extractor
from donkey_activations.extractors import cache, keras
from donkey_activations.extractors.converter import run_converter
from donkey_activations.extractors.pilot_format import PilotFormat


def main(pilot: Path, way: str) -> None:
    """Open the pilot, and print the error and the kept files' names."""
    stock = tf.lite.TFLiteConverter.from_concrete_functions
    models: list[Any] = []
    loaded = keras.load

    def load(path: Path, pilot_format: PilotFormat, trust_model: bool) -> tuple[Any, Any]:
        models.append(loaded(path, pilot_format, trust_model)[1])
        return tf, models[-1]

    def shown_the_model(functions: Any, _holder: Any) -> Any:
        return stock(functions, models[-1])

    def with_another_weight(tf: Any, converter: Any) -> bytes:
        bias = models[-1].get_layer("conv2d_2").bias
        right = bias.numpy()
        bias.assign(right + 0.01)
        try:
            return run_converter(tf, converter)
        finally:
            bias.assign(right)

    keras.load = load
    if way == "unset":
        tf.lite.TFLiteConverter.from_concrete_functions = shown_the_model
    else:
        keras.run_converter = with_another_weight  # type: ignore[attr-defined]
    error = None
    try:
        open_extractor(pilot)
    except ModelError as refused:
        error = str(refused)
    kept = sorted(file.name for file in cache.folder().glob("*"))
    sys.stdout.write("\n" + json.dumps({"error": error, "kept": kept}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
