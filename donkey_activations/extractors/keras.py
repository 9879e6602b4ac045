"""From a Keras pilot to a ``.tflite`` graph."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import (
    formats,
    graph,
    keras_files,
    keras_releases,
    keras_safety,
    keras_weights,
    proof,
    saved_models,
)
from donkey_activations.extractors.converter import (
    conversion_errors,
    import_tensorflow,
    reason_of,
    run_converter,
)
from donkey_activations.extractors.pilot_format import PilotFormat
from donkey_activations.extractors.tracing import feature_maps, watched_calls
from donkey_activations.extractors.ways_out import instead


@dataclass(frozen=True)
class TracedMaps:
    """The feature maps of a Keras model as a function of its inputs.

    Attributes:
        function: TensorFlow's concrete function, for one frame at a time.
        inputs: TensorFlow's specification of each of its inputs by the input's name.
        labels: ``kind:name`` of each of its outputs by the output's name, in the order in which
            the network computes them.
        chosen: Whether they were asked for by name.
    """

    function: Any
    inputs: dict[str, Any]
    labels: dict[str, str]
    chosen: bool


@dataclass(frozen=True)
class Conversion:
    """A cut graph that gives the maps which the pilot gives in TensorFlow.

    Attributes:
        cut_graph: A ``.tflite`` file, see ``graph.cut``.
        versions: The versions of what made it, by the distribution's name.
    """

    cut_graph: bytes
    versions: dict[str, str]


def convert(
    path: Path, pilot_format: PilotFormat, layers: Sequence[str] | None, trust_model: bool
) -> Conversion:
    """Convert a Keras pilot to a cut graph, and hold that against the pilot.

    Args:
        path: The pilot's file or folder.
        pilot_format: What ``formats.identify`` returns for it.
        layers: Names of the wanted layers; None is every convolution.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: TensorFlow is missing, the file cannot be loaded, runs code when loaded, has no
            such layer, cannot be converted, or gives other maps when it is converted.
    """
    if pilot_format is PilotFormat.SAVED_MODEL and not _holds_keras_layers(path):
        tf = _tensorflow(path)
        if not trust_model:
            keras_safety.refuse_stored_code(path, pilot_format)
        cut_graph = saved_models.convert(tf, path, layers)
        return Conversion(cut_graph, {"tensorflow": tf.__version__})
    tf, model = load(path, pilot_format, trust_model)
    if keras_files.has_unknown_layers(model):
        # Its convolutions show in what TensorFlow makes of the whole only.
        cut_graph = saved_models.convert(tf, path, layers)
        return Conversion(cut_graph, {"tensorflow": tf.__version__})
    cut_graph = convert_maps(tf, trace_maps(tf, model, layers))
    keras = keras_releases.keras_of(model)
    versions = {"tensorflow": tf.__version__, "keras": keras_releases.version_of(keras)}
    return Conversion(cut_graph, versions)


def load(path: Path, pilot_format: PilotFormat, trust_model: bool) -> tuple[Any, Any]:
    """Return the module ``tensorflow``, and a pilot that Keras saved.

    Args:
        path: The pilot's file or folder.
        pilot_format: What ``formats.identify`` returns for it.
        trust_model: Load the file even if that runs code stored in it.

    Raises:
        ModelError: TensorFlow is missing, or the file cannot be loaded, or runs code when loaded.
    """
    tf = _tensorflow(path)
    if not trust_model:
        keras_safety.refuse_stored_code(path, pilot_format)
    keras = keras_files.keras_for(tf, path, pilot_format)
    keras_weights.refuse_too_many(tf, keras, path, pilot_format)
    model = keras_files.load_pilot(keras, path, pilot_format, trust_model)
    if not getattr(model, "inputs", None):
        way_out = (
            "save it after it was trained once"
            if isinstance(model, keras.Sequential)
            else f"of a model of a class of its own, {instead(path, ['.tflite'])}"
        )
        raise ModelError(f"the pilot does not say what it takes; {way_out}")
    return tf, model


def _tensorflow(path: Path) -> Any:
    try:
        return import_tensorflow("a Keras pilot")
    except ModelError as error:
        raise ModelError(f"{error}, or {instead(path, ['.tflite'])}") from error


def _holds_keras_layers(saved_model: Path) -> bool:
    try:
        return keras_releases.holds_keras_layers(saved_model)
    except OSError as error:
        raise formats.unreadable(error) from error


def trace_maps(tf: Any, model: Any, layers: Sequence[str] | None) -> TracedMaps:
    """Find the feature maps of a Keras model.

    Args:
        tf: The module ``tensorflow``.
        model: The model.
        layers: Names of the wanted layers; None is every convolution.

    Raises:
        ModelError: It has no convolution, no layer of a wanted name, or cannot be run.
    """
    labels: dict[str, str] = {}
    keras = keras_releases.keras_of(model)

    def maps_of(*inputs: Any) -> dict[str, Any]:
        # A sequential model of Keras 3 does not tell its one input in this way.
        structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
        with watched_calls(tf, keras) as calls:
            model(tf.nest.pack_sequence_as(structure, inputs), training=False)
        maps = feature_maps(calls, layers)
        labels.update({f"map_{i}": label for i, label in enumerate(maps)})
        return dict(zip(labels, maps.values(), strict=True))

    one_at_a_time = {
        name: tf.TensorSpec((tensor.shape[0] or 1, *tensor.shape[1:]), tensor.dtype, name)
        for tensor, name in zip(model.inputs, _input_names(model), strict=True)
    }
    traced = tf.function(maps_of, input_signature=list(one_at_a_time.values()), autograph=False)
    try:
        return TracedMaps(traced.get_concrete_function(), one_at_a_time, labels, layers is not None)
    except ModelError:
        raise
    except Exception as error:  # as the converter, and Keras with a damaged configuration
        raise ModelError(
            f"Keras cannot run this network ({reason_of(error)}); copy the file again, or save the "
            "pilot again"
        ) from error


def _input_names(model: Any) -> list[str]:
    """Return the inputs' names, as TensorFlow takes them, each once."""
    names = [re.sub(r"\W", "_", tensor.name.partition(":")[0]) for tensor in model.inputs]
    return [name if names.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(names)]


def convert_maps(tf: Any, traced: TracedMaps) -> bytes:
    """Return the cut graph that computes a Keras model's feature maps.

    Args:
        tf: The module ``tensorflow``.
        traced: What ``trace_maps`` returns for the model, which must still exist.

    Raises:
        ModelError: TensorFlow cannot convert it, or what it converts it to gives other maps.
    """
    # The function refers to its variables only weakly, and Keras 3 does not show TensorFlow its
    # models' variables: what is not held here would be read by the graph without ever being set.
    holder = tf.Module()
    holder.variables_read = list(traced.function.graph.variables)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.function], holder)
    cut_graph = graph.label_outputs(
        run_converter(tf, converter), traced.labels, chosen=traced.chosen
    )

    def keras_maps(inputs: proof.Tensors) -> proof.Tensors:
        maps = traced.function(*(tf.constant(inputs[name]) for name in traced.inputs))
        return {label: maps[key].numpy() for key, label in traced.labels.items()}

    proof.check(cut_graph, traced.inputs, keras_maps)
    return cut_graph


def convert_whole(model: Any) -> bytes:
    """Return a Keras model as the ``.tflite`` file that ``donkey train`` makes of it.

    Args:
        model: The model.

    Raises:
        ModelError: TensorFlow cannot convert it.
    """
    from donkeycar.parts.interpreter import keras_to_tflite

    with tempfile.TemporaryDirectory(prefix="donkey-activations-") as folder:
        path = Path(folder) / "pilot.tflite"
        with conversion_errors():
            keras_to_tflite(model, str(path))
        return path.read_bytes()
