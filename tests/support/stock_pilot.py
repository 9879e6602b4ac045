"""Donkeycar's own pilots with random weights, as `.h5`, `.keras` and `.tflite`.

TensorFlow is loaded in a process of its own, so that the tests' process stays light.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from between_workers import locked


@dataclass(frozen=True)
class StockPilot:
    """The same pilot in the formats that `donkey train` writes.

    Of Keras' two, Donkeycar 5.3 writes and drives with `.h5`, and 5.4 with `.keras`.
    """

    keras: Path
    keras_zip: Path
    tflite: Path

    def file(self, suffix: str) -> Path:
        """The file with a suffix, such as `.h5`."""
        return self.tflite.with_suffix(suffix)


def build_stock_pilot(
    folder: Path, height: int = 120, width: int = 160, kind: str = "linear", channels: int = 3
) -> StockPilot:
    """Build, save and convert the pilot with Donkeycar's code, unless the folder has it."""
    stem = folder / f"{kind}_{width}x{height}x{channels}"
    pilot = StockPilot(*(stem.with_suffix(suffix) for suffix in (".h5", ".keras", ".tflite")))
    folder.mkdir(parents=True, exist_ok=True)
    with locked(stem.with_suffix(".lock")):
        if not pilot.tflite.exists():
            _run_this_program(str(stem), kind, str(height), str(width), str(channels))
    return pilot


def _run_this_program(*words: str) -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        [sys.executable, __file__, *words],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the pilot could not be built:\n{done.stdout}\n{done.stderr}")


def make_pilot(kind: str, input_shape: tuple[int, ...], **keys: Any) -> Any:
    """Donkeycar's part of a kind; the sequences are short, so that a drive with them is quick."""
    from donkeycar.parts.keras import Keras3D_CNN, KerasCategorical, KerasLinear, KerasLSTM

    makers = {
        "linear": KerasLinear,
        "categorical": KerasCategorical,
        "rnn": partial(KerasLSTM, seq_length=3),
        "3d": partial(Keras3D_CNN, seq_length=4),
    }
    return makers[kind](input_shape=input_shape, **keys)


def _build(stem: Path, kind: str, input_shape: tuple[int, ...]) -> None:
    import tensorflow as tf
    from donkeycar.parts.interpreter import keras_model_to_tflite

    tf.keras.utils.set_random_seed(7)
    pilot = make_pilot(kind, input_shape)
    for suffix in (".h5", ".keras"):
        pilot.interpreter.model.save(stem.with_suffix(suffix))
    unfinished = stem.with_suffix(".tflite.part")
    keras_model_to_tflite(str(stem.with_suffix(".h5")), str(unfinished))
    unfinished.replace(stem.with_suffix(".tflite"))


if __name__ == "__main__":
    _build(Path(sys.argv[1]), sys.argv[2], tuple(int(word) for word in sys.argv[3:]))
