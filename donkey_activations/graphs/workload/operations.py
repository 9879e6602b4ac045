"""What single operators of a ``.tflite`` graph compute.

Counted are the multiply-accumulate operations (MACs) of the operators that have weights or that
multiply matrices. Nothing else counts: no activation, normalisation, pooling or padding, and no
moving about of values. That is the convention of the field, as of the counters fvcore and
torchinfo, and little is lost by it: those are a few operations a cell, a convolution is hundreds.
"""

from collections.abc import Callable

from ai_edge_litert import schema_py_generated as schema

from donkey_activations.graphs.workload.tensors import Operation, Shape, product

Count = Callable[[Operation, Shape], int | None]

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


def macs(operation: Operation, output: Shape) -> int | None:
    """Returns the multiply-accumulate operations of one operator.

    Args:
        operation: The operator.
        output: The shape of its first output.

    Returns:
        How many there are, 0 where they do not count; None where nobody knows, because a size is
        unknown, or the operator is.

    Raises:
        ValueError: The operator cannot run on such inputs.
        IndexError: The same.
    """
    name = operation.name
    count = _COUNTS.get(name)
    if count is not None:
        unranked = any(tensor is not None and not tensor.shape for tensor in operation.inputs)
        return None if unranked or not output else count(operation, output)
    built_in = hasattr(schema.BuiltinOperator, name) and not name.startswith("STABLEHLO_")
    without_macs = built_in and name not in _RUNS_OTHERS
    return 0 if without_macs or name in _FLEX_WITHOUT_MACS else None


def _convolution(operation: Operation, output: Shape) -> int | None:
    """Output cells x filters x kernel volume x channels; a kernel is (filters, h, w, channels)."""
    return product((*output, *operation.input(1).shape[1:]))


def _depthwise(operation: Operation, output: Shape) -> int | None:
    """Output cells x filters x kernel volume; each filter reads one channel."""
    return product((*output, *operation.input(1).shape[1:3]))


def _convolution_3d(operation: Operation, output: Shape) -> int | None:
    """Output cells x kernel volume x channels x filters; the kernel has the last two in it."""
    return product((*output[:-1], *operation.input(1).shape))


def _transposed(operation: Operation, _output: Shape) -> int | None:
    """Input cells x kernel volume x channels x filters: every input cell meets every weight."""
    return product((*operation.input(2).shape[:-1], *operation.input(1).shape))


def _dense(operation: Operation, _output: Shape) -> int | None:
    """Rows x weights, which is values read x filters."""
    return product((operation.input(0).elements, operation.input(1).shape[0]))


def _matrices(operation: Operation, output: Shape) -> int | None:
    """Output values x length of the sums that they are."""
    axis = -2 if operation.options.adjX else -1
    return product((*output, operation.input(0).shape[axis]))


def _recurrent(operation: Operation, _output: Shape) -> int | None:
    """Rows, one for each step in time, x weights of the matrices of all gates."""
    matrices = [
        tensor.elements
        for tensor in operation.inputs[1:]
        if tensor is not None and tensor.buffer is not None and len(tensor.shape) == 2
    ]
    weights = sum(elements for elements in matrices if elements is not None)
    return product((*operation.input(0).shape[:-1], weights))


_COUNTS: dict[str, Count] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _convolution_3d,
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), _transposed),
    "FULLY_CONNECTED": _dense,
    "BATCH_MATMUL": _matrices,
    **dict.fromkeys(RECURRENT, _recurrent),
}
