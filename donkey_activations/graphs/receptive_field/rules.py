"""The rule of each operator of a ``.tflite`` graph: what its output reads of the image."""

from math import prod

from donkey_activations.graphs.operators import (
    Field,
    Operator,
    Rule,
    each_axis,
    only,
    spatial,
    together,
    whole,
)
from donkey_activations.graphs.receptive_field import moves, neighbourhoods

# Each cell of the output reads the same cell of every input, and no other.
_POINTWISE = (
    "ABS", "ADD", "ADD_N", "ATAN2", "BROADCAST_TO", "CAST", "CEIL", "COS", "DEQUANTIZE", "DIV",
    "ELU", "EQUAL", "EXP", "FAKE_QUANT", "FLOOR", "FLOOR_DIV", "FLOOR_MOD", "GELU", "GREATER",
    "GREATER_EQUAL", "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LESS", "LESS_EQUAL",
    "LOCAL_RESPONSE_NORMALIZATION", "LOG", "LOGICAL_AND", "LOGICAL_NOT", "LOGICAL_OR", "LOGISTIC",
    "LOG_SOFTMAX", "MAXIMUM", "MINIMUM", "MUL", "NEG", "NOT_EQUAL", "POW", "PRELU", "QUANTIZE",
    "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "ROUND", "RSQRT", "SELECT", "SELECT_V2",
    "SIGN", "SIN", "SOFTMAX", "SQRT", "SQUARE", "SQUARED_DIFFERENCE", "SUB", "TANH",
)  # fmt: skip


def propagate(operator: Operator) -> Field | None:
    """Return the field of an operator's output; None if unknown.

    Args:
        operator: An operator with at least one input that reads of the image.
    """
    present = [field for field in operator.fields if field is not None]
    if all(field.uniform for field in present):
        return together(present, (1, 1))
    try:
        field = RULES.get(operator.name, _unknown)(operator)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None  # options that no converter writes: a stride of 0, an axis that is not there
    if field is None or field.uniform:
        return field
    fits = tuple(axis.cells for axis in field.axes) == operator.cells
    return field if fits else None


def _unknown(_operator: Operator) -> Field | None:
    return None


def _pointwise(operator: Operator) -> Field | None:
    return together([field for field in operator.fields if field], operator.cells)


def _reduction(operator: Operator) -> Field | None:
    field, over = only(operator, 0), operator.constants[1]
    if field is None or over is None:
        return None
    rank = len(operator.shapes[0])
    reduced = {int(number) % rank - rank for number in over.reshape(-1)}
    if reduced >= {-3, -2}:
        return whole(field)
    if operator.options.keepDims:
        return each_axis(field, lambda axis, n: axis.whole() if n - 3 in reduced else axis)
    return None if reduced & {-3, -2, -1} else field


def _dense(operator: Operator) -> Field | None:
    field, flat = only(operator, 0), operator.shapes[0]
    if field is None:
        return None
    read = operator.shapes[1][-1]
    if len(operator.output) > 3:
        return field if read == flat[-1] and spatial(flat) == operator.cells else None
    # The rule of RESHAPE took care that a row of values is one whole picture.
    picture = prod(flat[-3:]) if len(flat) > 3 else flat[-1]
    return whole(field) if read == picture else None


RULES: dict[str, Rule] = {
    **dict.fromkeys(_POINTWISE, _pointwise),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D"), neighbourhoods.convolution),
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), neighbourhoods.transposed_convolution),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), neighbourhoods.pooling),
    **dict.fromkeys(("FlexAvgPool3D", "FlexMaxPool3D"), neighbourhoods.flex_pooling),
    "RESIZE_NEAREST_NEIGHBOR": neighbourhoods.resize_nearest,
    "RESIZE_BILINEAR": neighbourhoods.resize_linear,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"), _reduction),
    "FULLY_CONNECTED": _dense,
    **dict.fromkeys(("RESHAPE", "EXPAND_DIMS", "SQUEEZE"), moves.reshape),
    "TRANSPOSE": moves.transpose,
    **dict.fromkeys(("PAD", "PADV2"), moves.padding),
    "SLICE": moves.crop,
    "STRIDED_SLICE": moves.strided_slice,
    **dict.fromkeys(
        ("CONCATENATION", "GATHER", "PACK", "SPLIT", "SPLIT_V", "UNPACK"), moves.along_channels
    ),
    "SPACE_TO_BATCH_ND": moves.space_to_batch,
    "BATCH_TO_SPACE_ND": moves.batch_to_space,
    "SPACE_TO_DEPTH": moves.space_to_depth,
    "DEPTH_TO_SPACE": moves.depth_to_space,
}
