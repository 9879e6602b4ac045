"""What a Keras model computes of a tensor with constants alone, in layers whose code nobody knows.

A layer of a class of its own may scale a convolution's maps before it adds them to others, as that
of InceptionResNetV2 does. A converted graph does not tell that from a normalisation.
"""

from typing import Any, NamedTuple

# TensorFlow's names of operations. In a graph, each activation is one operator.
_WITH_CONSTANTS = {"Add", "AddV2", "BiasAdd", "Mul", "RealDiv", "Sub"}
_ACTIVATIONS = {"Elu", "LeakyRelu", "Relu", "Relu6", "Sigmoid", "Tanh"}
_KEPT = {"Const", "ReadVariableOp"}


class Following(NamedTuple):
    """What is computed of a tensor.

    Attributes:
        tensors: The tensor itself, and each that is computed of the one before it and of nothing
            but constants, as long as no other operation reads that one.
        is_activated: Whether the last of them is what an activation gives.
    """

    tensors: list[Any]
    is_activated: bool


def following(tensor: Any) -> Following:
    """Return what is computed of a tensor.

    Args:
        tensor: A symbolic tensor of TensorFlow, in a graph that is there as a whole.
    """
    tensors = [tensor]
    while len(readers := tensors[-1].consumers()) == 1:
        if readers[0].type in _ACTIVATIONS:
            return Following([*tensors, readers[0].outputs[0]], True)
        others = [one for one in readers[0].inputs if one is not tensors[-1]]
        is_arithmetic = readers[0].type in _WITH_CONSTANTS and len(others) == 1
        if readers[0].type != "Identity" and not (is_arithmetic and _is_constant(others[0])):
            break
        tensors.append(readers[0].outputs[0])
    return Following(tensors, False)


def _is_constant(tensor: Any) -> bool:
    operation = tensor.op
    if operation.type in _KEPT:
        return True
    return len(operation.inputs) > 0 and all(map(_is_constant, operation.inputs))
