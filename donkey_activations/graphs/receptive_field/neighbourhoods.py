"""Rules of the operators that look at a cell's neighbours: convolutions, poolings, resizing."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from donkey_activations.graphs.operators import Field, Operator, Rule, each_axis, only
from donkey_activations.graphs.receptive_field import flex, reads
from donkey_activations.graphs.receptive_field.axis import Axis, Cells


def convolution(operator: Operator) -> Field | None:
    """Rule of a convolution: of its kernel, stride and dilation."""
    options, kernel = operator.options, operator.shapes[1][1:3]
    strides = (options.strideH, options.strideW)
    dilations = (options.dilationHFactor, options.dilationWFactor)

    def rule(axis: Axis, n: int) -> Axis:
        read = reads.sliding(axis.cells, operator.cells[n], kernel[n], strides[n], dilations[n])
        return axis.read(read, strides[n])

    return each_axis(only(operator, 0), rule)


def transposed_convolution(operator: Operator) -> Field | None:
    """Rule of a transposed convolution, whose stride divides."""
    kernel = operator.shapes[1][1:3]
    strides = (operator.options.strideH, operator.options.strideW)

    def rule(axis: Axis, n: int) -> Axis | None:
        read = reads.transposed(axis.cells, operator.cells[n], kernel[n], strides[n])
        return axis.read(read, Fraction(1, strides[n]))

    return each_axis(only(operator, 2), rule)


def pooling(operator: Operator) -> Field | None:
    """Rule of a pooling in a frame."""
    options = operator.options
    kernel = (options.filterHeight, options.filterWidth)
    return _pool(operator, kernel, (options.strideH, options.strideW))


def flex_pooling(operator: Operator) -> Field | None:
    """Rule of TensorFlow's own pooling in frame and time."""
    attributes = flex.integer_lists(operator.custom_options)
    kernel, strides = attributes.get("ksize", []), attributes.get("strides", [])
    if len(kernel) != len(operator.output) or len(strides) != len(operator.output):
        return None
    return _pool(operator, kernel[-3:-1], strides[-3:-1])


def _pool(operator: Operator, kernel: Sequence[int], strides: Sequence[int]) -> Field | None:
    def rule(axis: Axis, n: int) -> Axis | None:
        if kernel[n] > 2 * axis.cells:
            return None  # no padding is that wide
        read = reads.sliding(axis.cells, operator.cells[n], kernel[n], strides[n])
        return axis.read(read, strides[n])

    return each_axis(only(operator, 0), rule)


def _resizing(window: Callable[[int, int, bool, bool], Cells]) -> Rule:
    def resize(operator: Operator) -> Field | None:
        corners = bool(operator.options.alignCorners)
        half = bool(operator.options.halfPixelCenters)

        def rule(axis: Axis, n: int) -> Axis:
            outputs = operator.cells[n]
            read = window(axis.cells, outputs, corners, half)
            return axis.read(read, reads.resize_rate(axis.cells, outputs, corners))

        return each_axis(only(operator, 0), rule)

    return resize


resize_nearest = _resizing(reads.nearest)
resize_linear = _resizing(reads.linear)
