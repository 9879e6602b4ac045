"""TensorFlow and its converter to ``.tflite``. The only file that imports TensorFlow."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError

_REASON_LENGTH = 200
_STDERR = 2


def import_tensorflow(purpose: str) -> Any:
    """Return the module ``tensorflow``.

    Args:
        purpose: What needs it, as the beginning of a sentence.

    Raises:
        ModelError: TensorFlow is not installed.
    """
    # TensorFlow prints pages of start-up messages that say nothing to a driver.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        # Others it prints whatever the level is, such as of CUDA on a machine without it.
        with silent_stderr():
            import tensorflow as tf
    except ImportError as error:
        raise ModelError(
            f"{purpose} needs TensorFlow, which is not installed: "
            "pip install 'donkey-activations[pc]'"
        ) from error
    tf.get_logger().setLevel("ERROR")
    # Of its interpreter it announces the end, and offers one that knows no operators of TensorFlow.
    warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated")
    # Of a damaged file it prints tracebacks, and continues.
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    return tf


def run_converter(tf: Any, converter: Any) -> bytes:
    """Return the ``.tflite`` file that a converter makes with the operators that Donkeycar allows.

    Args:
        tf: The ``tensorflow`` module.
        converter: A ``tf.lite.TFLiteConverter``.

    Raises:
        ModelError: It cannot convert its network.
    """
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    with conversion_errors():
        content: bytes = converter.convert()
    return content


@contextlib.contextmanager
def conversion_errors() -> Iterator[None]:
    """Turn what a converter raises inside the block into a ModelError, and silence its C++."""
    try:
        with silent_stderr():
            yield
    except Exception as error:  # the converter raises whatever the layers make it raise
        raise ModelError(
            f"TensorFlow cannot convert this network to .tflite ({reason_of(error)}); give the "
            ".tflite of the same training, or a network of other layers"
        ) from error


def reason_of(error: Exception) -> str:
    """Return the beginning of an exception's text on one line, or its name."""
    return " ".join(str(error).split())[:_REASON_LENGTH] or type(error).__name__


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Keep a page of statistics, which the converter's C++ prints, from the user's terminal."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is none to keep anything from
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
