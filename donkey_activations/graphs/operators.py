"""What the cells of a tensor read of the image, and what the rules of all operators share.

A rule takes an operator whose inputs' fields are known and gives the field of its output, or None
where the operator is used in a way that the rule does not cover: then the result is unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.graphs.receptive_field.axis import Axis, merge

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Field:
    """What the cells of a tensor ``(…, height, width, channels)`` read of the image.

    Attributes:
        axes: Along the image's height and along its width.
        uniform: Every value reads the same, so that the tensor's shape does not matter. Behind a
            dense layer, for one.
    """

    axes: tuple[Axis, Axis]
    uniform: bool = False


@dataclass(frozen=True)
class Operator:
    """One operator of a graph.

    Attributes:
        name: Its name in LiteRT's schema, or that of the TensorFlow operator for a Flex one.
        options: Its options in the schema's own object, or None.
        custom_options: Those of a Flex operator.
        shapes: Shapes of its inputs; ``()`` where an optional input is left out.
        constants: Its integer inputs that are constants; None for all others.
        fields: What its inputs read of the image; None for those that read nothing of it.
        output: Shape of its output.
    """

    name: str
    options: Any
    custom_options: bytes
    shapes: tuple[Shape, ...]
    constants: tuple[NDArray[np.int64] | None, ...]
    fields: tuple[Field | None, ...]
    output: Shape

    @property
    def cells(self) -> tuple[int, int]:
        """Height and width of the output; 1 each where it has no such axes."""
        return spatial(self.output)


Rule = Callable[[Operator], Field | None]
AxisRule = Callable[[Axis, int], Axis | None]


def spatial(shape: Shape) -> tuple[int, int]:
    """Return height and width of a tensor; 1 each where it has no such axes."""
    return (shape[-3], shape[-2]) if len(shape) > 3 else (1, 1)


def each_axis(field: Field | None, rule: AxisRule) -> Field | None:
    """Return a field with both its axes changed; ``rule`` gets the axis and 0 or 1."""
    if field is None:
        return None
    height, width = (rule(axis, number) for number, axis in enumerate(field.axes))
    if height is None or width is None:
        return None
    return Field((height, width), field.uniform)


def together(fields: Sequence[Field], cells: tuple[int, int]) -> Field | None:
    """Return what a tensor of so many cells reads, if each reads the same place of all these."""
    merged = [merge([field.axes[number] for field in fields], cells[number]) for number in (0, 1)]
    if merged[0] is None or merged[1] is None:
        return None
    return Field((merged[0], merged[1]), all(field.uniform for field in fields))


def whole(field: Field) -> Field:
    """Return what a value reads that reads the whole tensor."""
    height, width = field.axes
    return Field((height.whole(), width.whole()), uniform=True)


def only(operator: Operator, number: int) -> Field | None:
    """Return the field of one input, if it is the only one that reads of the image."""
    present = [place for place, field in enumerate(operator.fields) if field is not None]
    return operator.fields[number] if present == [number] else None
