"""How many weights a Keras network has, found without room for any of them."""

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors.pilot_format import PilotFormat, weights_of

# Those that need not be in the file, and take little.
_FEW = 1_000_000


def refuse_too_many(tf: Any, keras: Any, path: Path, pilot_format: PilotFormat) -> None:
    """Refuse a network whose weights cannot all be in its file.

    Keras makes all of them before it reads the first, so that one wrong number in a configuration
    would take all memory. In a graph nothing is computed and nothing stored.

    Args:
        tf: The ``tensorflow`` module.
        keras: The Keras module that is to load it.
        path: The file or folder, which is not too deep and runs no code that must not run.
        pilot_format: What ``formats.identify`` returns for it.

    Raises:
        ModelError: They cannot.
    """
    weights = 0
    # Whatever else is wrong with it shows, and is explained, when it is loaded.
    with contextlib.suppress(Exception), tf.Graph().as_default():
        network = _built(keras, path, pilot_format)
        weights = 0 if network is None else network.count_params()
    files = weights_of(path) if pilot_format is PilotFormat.JSON_AND_WEIGHTS else (path,)
    stored_bytes = sum(file.stat().st_size for file in files)
    # One takes two bytes or four; less than one only where somebody has packed the file.
    if weights > _FEW + stored_bytes:
        raise ModelError(
            f"the network has {weights / 1e6:.0f} million weights, which cannot be in "
            f"{stored_bytes / 1e6:.1f} MB; copy the file again, or save the pilot again"
        )


def _built(keras: Any, path: Path, pilot_format: PilotFormat) -> Any:
    import h5py

    if pilot_format is PilotFormat.HDF5:
        with h5py.File(path, "r") as file:
            return keras.models.model_from_config(json.loads(file.attrs["model_config"]))
    if pilot_format is PilotFormat.KERAS_ZIP:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
        return keras.saving.deserialize_keras_object(config)
    if pilot_format is PilotFormat.JSON_AND_WEIGHTS:
        return keras.models.model_from_json(path.read_text(encoding="utf-8"))
    # A SavedModel makes its weights of those in its file.
    return None
