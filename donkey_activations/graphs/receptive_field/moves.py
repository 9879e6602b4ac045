"""Rules of the operators that move values and compute none: reshape, crop, pad, deal out."""

from fractions import Fraction
from math import prod

import numpy as np

from donkey_activations.graphs.operators import (
    Field,
    Operator,
    each_axis,
    only,
    spatial,
    together,
)
from donkey_activations.graphs.receptive_field.axis import Axis


def reshape(operator: Operator) -> Field | None:
    """Rule of a reshape: that leaves the picture as it is, or flattens the whole of it."""
    field, old, new = only(operator, 0), operator.shapes[0], operator.output
    if field is None or len(old) < 4:
        return None
    if len(new) > 3 and new[-3:] == old[-3:]:
        return field
    if new[-1] == prod(old[-3:]):
        height, width = (axis.whole() for axis in field.axes)
        # Not yet uniform: each value still reads what its own cell did.
        return Field((height, width), uniform=spatial(old) == (1, 1))
    return None


def transpose(operator: Operator) -> Field | None:
    """Rule of a transposition that leaves the picture as it is."""
    order, rank = operator.constants[1], len(operator.output)
    if order is None or rank < 4:
        return None
    return only(operator, 0) if order[-3:].tolist() == [rank - 3, rank - 2, rank - 1] else None


def padding(operator: Operator) -> Field | None:
    """Rule of zero padding: there is nothing to see in it."""
    paddings = operator.constants[1]
    if paddings is None:
        return None

    def rule(axis: Axis, n: int) -> Axis:
        before = int(paddings[n - 3][0])
        return axis.read(np.arange(operator.cells[n], dtype=np.int64)[:, np.newaxis] - before, 1)

    return each_axis(only(operator, 0), rule)


def crop(operator: Operator) -> Field | None:
    """Rule of a crop."""
    begin = operator.constants[1]
    if begin is None:
        return None
    return _cropped(operator, [int(n) for n in begin], [1] * len(begin))


def strided_slice(operator: Operator) -> Field | None:
    """Rule of a crop, of one cell in so many, and of one frame of several."""
    begin, strides, options = operator.constants[1], operator.constants[3], operator.options
    if begin is None or strides is None or options.ellipsisMask or options.newAxisMask:
        return None
    rank = len(operator.shapes[0])
    if options.shrinkAxisMask >> (rank - 3):
        return None  # an axis of the picture goes
    padded = [*begin, *[0] * (rank - len(begin))]
    starts = [0 if options.beginMask >> n & 1 else int(b) for n, b in enumerate(padded)]
    return _cropped(operator, starts, [*map(int, strides), *[1] * (rank - len(strides))])


def _cropped(operator: Operator, begin: list[int], steps: list[int]) -> Field | None:
    if min(steps) < 1 or len(operator.output) < 4:
        return None

    def rule(axis: Axis, n: int) -> Axis:
        start, step = begin[n - 3], steps[n - 3]
        start = start + axis.cells if start < 0 else start
        kept = start + np.arange(operator.cells[n], dtype=np.int64)[:, np.newaxis] * step
        return axis.read(kept, step)

    return each_axis(only(operator, 0), rule)


def along_channels(operator: Operator) -> Field | None:
    """Rule of what joins, splits or picks along the channels, or frames of a sequence."""
    axis = getattr(operator.options, "axis", None)
    if operator.name == "SPLIT":
        axis = operator.constants[0]
    elif operator.name == "SPLIT_V":
        axis = operator.constants[2]
    if axis is None:
        return None
    fields = [field for field in operator.fields if field is not None]
    pairs = zip(operator.shapes, operator.fields, strict=True)
    ranks = {len(shape) for shape, field in pairs if field is not None} | {len(operator.output)}
    rank = max(ranks)
    axis = int(np.asarray(axis).reshape(-1)[0]) % rank
    kept = axis == rank - 1 and len(ranks) == 1
    return together(fields, operator.cells) if kept or axis < rank - 3 else None


def space_to_batch(operator: Operator) -> Field | None:
    """Rule of the operator ahead of a dilated convolution."""
    blocks, paddings = operator.constants[1], operator.constants[2]
    if blocks is None or paddings is None or len(blocks) != 2:
        return None

    def rule(axis: Axis, n: int) -> Axis | None:
        before, after = map(int, paddings[n])
        fits = axis.phases == 1 and (before + axis.cells + after) % int(blocks[n]) == 0
        return axis.deal(int(blocks[n]), before, after) if fits else None

    return each_axis(only(operator, 0), rule)


def batch_to_space(operator: Operator) -> Field | None:
    """Rule of the operator behind a dilated convolution."""
    blocks, crops = operator.constants[1], operator.constants[2]
    if blocks is None or crops is None or len(blocks) != 2:
        return None

    def rule(axis: Axis, n: int) -> Axis | None:
        return axis.collect(*map(int, crops[n])) if axis.phases == blocks[n] else None

    return each_axis(only(operator, 0), rule)


def space_to_depth(operator: Operator) -> Field | None:
    """Rule of the operator that makes channels of neighbouring cells."""
    block = int(operator.options.blockSize)
    within = np.arange(block, dtype=np.int64)

    def rule(axis: Axis, n: int) -> Axis:
        starts = np.arange(operator.cells[n], dtype=np.int64)[:, np.newaxis] * block
        return axis.read(starts + within, block)

    return each_axis(only(operator, 0), rule)


def depth_to_space(operator: Operator) -> Field | None:
    """Rule of the operator that makes neighbouring cells of channels."""
    block = int(operator.options.blockSize)

    def rule(axis: Axis, n: int) -> Axis:
        read = np.arange(operator.cells[n], dtype=np.int64)[:, np.newaxis] // block
        return axis.read(read, Fraction(1, block))

    return each_axis(only(operator, 0), rule)
