"""Small pilots in every format that Keras saves, harmless and armed, and what loading them does.

All are built in one process with TensorFlow, and loaded in another that knows none of their
classes. An armed one leaves a marker file when its code runs.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARMED_MODULE = "armed_module"

# The same network in each of these.
SAME = (
    "plain.h5", "other.hdf5", "hdf5_without_suffix", "really_hdf5.keras", "plain.keras",
    "zip_without_suffix", "really_zip.h5", "plain.savedmodel", "folder_of_any_name",
    "json_hdf5.json", "json_checkpoint.json", "json_new_weights.json", "keras_2_0.h5",
)  # fmt: skip
OPENED = (
    *SAME, "keras_2_0_sequential.h5", "ops.h5", "ops.keras", "ops.savedmodel", "rescaling.h5",
    "rescaling.keras", "rescaling.savedmodel", "custom.savedmodel",
)  # fmt: skip
# Every one runs code when it is loaded or called.
ARMED = (
    "armed.h5", "armed.keras", "armed.savedmodel", "armed.json", "armed_nested.h5",
    "armed_nested.keras", "armed_nested.savedmodel", "armed_old.savedmodel",
    "armed_graph.savedmodel", "armed_import.keras",
)  # fmt: skip
UNLOADABLE = (
    "weights_only.h5",
    "custom.h5",
    "custom.keras",
    "keras_9.keras",
    "json_other_weights.json",
)


@dataclass(frozen=True)
class Outcome:
    """What opening one file did."""

    error: str | None
    layers: list[str]
    difference: float | None
    code_ran: bool
    said: str


@dataclass(frozen=True)
class KerasZoo:
    """The files, and what opening each of them did."""

    folder: Path
    outcomes: dict[tuple[str, bool], Outcome]

    @classmethod
    def build(cls, folder: Path) -> "KerasZoo":
        """Writes all files and opens each, without trust and, where that matters, with it."""
        _run("build", folder)
        tasks = [(name, False) for name in (*OPENED, *ARMED, *UNLOADABLE)]
        tasks += [(name, True) for name in (*ARMED, *UNLOADABLE)]
        (folder / "tasks.json").write_text(json.dumps(tasks))
        _run("open", folder)
        found = json.loads((folder / "outcomes.json").read_text())
        return cls(folder, {tuple(task): Outcome(**outcome) for task, outcome in found})

    def refused(self, name: str) -> Outcome:
        """Returns what opening a file did without trust."""
        return self.outcomes[name, False]

    def trusted(self, name: str) -> Outcome:
        """Returns what opening a file did with trust."""
        return self.outcomes[name, True]


def _run(verb: str, folder: Path) -> None:
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        # The armed module is found there if anything imports it.
        "PYTHONPATH": os.pathsep.join([str(folder), str(Path(__file__).parents[2])]),
    }
    command = [sys.executable, __file__, verb, str(folder)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise RuntimeError(f"{verb} failed:\n{done.stdout}\n{done.stderr}")


def keras_2(tf: Any) -> Any:
    """Keras 2: TensorFlow's own one, or its continuation beside a TensorFlow with Keras 3."""
    if tf.keras.Model.__module__.startswith("keras.src.engine."):
        return tf.keras
    import tf_keras

    return tf_keras


def _network(tf: Any, before: Any = None) -> Any:
    keras = keras_2(tf)
    layers = keras.layers
    image = layers.Input((30, 40, 3), name="img_in")
    x = image if before is None else before(image)
    x = layers.Conv2D(4, 5, strides=2, activation="relu", name="conv2d_1")(x)
    x = layers.Conv2D(6, 3, activation="relu", name="conv2d_2")(x)
    x = layers.Flatten(name="flattened")(x)
    return keras.Model(image, layers.Dense(1, name="n_outputs0")(x), name="linear")


def _build(folder: Path) -> None:
    import numpy as np
    import tensorflow as tf

    keras = keras_2(tf)
    keras.utils.set_random_seed(11)
    frame = np.random.default_rng(5).random((1, 30, 40, 3), np.float32)
    np.save(folder / "frame.npy", frame)
    plain = _network(tf)
    _save_plain(folder, plain)
    _save_as_keras_2_0(folder, plain)
    _save_sequential_as_keras_2_0(tf, folder)
    _save_formats(folder, "ops", _network(tf, lambda x: tf.reverse(x / 255.0, [1])[:, 2:] * 255.0))
    rescaling = keras.layers.Rescaling(1 / 255, name="rescaled")
    _save_formats(folder, "rescaling", _network(tf, rescaling))
    _save_formats(folder, "custom", _network(tf, _custom_layer(tf, folder, armed=False)))
    _save_armed(tf, folder)
    (folder / "marker").unlink(missing_ok=True)


def _save_formats(folder: Path, stem: str, model: Any) -> None:
    model.save(folder / f"{stem}.h5")
    model.save(folder / f"{stem}.keras")
    model.save(folder / f"{stem}.savedmodel", save_format="tf")


def _save_plain(folder: Path, model: Any) -> None:
    import numpy as np

    np.save(folder / "plain_output.npy", model(np.load(folder / "frame.npy")).numpy())
    _save_formats(folder, "plain", model)
    for name in ("hdf5_without_suffix", "other.hdf5", "really_hdf5.keras"):
        shutil.copy(folder / "plain.h5", folder / name)
    for name in ("zip_without_suffix", "really_zip.h5"):
        shutil.copy(folder / "plain.keras", folder / name)
    shutil.copytree(folder / "plain.savedmodel", folder / "folder_of_any_name")
    for stem in ("json_hdf5", "json_checkpoint", "json_new_weights"):
        (folder / f"{stem}.json").write_text(model.to_json())
    model.save_weights(folder / "weights_only.h5")
    shutil.copy(folder / "weights_only.h5", folder / "json_hdf5.weights")
    model.save_weights(folder / "json_checkpoint.weights", save_format="tf")
    model.save_weights(folder / "new.weights.h5")
    (folder / "new.weights.h5").rename(folder / "json_new_weights.weights")
    shutil.copy(folder / "weights_only.h5", folder / "json_other_weights.weights")
    other = json.loads(model.to_json())
    other["config"]["layers"][1]["config"]["filters"] = 5
    (folder / "json_other_weights.json").write_text(json.dumps(other))
    _save_as_a_later_keras(folder)


def _save_as_a_later_keras(folder: Path) -> None:
    def edit(config: dict[str, Any]) -> None:
        for layer in config["config"]["layers"]:
            layer["module"] = "keras.layers"
            policy = {"module": "keras", "class_name": "DTypePolicy", "registered_name": None}
            layer["config"]["dtype"] = {**policy, "config": {"name": "float32"}}
        inner = config["config"]["layers"][0]["config"]
        inner["batch_shape"] = inner.pop("batch_input_shape")

    _edit_keras_zip(folder / "plain.keras", folder / "keras_9.keras", edit, version="9.0.0")


def _edit_keras_zip(source: Path, target: Path, edit: Any, version: str | None = None) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                edit(config)
                content = json.dumps(config).encode()
            if name == "metadata.json" and version is not None:
                content = json.dumps({"keras_version": version}).encode()
            new.writestr(name, content)


def _old_layer(layer: dict[str, Any]) -> dict[str, Any]:
    """Writes a layer's configuration as Keras 2.0 wrote it."""
    newer = {"groups", "dtype", "ragged", "module", "registered_name", "build_config"}
    inner = {key: value for key, value in layer["config"].items() if key not in newer}
    for key in [key for key in inner if key.endswith("_initializer")]:
        scaling = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}
        inner[key] = {"class_name": "VarianceScaling", "config": scaling}
    if layer["class_name"] == "InputLayer":
        inner["dtype"] = "float32"
    kept = {"class_name": layer["class_name"], "config": inner}
    extra: dict[str, Any] = {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
    return {**kept, **extra}


def _write_old_hdf5(model: Any, file: Path, config: Any) -> None:
    import h5py
    import numpy as np

    model.save(file, include_optimizer=False)
    with h5py.File(file, "r+") as opened:
        # Bytes of fixed length, as h5py 2 stored what Keras 2.0 gave it.
        opened.attrs["model_config"] = np.bytes_(json.dumps(config).encode())
        opened.attrs["keras_version"] = np.bytes_(b"2.0.8")
        opened["model_weights"].attrs["keras_version"] = np.bytes_(b"2.0.8")


def _save_as_keras_2_0(folder: Path, model: Any) -> None:
    inner = json.loads(model.to_json())["config"]
    layers = [_old_layer(layer) for layer in inner["layers"]]
    config = {**inner, "name": "model_1", "layers": layers}
    config.pop("trainable", None)
    _write_old_hdf5(model, folder / "keras_2_0.h5", {"class_name": "Model", "config": config})


def _save_sequential_as_keras_2_0(tf: Any, folder: Path) -> None:
    keras = keras_2(tf)
    layers = keras.layers
    first = layers.Conv2D(4, 5, input_shape=(30, 40, 3), name="conv2d_1")
    model = keras.Sequential([first, layers.Flatten(), layers.Dense(1)])
    inner = json.loads(model.to_json())["config"]["layers"]
    old = [_old_layer(layer) for layer in inner if layer["class_name"] != "InputLayer"]
    old[0]["config"]["batch_input_shape"] = [None, 30, 40, 3]
    config = {"class_name": "Sequential", "config": old}
    _write_old_hdf5(model, folder / "keras_2_0_sequential.h5", config)


def _custom_layer(tf: Any, folder: Path, armed: bool) -> Any:
    keras = keras_2(tf)

    class HomeMade(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any) -> Any:
            if armed:
                tf.io.write_file(str(folder / "marker"), "ran")
            return x * 2.0

    return HomeMade(name="home_made")


def _armed_lambda(tf: Any, folder: Path) -> Any:
    keras = keras_2(tf)
    code = f"lambda x: (__import__('pathlib').Path({str(folder / 'marker')!r}).touch(), x)[1]"
    return keras.layers.Lambda(eval(code), name="sneaky")


def _save_armed(tf: Any, folder: Path) -> None:
    keras = keras_2(tf)
    layers = keras.layers
    armed = _network(tf, _armed_lambda(tf, folder))
    _save_formats(folder, "armed", armed)
    (folder / "armed.json").write_text(armed.to_json())
    armed.save_weights(folder / "armed_weights.h5")
    (folder / "armed_weights.h5").rename(folder / "armed.weights")
    inner = keras.Sequential(
        [layers.InputLayer((30, 40, 3)), _armed_lambda(tf, folder)], name="inner"
    )
    _save_formats(folder, "armed_nested", _network(tf, inner))
    writer = _network(tf, _custom_layer(tf, folder, armed=True))
    writer.save(folder / "armed_graph.savedmodel", save_format="tf")
    _move_metadata_into_graph(tf, folder / "armed.savedmodel", folder / "armed_old.savedmodel")
    _save_importing(tf, folder)


def _move_metadata_into_graph(tf: Any, source: Path, target: Path) -> None:
    """Stores the layers' configurations where TensorFlow kept them before 2.5."""
    from importlib import import_module

    from tensorflow.core.protobuf import saved_model_pb2

    shutil.copytree(source, target)
    package = keras_2(tf).Model.__module__.partition(".")[0]
    metadata = import_module(f"{package}.protobuf.saved_metadata_pb2").SavedMetadata()
    metadata.ParseFromString((target / "keras_metadata.pb").read_bytes())
    graph = saved_model_pb2.SavedModel()
    graph.ParseFromString((target / "saved_model.pb").read_bytes())
    nodes = graph.meta_graphs[0].object_graph_def.nodes
    for node in metadata.nodes:
        nodes[node.node_id].user_object.metadata = node.metadata
    (target / "saved_model.pb").write_bytes(graph.SerializeToString())
    (target / "keras_metadata.pb").unlink()


def _save_importing(tf: Any, folder: Path) -> None:
    touch = f"import pathlib\npathlib.Path({str(folder / 'marker')!r}).touch()\n"
    package = keras_2(tf).Model.__module__.partition(".")[0]
    module = folder / f"{ARMED_MODULE}.py"
    module.write_text(
        f"{touch}from {package}.src.engine.functional import Functional as Innocent\n"
    )

    def edit(config: dict[str, Any]) -> None:
        config |= {"module": ARMED_MODULE, "class_name": "Innocent", "registered_name": "Innocent"}

    _edit_keras_zip(folder / "plain.keras", folder / "armed_import.keras", edit)


def _open(folder: Path) -> None:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tasks = json.loads((folder / "tasks.json").read_text())
    outcomes = [(task, _open_one(tf, folder, *task)) for task in tasks]
    (folder / "outcomes.json").write_text(json.dumps(outcomes))


def _open_one(tf: Any, folder: Path, name: str, trusted: bool) -> dict[str, Any]:
    import contextlib
    import io

    import numpy as np

    from donkey_activations.errors import ModelError
    from donkey_activations.extractors import formats, keras_files, keras_safety

    marker = folder / "marker"
    marker.unlink(missing_ok=True)
    sys.modules.pop(ARMED_MODULE, None)
    error, layers, difference, said = None, [], None, io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            pilot_format = formats.identify(folder / name)
            if not trusted:
                keras_safety.refuse_stored_code(folder / name, pilot_format)
            keras = keras_files.keras_for(tf, folder / name, pilot_format)
            model = keras_files.load_pilot(keras, folder / name, pilot_format, trusted)
            layers = [layer.name for layer in model.layers]
            output = np.asarray(model(np.load(folder / "frame.npy")))
            difference = float(np.abs(output - np.load(folder / "plain_output.npy")).max())
        except ModelError as refused:
            error = str(refused)
    found = {"error": error, "layers": layers, "difference": difference}
    return {**found, "code_ran": marker.exists(), "said": said.getvalue()}


if __name__ == "__main__":
    {"build": _build, "open": _open}[sys.argv[1]](Path(sys.argv[2]))
