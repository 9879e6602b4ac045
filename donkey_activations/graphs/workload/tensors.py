"""What is known of a ``.tflite`` graph's tensors and operators before a frame runs through it."""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

# Sizes of axes; None for one that nobody knows before the network runs.
Shape = tuple[int | None, ...]

Values = NDArray[np.int64]

# LiteRT's kernels know no more; a damaged file may say so, and a product of them has no end.
_MOST_AXES = 8

# Shapes, axes and paddings are short; longer tensors of integers tell of no shape.
MOST_VALUES = 256

_INTEGERS = {schema.TensorType.INT32: np.int32, schema.TensorType.INT64: np.int64}

# Texts, lists of tensors and handles have no size of their own.
_BITS = {
    schema.TensorType.INT4: 4,
    **dict.fromkeys((schema.TensorType.BOOL, schema.TensorType.INT8, schema.TensorType.UINT8), 8),
    **dict.fromkeys((schema.TensorType.INT16, schema.TensorType.UINT16), 16),
    **dict.fromkeys((schema.TensorType.FLOAT16, schema.TensorType.BFLOAT16), 16),
    **dict.fromkeys((schema.TensorType.INT32, schema.TensorType.UINT32), 32),
    **dict.fromkeys((schema.TensorType.INT64, schema.TensorType.UINT64), 64),
    schema.TensorType.FLOAT32: 32,
    **dict.fromkeys((schema.TensorType.FLOAT64, schema.TensorType.COMPLEX64), 64),
    schema.TensorType.COMPLEX128: 128,
}


@dataclass(frozen=True, eq=False)
class Tensor:
    """What is known of a tensor.

    Attributes:
        shape: Its sizes. A list of tensors, as a loop fills it, has the shape of its stack.
        bits: Bits of one of its values; 0 for a list or a handle.
        open_axes: The axes whose size the file leaves open.
        values: int64, if it is a short tensor of integers that is constant, or that depends on
            nothing but the shapes of other tensors.
        buffer: The number of the buffer that its values stand in, if it is a constant.
    """

    shape: Shape
    bits: int
    open_axes: tuple[int, ...] = ()
    values: Values | None = None
    buffer: int | None = None

    @property
    def elements(self) -> int | None:
        """Number of its values; None if nobody knows."""
        return product(self.shape)

    @property
    def bytes(self) -> int | None:
        """Bytes that it takes; None if nobody knows."""
        if not self.bits:
            return 0
        return None if self.elements is None else -(-self.elements * self.bits // 8)


@dataclass(frozen=True, eq=False)
class Operation:
    """One operator, and what is known of its inputs.

    Attributes:
        name: Its name in LiteRT's schema, or a custom one's own.
        options: Its options in the schema's own object, or None.
        inputs: Its inputs; None for one that is left out.
    """

    name: str
    options: Any
    inputs: tuple[Tensor | None, ...]

    def input(self, number: int) -> Tensor:
        """Returns an input that the operator cannot do without.

        Raises:
            ValueError: It is left out.
        """
        tensor = self.inputs[number]
        if tensor is None:
            raise ValueError(f"{self.name} without its input {number}")
        return tensor


def product(sizes: Shape) -> int | None:
    """Returns the product of sizes; None if one of them is unknown."""
    known = [size for size in sizes if size is not None]
    return prod(known) if len(known) == len(sizes) else None


def declared_tensor(model: Any, tensor: Any) -> Tensor:
    """Returns what the file itself tells of a tensor.

    Args:
        model: The model in the schema's object API.
        tensor: One of its tensors.

    Raises:
        ValueError: No tensor can be like that.
    """
    sizes = () if tensor.shape is None else tuple(int(size) for size in tensor.shape)
    if len(sizes) > _MOST_AXES or min(sizes, default=0) < 0:
        raise ValueError(f"a tensor of shape {list(sizes[: _MOST_AXES + 1])}")
    signature = sizes if tensor.shapeSignature is None else tensor.shapeSignature
    open_axes = tuple(axis for axis, size in enumerate(signature) if size < 0)
    shape = tuple(None if axis in open_axes else size for axis, size in enumerate(sizes))
    known = Tensor(shape, _BITS.get(tensor.type, 0), open_axes)
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return known
    constant = replace(known, shape=sizes, open_axes=(), buffer=int(tensor.buffer))
    if constant.bits and tensor.sparsity is None and constant.bytes != len(data):
        raise ValueError(f"a constant of shape {list(sizes)} in {len(data)} bytes")
    kind = _INTEGERS.get(tensor.type)
    if kind is None or prod(sizes) > MOST_VALUES:
        return constant
    values = np.frombuffer(bytes(bytearray(data)), kind).astype(np.int64).reshape(sizes)
    return replace(constant, values=values)
