"""Holds a converted graph against the pilot that it was converted from."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.errors import ModelError
from donkey_activations.extractors.engines import engine_of
from donkey_activations.graphs.tflite import read_graph

Tensors = dict[str, NDArray[Any]]

LARGEST_DIFFERENCE = 1e-4
"""Of a map's cells, as a share of the largest value of its layer."""

# Below it, values are rounding errors of a layer that answers nothing.
_SMALLEST_RANGE = 1e-6
# Of an axis whose length a pilot leaves open.
_OPEN_LENGTH = 96


def check(
    cut_graph: bytes, inputs: Mapping[str, Any], pilot_maps: Callable[[Tensors], Tensors]
) -> None:
    """Refuse a converted graph that gives other maps than its pilot, on a random or a black frame.

    Args:
        cut_graph: A ``.tflite`` file with a pilot's feature maps as its outputs.
        inputs: The specifications of the pilot's inputs by their names in the graph; each has a
            ``shape``, None where an axis is open, and a ``dtype`` of TensorFlow.
        pilot_maps: Returns the maps by the names of the graph's outputs, and maybe others, as the
            pilot gives them for values of its inputs.

    Raises:
        ModelError: A map differs by more than ``LARGEST_DIFFERENCE``, or the graph cannot be run.
    """
    frames = list(_frames(inputs))
    expected = [pilot_maps(frame) for frame in frames]
    try:
        given = list(_computed(cut_graph, frames))
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            "the conversion of this network cannot be run, so nothing was kept; give the .tflite "
            "of the same training"
        ) from error
    for label in given[0]:
        _check_layer(label, [maps[label] for maps in expected], [maps[label] for maps in given])


def _frames(inputs: Mapping[str, Any]) -> Iterator[Tensors]:
    """Yield the values of all inputs: random levels of a camera, then nothing but 0."""
    random = np.random.default_rng(0)
    shapes = {
        name: tuple(length or (_OPEN_LENGTH if axis else 1) for axis, length in enumerate(spec))
        for name, spec in ((name, tuple(spec.shape)) for name, spec in inputs.items())
    }
    dtypes = {name: np.dtype(spec.dtype.as_numpy_dtype) for name, spec in inputs.items()}
    levels = {name: random.integers(0, 256, shape) for name, shape in shapes.items()}
    # Whole numbers are a camera's levels in an image, and may be indices elsewhere.
    factors = {
        name: 1 / 255 if dtype.kind == "f" else len(shapes[name]) >= 4
        for name, dtype in dtypes.items()
    }
    yield {name: (levels[name] * factors[name]).astype(dtypes[name]) for name in levels}
    yield {name: np.zeros(shape, dtypes[name]) for name, shape in shapes.items()}


def _computed(cut_graph: bytes, frames: list[Tensors]) -> Iterator[Tensors]:
    interpreter_class, _ = engine_of(read_graph(cut_graph))
    interpreter = interpreter_class(model_content=cut_graph)
    for detail in interpreter.get_input_details():
        shape = frames[0][detail["name"]].shape
        if tuple(detail["shape"]) != shape:
            interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()
    for frame in frames:
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], frame[detail["name"]])
        interpreter.invoke()
        outputs = interpreter.get_output_details()
        yield {output["name"]: interpreter.get_tensor(output["index"]) for output in outputs}


def _check_layer(label: str, expected: list[NDArray[Any]], given: list[NDArray[Any]]) -> None:
    difference = relative_difference(np.stack(expected), np.stack(given))
    if difference <= LARGEST_DIFFERENCE:
        return
    layer = label.partition(":")[2]
    differ = f"differ by {difference:.2g} times the layer's largest value"
    if np.isinf(difference):
        differ = "are no such numbers at all"
    raise ModelError(
        f"the conversion gives other feature maps than the pilot: those of {layer} {differ} (at "
        f"most {LARGEST_DIFFERENCE:g} is allowed); nothing was kept, so give the .tflite of the "
        "same training"
    )


def relative_difference(expected: NDArray[Any], given: NDArray[Any]) -> float:
    """Return the largest difference as a share of the largest value; infinite for other shapes.

    Args:
        expected: Numbers of any shape; what is not finite in them must be so in both.
        given: Numbers that ought to be the same.
    """
    if expected.shape != given.shape:
        return float("inf")
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], given[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        largest = float(np.abs(expected[finite]).max())
        difference = float(np.abs(expected[finite].astype(float) - given[finite]).max())
    return float("inf") if np.isnan(difference) else difference / max(largest, _SMALLEST_RANGE)
