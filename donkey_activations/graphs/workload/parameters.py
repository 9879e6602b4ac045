"""Which constants of a ``.tflite`` graph are parameters: what a network has learned.

A converter keeps equal constants as one: the biases of an untrained pilot are all zeros, so layers
of as many filters share theirs. So a bias counts once for each kernel that it follows, and a kernel
once, however many operators share it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from donkey_activations.graphs.workload.operations import RECURRENT, Operation, Tensor

# Where the weights of an operator lie among its inputs.
_WEIGHTS = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "FULLY_CONNECTED"), (1, 2)),
    **dict.fromkeys(("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"), (1, 3)),
    "BATCH_MATMUL": (0, 1),
}

# What a vector does that is an operator of its own: a bias that did not fit into its convolution,
# or what is left of a batch normalisation.
_ROLES = {"ADD": "bias", "SUB": "bias", "MUL": "scale", "DIV": "scale", "PRELU": "slope"}


@dataclass(frozen=True)
class Parameter:
    """A constant in one of its roles.

    Attributes:
        buffer: The number of the buffer that it stands in.
        kernel: The buffer of the kernel that it follows; None for a kernel, or where none is known.
        role: What it does for that kernel.
        count: Number of its values.
        attached: Whether it is the bias of a convolution or dense layer, and read by the same
            operator.
    """

    buffer: int
    kernel: int | None
    role: str
    count: int
    attached: bool = field(default=False, compare=False)


def parameters(operation: Operation, kernel: int | None) -> list[Parameter]:
    """Return the parameters that an operator reads, its kernel first.

    Args:
        operation: The operator.
        kernel: The buffer of the last kernel ahead of the operator; None if there is none.
    """
    constants = {
        place: tensor
        for place, tensor in enumerate(operation.inputs)
        if tensor is not None and tensor.buffer is not None
    }
    if operation.name in _ROLES:
        role = _ROLES[operation.name]
        # A scalar is a constant of some formula; integers are shapes.
        vectors = [tensor for tensor in constants.values() if tensor.shape and not tensor.whole]
        return [_parameter(vector, kernel, role) for vector in vectors]
    recurrent = operation.name in RECURRENT
    places = range(1, len(operation.inputs)) if recurrent else _WEIGHTS.get(operation.name, ())
    weights = {place: constants[place] for place in places if place in constants}
    kernels = [tensor for tensor in weights.values() if len(tensor.shape) > 1]
    found = [_parameter(tensor, None, "kernel") for tensor in kernels]
    own = kernels[0].buffer if kernels else None
    for place, tensor in weights.items():
        if len(tensor.shape) <= 1:
            # Gates have a bias each.
            role = f"bias {place}" if recurrent else "bias"
            found.append(_parameter(tensor, own, role, attached=not recurrent))
    return found


def learned(found: Collection[Parameter], model: Any) -> set[Parameter]:
    """Return parameters without zeros that only fill a place.

    LiteRT's convolutions must have a bias, so the converter gives one of zeros to those that have
    none, or whose bias is an operator of its own. In a network that was never trained real ones
    are zeros as well: there they all count. A kernel of zeros is what Keras' ConvLSTM2D gets its
    first state from.

    Args:
        found: All parameters of a graph.
        model: Its model in the schema's object API.
    """
    every = set(found)
    zeros = {parameter for parameter in every if not np.any(model.buffers[parameter.buffer].data)}
    biases = {parameter for parameter in every if parameter.attached}
    kernels = {parameter for parameter in every if parameter.role == "kernel"}
    fillers = zeros & (kernels if biases <= zeros else kernels | biases)
    return every - fillers


def _parameter(
    tensor: Tensor, kernel: int | None, role: str, *, attached: bool = False
) -> Parameter:
    return Parameter(tensor.buffer or 0, kernel, role, tensor.elements, attached)
