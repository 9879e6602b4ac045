"""Small pilots as Keras 3 saves them, harmless and armed, and what opening each of them does.

    python tests/support/keras_3_zoo.py FOLDER

It builds the files with Keras 3, opens each with our extractor in a process that knows none of
their classes, and prints as JSON what came of it. An armed one leaves a marker when its code runs.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

SHAPE = (30, 40, 3)
MODULE = "armed_module"
"""Left in the folder: leaves the marker when anything imports it."""

Change = Callable[[dict[str, Any]], None]


def stack(keras: Any, before: Any = None, **first: Any) -> Any:
    """Two convolutions behind something, with steering behind them."""
    layers = keras.layers
    image = layers.Input(SHAPE, name="img_in")
    x = image if before is None else before(image)
    x = layers.Conv2D(4, 5, strides=2, name="conv2d_1", **{"activation": "relu", **first})(x)
    x = layers.Conv2D(6, 3, name="conv2d_2")(x)
    x = keras.ops.relu(layers.BatchNormalization(name="normalised")(x))
    x = layers.Flatten(name="flattened")(x)
    return keras.Model(image, layers.Dense(1, name="n_outputs0")(x), name="linear")


def branching(keras: Any) -> Any:
    layers = keras.layers
    image = layers.Input(SHAPE, name="img_in")
    other = layers.Input((7,), name="imu_in")
    encoder = keras.Sequential([layers.Conv2D(4, 3, activation="elu", name="inside")], name="inner")
    encoder.build((None, 28, 38, 5))
    x = layers.Conv2D(5, 3, activation=layers.LeakyReLU(), name="first")(image)
    x = encoder(x)
    wide = layers.Conv2D(6, 1, activation="selu", name="wide")(x)
    separable = layers.SeparableConv2D(6, 3, padding="same", activation="silu", name="apart")(x)
    x = layers.Flatten()(layers.Add()([wide, separable]))
    x = layers.Concatenate()([x, layers.Dense(3)(other)])
    return keras.Model([other, image], layers.Dense(2, name="steering")(x), name="branching")


def every_frame(keras: Any) -> Any:
    layers = keras.layers
    frames = layers.Input((3, *SHAPE), name="img_in")
    one = layers.Input(SHAPE)
    inside = layers.Conv2D(5, 3, activation="relu", name="inside")(one)
    deeper = layers.Conv2D(3, 3, activation="tanh", name="deeper")(inside)
    encoder = keras.Model(one, deeper, name="encoder")
    x = layers.TimeDistributed(encoder, name="steps")(frames)
    x = layers.LSTM(4)(layers.TimeDistributed(layers.Flatten())(x))
    return keras.Model(frames, layers.Dense(2)(x), name="sequence")


def recurrent(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [layers.Input((3, *SHAPE), name="img_in"), layers.ConvLSTM2D(4, 3, name="memory"),
         layers.Conv2D(3, 3, activation="relu", name="after"), layers.Flatten(), layers.Dense(2)],
        name="recurrent",
    )  # fmt: skip


def depthwise(keras: Any) -> Any:
    """No convolution but depthwise ones, whose names Keras 2 and 3 make alike."""
    layers = keras.layers
    return keras.Sequential(
        [layers.Input(SHAPE, name="img_in"),
         layers.SeparableConv2D(4, 3, activation="relu", name="apart"),
         layers.DepthwiseConv2D(3, activation="elu", name="deep"),
         layers.SeparableConv2D(5, 3, activation="tanh", name="apart_1"),
         layers.Flatten(), layers.Dense(2)],
        name="depthwise",
    )  # fmt: skip


def _maps(keras: Any, model: Any, frame: Any) -> dict[str, Any]:
    """What Keras itself gives at the tensors that a reader would call its convolutions' maps."""
    import numpy as np

    expected = {
        "linear": {"conv2d_1": "conv2d_1", "conv2d_2": "relu"},
        "branching": {"first": "first", "inside": "inner", "wide": "wide", "apart": "apart"},
        "recurrent": {"memory": "memory", "after": "after"},
        "depthwise": {"apart": "apart", "deep": "deep", "apart_1": "apart_1"},
    }
    if model.name == "sequence":
        encoder = model.get_layer("steps").layer
        shown = keras.Model(encoder.inputs, [layer.output for layer in encoder.layers[1:]])
        maps = shown(frame[-1:] * np.float32(1 / 255))
        return dict(zip(("inside", "deeper"), map(np.asarray, maps), strict=True))
    behind = expected[model.name]
    steps = getattr(model, "operations", model.layers)
    operations = {step.name.rstrip("_0123456789"): step for step in steps}
    operations |= {step.name: step for step in steps}
    shown = keras.Model(model.inputs, [operations[name].output for name in behind.values()])
    scaled = (frame * np.float32(1 / 255))[np.newaxis]
    values = [
        scaled if len(tensor.shape) > 3 else np.zeros((1, *tensor.shape[1:]), np.float32)
        for tensor in model.inputs
    ]
    maps = shown(values if len(values) > 1 else values[0])
    return dict(zip(behind, map(np.asarray, maps), strict=True))


def _build(folder: Path) -> None:
    import keras
    import numpy as np
    from donkeycar.parts.interpreter import keras_to_tflite

    keras.utils.set_random_seed(11)
    frames = {"": SHAPE, "sequence": (3, *SHAPE), "recurrent": (3, *SHAPE)}
    plain = stack(keras)
    made = {
        "plain": plain,
        "scaled": stack(keras, lambda x: x / 255.0),
        "rescaling": stack(keras, keras.layers.Rescaling(1 / 255, name="rescaled")),
        "branching": branching(keras),
        "sequence": every_frame(keras),
        "recurrent": recurrent(keras),
        "depthwise": depthwise(keras),
    }
    for stem, model in made.items():
        shape = frames.get(stem, SHAPE)
        frame = np.random.default_rng(5).integers(0, 256, shape, np.uint8)
        np.savez(folder / f"{stem}.npz", __frame__=frame, **_maps(keras, model, frame))
        model.save(folder / f"{stem}.keras")
        model.save(folder / f"{stem}.h5", include_optimizer=False)
    for stem in ("sequence", "depthwise"):
        keras_to_tflite(made[stem], str(folder / f"{stem}.tflite"))
    for stem in ("plain", "branching"):
        made[stem].export(folder / f"{stem}.savedmodel", verbose=False)
    (folder / "plain.json").write_text(plain.to_json())
    plain.save_weights(folder / "new.weights.h5")
    (folder / "new.weights.h5").rename(folder / "plain.weights")
    _save_armed(keras, folder)
    (folder / "marker").unlink(missing_ok=True)


# A function stored by its code: it must find all it needs by itself.
_touching = lambda x: (__import__("pathlib").Path(__import__("os").environ["MARKER"]).touch(), x)[1]  # noqa: E731


def _save_armed(keras: Any, folder: Path) -> None:
    touch = "__import__('pathlib').Path(__import__('os').environ['MARKER']).touch()"
    (folder / f"{MODULE}.py").write_text(
        f"{touch}\nfrom keras.layers import Dense as Innocent\nfrom keras.activations import relu\n"
    )
    hidden = keras.layers.Lambda(_touching, output_shape=SHAPE, name="sneaky")
    armed = stack(keras, hidden)
    armed.save(folder / "armed.keras")
    armed.save(folder / "armed.h5", include_optimizer=False)
    (folder / "armed.json").write_text(armed.to_json())
    armed.save_weights(folder / "armed.weights.h5")
    (folder / "armed.weights.h5").rename(folder / "armed.weights")
    inner = keras.Sequential([keras.layers.Input(SHAPE), hidden], name="inner")
    stack(keras, inner).save(folder / "armed_nested.keras")
    dumped = keras.saving.serialize_keras_object(_touching)

    def stored_function(config: dict[str, Any]) -> None:
        config["config"]["layers"][1]["config"]["activation"] = dumped

    def imported_class(config: dict[str, Any]) -> None:
        layer = config["config"]["layers"][-1]
        layer |= {"module": MODULE, "class_name": "Innocent", "registered_name": "Innocent"}

    def imported_function(config: dict[str, Any]) -> None:
        function = {"class_name": "function", "config": "relu", "registered_name": "relu"}
        config["config"]["layers"][1]["config"]["activation"] = {"module": MODULE, **function}

    def registered_lambda(config: dict[str, Any]) -> None:
        layer = config["config"]["layers"][-1]
        layer |= {"registered_name": "keras>Lambda", "class_name": "Innocent"}

    def python_function(config: dict[str, Any]) -> None:
        function = {"class_name": "function", "config": "exec", "registered_name": "exec"}
        config["config"]["layers"][1]["config"]["activation"] = {"module": "builtins", **function}

    for stem, change in {
        "armed_activation": stored_function,
        "armed_class": imported_class,
        "armed_function": imported_function,
        "armed_registered": registered_lambda,
        "armed_builtin": python_function,
    }.items():
        _rewrite(folder / "plain.keras", folder / f"{stem}.keras", change)


def _rewrite(source: Path, target: Path, change: Change) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            new.writestr(name, content)


def _open(folder: Path, name: str, trusted: bool) -> dict[str, Any]:
    import numpy as np

    from donkey_activations import ActivationsError, open_extractor

    (folder / "marker").unlink(missing_ok=True)
    outcome: dict[str, Any] = {"error": None, "layers": {}}
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            extractor = open_extractor(folder / name, trust_model=trusted)
        except ActivationsError as error:
            outcome["error"] = str(error)
        else:
            known = folder / f"{Path(name).stem}.npz"
            expected = dict(np.load(known)) if known.exists() else {}
            maps = extractor(expected.pop("__frame__", np.zeros(SHAPE, np.uint8)))
            for layer, given in zip(extractor.layers, maps, strict=True):
                reference = expected.get(layer.name, np.zeros_like(given)[np.newaxis])[-1]
                difference = float(
                    np.abs(given - reference).max() / max(np.abs(reference).max(), 1e-30)
                )
                outcome["layers"][layer.name] = [layer.kind, difference]
            outcome["expected"] = list(expected)
    return {**outcome, "code_ran": (folder / "marker").exists(), "said": said.getvalue()}


def main(folder: Path) -> None:
    """Build, then open in another process, and print what came of each file."""
    os.environ["MARKER"] = str(folder / "marker")
    if not (folder / "plain.keras").exists():
        built = [sys.executable, __file__, str(folder), "build"]
        subprocess.run(built, check=True, stdout=subprocess.DEVNULL)
    sys.path.insert(0, str(folder))
    names = sorted(f.name for f in folder.iterdir() if f.suffix in _OPENED)
    outcomes = {name: _open(folder, name, trusted=False) for name in names}
    outcomes["trusted armed.keras"] = _open(folder, "armed.keras", trusted=True)
    sys.stdout.write("\n" + json.dumps(outcomes) + "\n")


_OPENED = {".keras", ".h5", ".json", ".savedmodel", ".tflite"}

if __name__ == "__main__":
    if sys.argv[2:]:
        _build(Path(sys.argv[1]))
    else:
        main(Path(sys.argv[1]))
