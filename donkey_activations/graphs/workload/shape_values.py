"""Integers that a ``.tflite`` graph works out from shapes: a shape to reshape to, a loop's end."""

from collections.abc import Callable, Sequence

import numpy as np

from donkey_activations.graphs.workload.tensors import MOST_VALUES, Operation, Values

Rule = Callable[[Operation, Sequence[Values]], Values | None]


def output_values(operation: Operation) -> Values | None:
    """Returns the values of an operator's output; None unless they depend on shapes alone.

    Raises:
        ValueError: The operator cannot run on such inputs.
        IndexError: The same.
    """
    if operation.name == "SHAPE":
        shape = operation.input(0).shape
        return None if None in shape else np.array(shape, np.int64)
    rule = _RULES.get(operation.name)
    values = [tensor.values for tensor in operation.inputs if tensor and tensor.values is not None]
    if rule is None or len(values) < len(operation.inputs):
        return None
    result = rule(operation, values)
    # A damaged graph might double them again and again.
    return None if result is None or result.size > MOST_VALUES else result


def _part(operation: Operation, values: Sequence[Values]) -> Values | None:
    """Rule of STRIDED_SLICE for a list of sizes."""
    sizes, begin, end, step = values
    options = operation.options
    if sizes.ndim != 1:
        return None
    if options.shrinkAxisMask:
        return np.asarray(sizes[int(begin[0])])
    first = None if options.beginMask else int(begin[0])
    last = None if options.endMask else int(end[0])
    return sizes[first : last : int(step[0])]


def _product(operation: Operation, values: Sequence[Values]) -> Values:
    axes = tuple(int(axis) for axis in values[1].reshape(-1))
    return np.asarray(values[0].prod(axis=axes, keepdims=bool(operation.options.keepDims)))


_RULES: dict[str, Rule] = {
    "ADD": lambda _, values: values[0] + values[1],
    "STRIDED_SLICE": _part,
    "REDUCE_PROD": _product,
    "PACK": lambda operation, values: np.stack(values, operation.options.axis),
    "CONCATENATION": lambda operation, values: np.concatenate(values, operation.options.axis),
    "GATHER": lambda operation, values: values[0].take(values[1], operation.options.axis),
    "RESHAPE": lambda _, values: values[0].reshape(values[1]),
}
