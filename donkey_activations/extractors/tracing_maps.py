"""Which tensor of a Keras model holds the maps of a layer: the one after its activation.

The rules are those of ``graph_maps``, for calls of layers instead of a converted graph's operators.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from donkey_activations.extractors.tracing_constants import following

CONVOLUTIONS = (
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Conv3D",
    "Conv3DTranspose", "ConvLSTM2D",
)  # fmt: skip
_NORMALISATIONS = {"BatchNormalization", "Rescaling"}
# With one tensor and constants: in a converted graph they are like a bias, or a part of it.
_ARITHMETIC = {
    "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "__operators__.add", "math.add",
    "math.divide", "math.multiply", "math.subtract", "math.truediv",
}  # fmt: skip
_PRODUCTS = {"Multiply", "math.multiply"}
_ABSENT_WHEN_DRIVING = {
    "Dropout", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
    "ActivityRegularization",
}  # fmt: skip
_ACTIVATIONS = {
    "Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU",
    # Functions of TensorFlow, in the models of Keras 2.
    "clip_by_value", "math.exp", "math.sigmoid", "math.softplus", "math.tanh", "nn.elu", "nn.gelu",
    "nn.leaky_relu", "nn.log_softmax", "nn.relu", "nn.relu6", "nn.selu", "nn.sigmoid", "nn.silu",
    "nn.softmax", "nn.softplus", "nn.softsign", "nn.swish", "nn.tanh",
    # Of keras.ops, in the models of Keras 3.
    "Celu", "Clip", "Elu", "Exp", "Gelu", "Glu", "HardShrink", "HardSigmoid", "HardSilu",
    "HardTanh", "LeakyRelu", "LogSigmoid", "LogSoftmax", "Relu", "Relu6", "Selu", "Sigmoid", "Silu",
    "SoftShrink", "Softplus", "Softsign", "SparsePlus", "SparseSigmoid", "Sparsemax", "Squareplus",
    "Tanh", "TanhShrink", "Threshold",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call of a layer.

    Attributes:
        layer: The layer.
        scope: Its path in the model.
        read: The identities of the tensors that it read; a constant is none.
        output: What it gave.
    """

    layer: Any
    scope: str
    read: tuple[int, ...]
    output: Any

    @property
    def kind(self) -> str:
        """The Keras name of the layer's class, or of the nearest convolution it is made of."""
        classes = [base.__name__ for base in type(self.layer).__mro__]
        return next((name for name in classes if name in CONVOLUTIONS), classes[0])


def behind_activation(call: Call, calls: Sequence[Call]) -> Any:
    """Return the tensor of a layer's maps.

    Args:
        call: The layer's call.
        calls: All calls of the model.
    """
    shown = call.output
    while not _has_activation(call):
        readers = _readers(call, calls)
        gated = _gated(readers, calls)
        if gated is not None:
            return gated
        # Several that do the same to it are one in a converted graph.
        if not readers or (len(readers) > 1 and not _are_one_activation(readers)):
            break
        tensors, is_activated = following(call.output)
        call = readers[0]
        if _is_activation(call) or (is_activated and call.output is tensors[-1]):
            return call.output
        if _is_linear(call) or any(call.output is one for one in tensors):
            shown = call.output
        elif not _is_absent(call):
            break
    return shown if _has_activation(call) else following(shown).tensors[-1]


def _readers(call: Call, calls: Sequence[Call]) -> list[Call]:
    # What is absent when driving, such as a Dropout, may return the tensor that it is given.
    return [
        other
        for other in calls
        if id(call.output) in other.read and other.output is not call.output
    ]


def _gated(readers: Sequence[Call], calls: Sequence[Call]) -> Any:
    """Return ``x * gate(x)`` if that is all that is done with ``x``, such as a swish by hand.

    Args:
        readers: The calls that read ``x``.
        calls: All calls of the model.

    Returns:
        The product, None where there is none.
    """
    if len(readers) != 2 or _operation(readers[1]) not in _PRODUCTS:
        return None
    step, product = readers  # in the order in which they run
    gate = []
    while step is not product:
        next_calls = _readers(step, calls)
        if len(next_calls) != 1 or not (_is_activation(step) or _is_linear(step)):
            return None
        gate.append(step)
        step = next_calls[0]
    if not any(map(_is_activation, gate)):
        return None
    # A converter makes one operator of x * relu6(x + 3) / 6, wherever the factor stands.
    next_calls = _readers(product, calls)
    is_scaled = len(next_calls) == 1 and _is_arithmetic(next_calls[0])
    return next_calls[0].output if is_scaled and _is_relu6(gate[-1]) else product.output


def _are_one_activation(calls: Sequence[Call]) -> bool:
    configs = [{**call.layer.get_config(), "name": call.kind} for call in calls]
    return all(map(_is_activation, calls)) and all(one == configs[0] for one in configs)


def _has_activation(call: Call) -> bool:
    return call.kind in CONVOLUTIONS and not _is_linear_function(call.layer)


def _is_linear_function(layer: Any) -> bool:
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", type(activation).__name__) in {"NoneType", "linear"}


def _operation(call: Call) -> str:
    """Return the name of what a call does: of its class, or of a function in Keras 2."""
    is_function = call.kind == "TFOpLambda"
    return str(call.layer.get_config().get("function")) if is_function else call.kind


def _is_activation(call: Call) -> bool:
    return _operation(call) in _ACTIVATIONS and not _is_absent(call)


def _is_relu6(call: Call) -> bool:
    return _operation(call) in {"Relu6", "nn.relu6"} or getattr(call.layer, "max_value", None) == 6


def _is_arithmetic(call: Call) -> bool:
    return _operation(call) in _ARITHMETIC and len(call.read) == 1


def _is_linear(call: Call) -> bool:
    return call.kind in _NORMALISATIONS or _is_arithmetic(call)


def _is_absent(call: Call) -> bool:
    is_linear_activation = call.kind == "Activation" and _is_linear_function(call.layer)
    return is_linear_activation or call.kind in _ABSENT_WHEN_DRIVING
