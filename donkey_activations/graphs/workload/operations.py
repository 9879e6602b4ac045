"""What single operators of a ``.tflite`` graph compute.

Counted are the multiply-accumulate operations (MACs) of the operators that have weights or that
multiply matrices. Nothing else counts: no activation, normalisation, pooling or padding, and no
moving about of values. That is the convention of the field, as of the counters fvcore and
torchinfo, and little is lost by it: those are a few operations a cell, a convolution is hundreds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from donkey_activations.graphs.operators import Shape

# Of TensorFlow's own operators, those that do what counts as nothing in LiteRT's.
_FLEX_WITHOUT_MACS = {
    "FlexAvgPool3D", "FlexBatchToSpaceND", "FlexMaxPool3D", "FlexSpaceToBatchND",
    "FlexTensorListReserve", "FlexTensorListSetItem", "FlexTensorListStack",
}  # fmt: skip

# Of LiteRT's own, those that have others run within.
_RUNS_OTHERS = {"CALL", "DELEGATE", "IF", "WHILE"}

# They go through a sequence step by step, with a matrix for each gate.
RECURRENT = {
    "BIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_RNN", "LSTM", "RNN", "SVDF",
    "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor as it is when a frame runs through the graph.

    Attributes:
        shape: Its sizes; a scalar's is ``()``.
        item_bytes: Bytes of one of its values; 0 for a list or a handle.
        whole: Whether its values are integers of 32 bits or more, as those of a shape are.
        buffer: The number of the buffer that its values stand in, if it is a constant.
    """

    shape: Shape
    item_bytes: int
    whole: bool
    buffer: int | None = None

    @property
    def elements(self) -> int:
        """Number of its values."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operator with its tensors.

    Attributes:
        name: Its name in LiteRT's schema, or a custom one's own.
        options: Its options in the schema's own object, or None.
        inputs: What it reads; None for an input that is left out.
        outputs: What it writes.
    """

    name: str
    options: Any
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]

    def input(self, number: int) -> Tensor:
        """Return an input that the operator cannot do without."""
        tensor = self.inputs[number]
        assert tensor is not None  # or LiteRT would not have run it
        return tensor


def macs(operation: Operation) -> int | None:
    """Return the multiply-accumulate operations of one operator.

    Returns:
        How many there are, 0 where they do not count; None for an unknown operator.
    """
    name = operation.name
    if name in _COUNTS:
        return _COUNTS[name](operation)
    built_in = hasattr(schema.BuiltinOperator, name) and not name.startswith("STABLEHLO_")
    without_macs = built_in and name not in _RUNS_OTHERS
    return 0 if without_macs or name in _FLEX_WITHOUT_MACS else None


def _convolution(operation: Operation) -> int:
    """Output cells x filters x kernel volume x channels; a kernel is (filters, h, w, channels)."""
    return operation.outputs[0].elements * prod(operation.input(1).shape[1:])


def _depthwise(operation: Operation) -> int:
    """Output cells x filters x kernel volume; each filter reads one channel."""
    return operation.outputs[0].elements * prod(operation.input(1).shape[1:3])


def _convolution_3d(operation: Operation) -> int:
    """Output cells x kernel volume x channels x filters; the kernel has the last two in it."""
    return prod(operation.outputs[0].shape[:-1]) * operation.input(1).elements


def _transposed(operation: Operation) -> int:
    """Input cells x kernel volume x channels x filters: every input cell meets every weight."""
    return prod(operation.input(2).shape[:-1]) * operation.input(1).elements


def _dense(operation: Operation) -> int:
    """Rows x weights, which is values read x filters."""
    return operation.input(0).elements * operation.input(1).shape[0]


def _matrices(operation: Operation) -> int:
    """Output values x length of the sums that they are."""
    axis = -2 if operation.options.adjX else -1
    return operation.outputs[0].elements * operation.input(0).shape[axis]


def _recurrent(operation: Operation) -> int:
    """Rows, one for each step in time, x weights of the matrices of all gates."""
    matrices = [
        tensor.elements
        for tensor in operation.inputs[1:]
        if tensor is not None and tensor.buffer is not None and len(tensor.shape) == 2
    ]
    return prod(operation.input(0).shape[:-1]) * sum(matrices)


_COUNTS: dict[str, Callable[[Operation], int]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _convolution_3d,
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), _transposed),
    "FULLY_CONNECTED": _dense,
    "BATCH_MATMUL": _matrices,
    **dict.fromkeys(RECURRENT, _recurrent),
}
