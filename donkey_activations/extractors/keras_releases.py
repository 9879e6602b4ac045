"""Which release of Keras saved a pilot, and which installed one loads it.

Keras 2 and Keras 3 write different configurations into files of the same suffixes, and neither
reads all that the other has written. TensorFlow brings one of them; beside one that brings Keras 3,
Keras 2 lives on as the distribution ``tf_keras``.
"""

import contextlib
import importlib.metadata
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

from donkey_activations import files
from donkey_activations.extractors.pilot_format import PilotFormat

_LARGEST_METADATA_BYTES = 1 << 20
_PACKAGES = ("keras", "tf_keras")
_KERAS_2_IN_SAVED_MODEL = b"_tf_keras_"


def saved_by(path: Path, pilot_format: PilotFormat) -> str:
    """Return the version of Keras that saved a pilot, ``""`` where the file does not tell.

    Args:
        path: The file or folder.
        pilot_format: What ``formats.identify`` returns for it.
    """
    import h5py

    version: Any = ""
    with contextlib.suppress(OSError, ValueError, KeyError, AttributeError, zipfile.BadZipFile):
        if pilot_format is PilotFormat.KERAS_ZIP:
            with zipfile.ZipFile(path) as archive, archive.open("metadata.json") as metadata:
                text = metadata.read(_LARGEST_METADATA_BYTES)
            version = files.loads_json(text).get("keras_version")
        elif pilot_format is PilotFormat.HDF5:
            with h5py.File(path, "r") as file:
                version = file.attrs.get("keras_version")
        elif pilot_format is PilotFormat.JSON_AND_WEIGHTS:
            network = path.read_bytes()
            # Keras 3 leaves its version out of these, and names the input's shape anew.
            named = files.loads_json(network).get("keras_version")
            version = named or ("3" if b'"batch_shape"' in network else "")
    return version.decode() if isinstance(version, bytes) else str(version or "")


def is_installed_for(path: Path, pilot_format: PilotFormat) -> bool:
    """Return whether what is installed loads a Keras pilot, without loading anything for it.

    Args:
        path: The file or folder.
        pilot_format: What ``formats.identify`` returns for it.
    """
    try:
        installed = major(importlib.metadata.version("keras"))
        importlib.metadata.version("tensorflow")
        saved = major(saved_by(path, pilot_format)) or 2
        if saved == 2 and installed > 2:
            importlib.metadata.version("tf-keras")
        return saved <= installed and not _holds_weights_only(path, pilot_format)
    except (ImportError, OSError):
        return False


def _holds_weights_only(path: Path, pilot_format: PilotFormat) -> bool:
    if pilot_format is not PilotFormat.HDF5:
        return False
    import h5py

    with h5py.File(path, "r") as file:
        return "model_config" not in file.attrs


def holds_keras_layers(saved_model: Path) -> bool:
    """Return whether a SavedModel was written by ``model.save`` of Keras 2.

    Otherwise it holds a bare graph, as of Keras 3's ``model.export``, or ``tf.saved_model.save``.

    Raises:
        OSError: It cannot be read.
    """
    return _KERAS_2_IN_SAVED_MODEL in (saved_model / "saved_model.pb").read_bytes()


def keras_of(model: Any) -> Any:
    """Return the Keras module that a model is of.

    Args:
        model: A Keras model of any installed release.
    """
    roots = (base.__module__.partition(".")[0] for base in type(model).__mro__)
    return sys.modules[next(root for root in roots if root in _PACKAGES)]


def version_of(keras: Any) -> str:
    """Return the version of a Keras module, also of ``tf.keras``, which does not always tell it."""
    version: str = sys.modules[keras.Model.__module__.partition(".")[0]].__version__
    return version


def is_keras_3(keras: Any) -> bool:
    """Return whether a Keras module is of release 3 or later."""
    return major(version_of(keras)) >= 3


def major(version: str) -> int:
    """Return the first number of a version; 0 where it begins with none."""
    digits = re.match(r"\d+", version)
    return int(digits[0]) if digits else 0
