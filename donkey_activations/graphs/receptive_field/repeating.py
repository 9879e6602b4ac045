"""What is read of a map whose cells are repeated by way of shapes that are no map's.

Keras 3's nearest upsampling puts an axis of one cell behind each of a map's, tiles that, and takes
the two together. In between height and width are no axes of their own, so no single operator has a
rule: all are gone through at once, with the number of each cell's row and column for its value.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import numpy as np
from numpy.typing import NDArray

from donkey_activations.graphs.operators import Field, Operator, Shape, each_axis, spatial
from donkey_activations.graphs.receptive_field.axis import Axis

STEPS = {"RESHAPE", "TILE"}

# Values of a tensor. Few maps have more; a damaged file may say so, and would fill the memory.
_MOST_VALUES = 1 << 22


def repeated(field: Field, shape: Shape, steps: Sequence[Operator]) -> Field | None:
    """Return what the cells read that some reshapes and tilings make of a map.

    Args:
        field: What the map reads of the image.
        shape: Its shape.
        steps: The operators from the map on, in their order, each one of ``STEPS``.

    Returns:
        The field of the last one's output; None unless its rows and columns are those of the map,
        each repeated as often as all others.
    """
    cells, output = steps[-1].cells, steps[-1].output
    if min(len(shape), len(output)) < 4 or min(*shape, *output) < 1:
        return None
    for number, (before, after) in enumerate(zip(spatial(shape), cells, strict=True)):
        places = _moved(_along(number, np.arange(before), shape), steps)
        if places is None or after % before:
            return None
        if (places != _along(number, np.arange(after) * before // after, output)).any():
            return None

    def rule(axis: Axis, number: int) -> Axis | None:
        read = np.arange(cells[number], dtype=np.int64)[:, np.newaxis] * axis.cells // cells[number]
        return axis.read(read, Fraction(axis.cells, cells[number])) if axis.phases == 1 else None

    return each_axis(field, rule)


def _along(number: int, values: NDArray[np.int64], shape: Shape) -> NDArray[np.int64]:
    """Return a map of values that differ along its height (0) or its width (1) only."""
    return np.broadcast_to(np.expand_dims(values, (1, 2) if number == 0 else (0, 2)), shape)


def _moved(values: NDArray[np.int64], steps: Sequence[Operator]) -> NDArray[np.int64] | None:
    for step in steps:
        tiles = step.constants[1] if step.name == "TILE" else np.ones(values.ndim, np.int64)
        if tiles is None or tiles.shape != (values.ndim,) or tiles.min() < 1:
            return None
        times = tiles.tolist()
        size = values.size * prod(times)
        if size > _MOST_VALUES or size != prod(step.output):
            return None
        values = np.tile(values, times).reshape(step.output)
    return values
