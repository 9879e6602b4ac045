"""The shapes that a ``.tflite`` graph's tensors have when one frame runs through it.

Those in the file are not enough. Donkeycar's converter leaves the batch open and writes 1 for it
wherever it turns up: so the three frames of an rnn pilot, which its convolutions get as a batch,
stand there as one, and so do the parts into which a dilated convolution deals its input. Here an
open axis gets its size from the operator's inputs, as LiteRT gives it to it when it runs.
"""

from collections.abc import Callable, Sequence

from ai_edge_litert import schema_py_generated as schema

from donkey_activations.graphs.workload.tensors import Operation, Shape, product

Rule = Callable[[Operation, Shape], Shape]


def output_cells(
    inputs: int, kernel: int, stride: int, *, dilation: int = 1, same: bool = False
) -> int:
    """Returns how many cells a convolution or a pooling gives along one axis.

    With ``n`` cells in, ``p`` cells of padding on each side, stride ``s``, and
    ``k = (kernel - 1) * dilation + 1`` for the extent of a dilated kernel, there are

        floor((n + 2p - k) / s) + 1

    cells out (Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning,
    arXiv:1603.07285, relationships 6 and 15). TensorFlow knows two paddings: "valid" is ``p = 0``,
    and "same" is as much as it takes for ``ceil(n / s)`` cells, whatever the kernel.

    Args:
        inputs: Cells that are read, 1 or more.
        kernel: Cells that one output reads, 1 or more.
        stride: Cells from what one output reads to what the next one does, 1 or more.
        dilation: Cells from one that the kernel reads to the next one, 1 or more.
        same: Whether the padding is "same"; "valid" otherwise.

    Raises:
        ValueError: One of the numbers is below 1, or the kernel is larger than what it reads.
    """
    if min(inputs, kernel, stride, dilation) < 1:
        raise ValueError(
            f"a kernel of {kernel} with stride {stride} and dilation {dilation} on {inputs} cells"
        )
    extent = 1 if same else (kernel - 1) * dilation + 1
    if extent > inputs:
        raise ValueError(f"a kernel of {extent} cells on {inputs}")
    return (inputs - extent) // stride + 1


def output_shape(operation: Operation, declared: Shape) -> Shape:
    """Returns the shape of an operator's output, as far as its inputs tell.

    Args:
        operation: The operator.
        declared: The output's shape in the file, None for an open axis.

    Raises:
        ValueError: The operator cannot run on such inputs.
    """
    shape = _RULES.get(operation.name, _as_an_input)(operation, declared)
    if min((size for size in shape if size is not None), default=0) < 0:
        raise ValueError(f"{operation.name} with an output of shape {list(shape)}")
    return shape


def _as_an_input(operation: Operation, declared: Shape) -> Shape:
    """Fills the open axes from an input that has as many of them, such as the batch."""
    missing = [axis for axis, size in enumerate(declared) if size is None]
    for tensor in operation.inputs:
        if missing and tensor is not None and len(tensor.open_axes) == len(missing):
            found = (tensor.shape[axis] for axis in tensor.open_axes)
            return _replaced(declared, dict(zip(missing, found, strict=True)))
    return declared


def _replaced(shape: Shape, sizes: dict[int, int | None]) -> Shape:
    return tuple(sizes.get(axis, size) for axis, size in enumerate(shape))


def _convolution(axes: str, first: int, filters: int) -> Rule:
    """Makes the rule of a convolution.

    Args:
        axes: Its spatial axes, as the options call them.
        first: The kernel's first spatial axis.
        filters: The kernel's axis of filters.
    """

    def rule(operation: Operation, declared: Shape) -> Shape:
        kernel = operation.input(1).shape
        dilations = [getattr(operation.options, f"dilation{axis}Factor") for axis in axes]
        spatial = _slide(operation, axes, kernel[first : first + len(axes)], dilations)
        return declared if spatial is None else (*spatial, kernel[filters])

    return rule


def _pooling(operation: Operation, declared: Shape) -> Shape:
    kernel = (operation.options.filterHeight, operation.options.filterWidth)
    spatial = _slide(operation, "HW", kernel, (1, 1))
    return declared if spatial is None else (*spatial, operation.input(0).shape[-1])


def _slide(
    operation: Operation, axes: str, kernel: Shape, dilations: Sequence[int]
) -> Shape | None:
    """Returns batch and spatial axes behind a sliding kernel; None if nobody knows how many."""
    data, options = operation.input(0).shape, operation.options
    if len(data) != len(axes) + 2 or len(kernel) != len(axes):
        return None
    same = options.padding == schema.Padding.SAME
    cells: list[int | None] = []
    for axis, size, width, dilation in zip(axes, data[1:-1], kernel, dilations, strict=True):
        stride = getattr(options, f"stride{axis}")
        if size is None or width is None:
            cells.append(None)
        else:
            cells.append(output_cells(size, width, stride, dilation=dilation, same=same))
    return (data[0], *cells)


def _reshaped(operation: Operation, declared: Shape) -> Shape:
    asked = operation.inputs[1] if len(operation.inputs) > 1 else None
    if asked is not None and asked.values is not None:
        sizes = [int(size) for size in asked.values.reshape(-1)]
        declared = tuple(None if size < 0 else size for size in sizes)
    return _filled(declared, operation.input(0).elements)


def _squeezed(operation: Operation, declared: Shape) -> Shape:
    return _filled(declared, operation.input(0).elements)


def _dense(operation: Operation, declared: Shape) -> Shape:
    data, kernel = operation.input(0), operation.input(1)
    filters, features = kernel.shape
    if data.elements is None or filters is None or not features:
        return declared
    return _filled(declared, data.elements // features * filters)


def _filled(shape: Shape, elements: int | None) -> Shape:
    """Fills the only open axis of a shape of so many elements."""
    missing = [axis for axis, size in enumerate(shape) if size is None]
    others = product(tuple(size for size in shape if size is not None))
    if len(missing) != 1 or elements is None or not others:
        return shape
    return _replaced(shape, {missing[0]: elements // others})


def _sliced(operation: Operation, declared: Shape) -> Shape:
    data, begin, sizes = operation.input(0).shape, *(operation.input(n).values for n in (1, 2))
    if begin is None or sizes is None:
        return declared
    # A size of -1 is all from there to the end.
    rest = (None if cells is None else cells - int(n) for cells, n in zip(data, begin, strict=True))
    return tuple(left if size == -1 else int(size) for size, left in zip(sizes, rest, strict=True))


def _transposed(operation: Operation, declared: Shape) -> Shape:
    data, order = operation.input(0).shape, operation.input(1).values
    if order is None:
        return declared
    return tuple(data[int(axis)] for axis in order)


def _gathered(operation: Operation, declared: Shape) -> Shape:
    data, options = operation.input(0).shape, operation.options
    if options.batchDims or not data:
        return declared
    axis = options.axis % len(data)
    return (*data[:axis], *operation.input(1).shape, *data[axis + 1 :])


def _of_values(number: int) -> Rule:
    """Makes the rule of an operator that is told its output's shape by one of its inputs."""

    def rule(operation: Operation, declared: Shape) -> Shape:
        sizes = operation.input(number).values
        return declared if sizes is None else tuple(int(size) for size in sizes)

    return rule


def _dealt(operation: Operation, declared: Shape) -> Shape:
    """Rule of SPACE_TO_BATCH_ND: the blocks' cells, in turn, become a batch."""
    batch, block = operation.input(0).shape[0], operation.input(1).values
    if batch is None or block is None:
        return declared
    return (batch * int(block.prod()), *declared[1:])


def _joined(operation: Operation, declared: Shape) -> Shape:
    """Rule of BATCH_TO_SPACE_ND, the way back."""
    batch, block = operation.input(0).shape[0], operation.input(1).values
    if batch is None or block is None or not block.all():
        return declared
    return (batch // int(block.prod()), *declared[1:])


def _list_reserved(operation: Operation, declared: Shape) -> Shape:
    item, length = operation.input(0).values, operation.input(1).values
    if item is None or length is None:
        return declared
    sizes = (int(size) for size in (*length.reshape(-1), *item.reshape(-1)))
    return tuple(None if size < 0 else size for size in sizes)


def _list_changed(operation: Operation, _declared: Shape) -> Shape:
    length = operation.input(0).shape[:1] or (None,)
    return (*length, *operation.input(2).shape)


def _list_stacked(operation: Operation, declared: Shape) -> Shape:
    return operation.input(0).shape or declared


_RULES: dict[str, Rule] = {
    "CONV_2D": _convolution("HW", 1, 0),
    "DEPTHWISE_CONV_2D": _convolution("HW", 1, 3),
    "CONV_3D": _convolution("DHW", 0, 4),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), _pooling),
    "FULLY_CONNECTED": _dense,
    "RESHAPE": _reshaped,
    **dict.fromkeys(("EXPAND_DIMS", "SQUEEZE"), _squeezed),
    "SLICE": _sliced,
    "TRANSPOSE": _transposed,
    "GATHER": _gathered,
    "FILL": _of_values(0),
    "BROADCAST_TO": _of_values(1),
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), _of_values(0)),
    **dict.fromkeys(("SPACE_TO_BATCH_ND", "FlexSpaceToBatchND"), _dealt),
    **dict.fromkeys(("BATCH_TO_SPACE_ND", "FlexBatchToSpaceND"), _joined),
    "FlexTensorListReserve": _list_reserved,
    "FlexTensorListSetItem": _list_changed,
    "FlexTensorListStack": _list_stacked,
}
