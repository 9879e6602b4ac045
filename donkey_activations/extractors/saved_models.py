"""SavedModels that are bare graphs, as Keras 3's ``model.export`` writes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors import graph, proof
from donkey_activations.extractors.converter import run_converter
from donkey_activations.extractors.ways_out import incomplete, instead

_SERVED = "serving_default"
# What is an output of the whole function has no other name.
_OUTPUT = re.compile(r"StatefulPartitionedCall:(\d+)")


def convert(tf: Any, path: Path, layers: Sequence[str] | None) -> bytes:
    """Convert a SavedModel's function to a cut graph, and hold that against the function.

    Args:
        tf: The ``tensorflow`` module.
        path: The SavedModel's folder, which holds no operator that reaches out of the network.
        layers: Names of the wanted layers; None is every convolution.

    Raises:
        ModelError: It cannot be loaded or converted, has no such layer, or gives other maps when
            it is converted.
    """
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises whatever a damaged file makes it raise
        raise incomplete(path) or ModelError(
            f"TensorFlow cannot load this SavedModel; copy or export it again, or {instead(path)}"
        ) from error
    function = _served_function(loaded)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], loaded)
    whole = run_converter(tf, converter)
    cut_graph = graph.cut(whole, layers)
    _, inputs = function.structured_input_signature
    proof.check(cut_graph, inputs, _maps_of(tf, function, graph.tensors_shown(whole, layers)))
    return cut_graph


def _served_function(loaded: Any) -> Any:
    functions = dict(loaded.signatures)
    if _SERVED in functions:
        return functions[_SERVED]
    if len(functions) == 1:
        return next(iter(functions.values()))
    raise ModelError(
        f"expected a SavedModel with the function {_SERVED}, got "
        f"{', '.join(sorted(functions)) or 'none'}; export the pilot with model.export"
    )


def _maps_of(
    tf: Any, function: Any, shown: Mapping[str, str]
) -> Callable[[proof.Tensors], proof.Tensors]:
    """Return what computes the tensors of a function that a converted graph says it shows.

    Args:
        tf: The ``tensorflow`` module.
        function: TensorFlow's concrete function.
        shown: The converted tensors' names by label, with the names of all that is fused into each.

    Raises:
        ModelError: A tensor has no counterpart.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # Only where its calls are inlined can a function's inner tensors be asked for.
    inlined = convert_variables_to_constants_v2(function)
    names = [operation.name for operation in inlined.graph.get_operations()]
    tensors = [_counterpart(inlined, names, name) for name in shown.values()]
    pruned = inlined.prune(inlined.inputs, tensors)
    inputs = [tensor.name.partition(":")[0] for tensor in inlined.inputs]

    def maps(values: proof.Tensors) -> proof.Tensors:
        outputs = pruned(*(tf.constant(values[name]) for name in inputs))
        return {label: output.numpy() for label, output in zip(shown, outputs, strict=True)}

    return maps


def _counterpart(inlined: Any, operations: Sequence[str], converted_name: str) -> Any:
    """Return the tensor that a converted one was: the last of the operations fused into it."""
    # An operation that the converter makes of several has their numbers behind its name.
    names = [name for one in converted_name.split(";") for name in (one, one.rstrip("0123456789"))]
    for fused in names:
        found = [name for name in operations if name == fused or name.endswith(f"/{fused}")]
        if len(found) == 1:
            return inlined.graph.get_tensor_by_name(f"{found[0]}:0")
    output = _OUTPUT.fullmatch(converted_name)
    if output is not None and int(output[1]) < len(inlined.outputs):
        return inlined.outputs[int(output[1])]
    raise ModelError(
        "this SavedModel is a bare graph whose conversion cannot be compared with it (no tensor "
        f"named {converted_name.partition(';')[0]}); give the .keras, .h5 or .tflite of the same "
        "training"
    )
