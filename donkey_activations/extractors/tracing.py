"""Finds the feature maps of a Keras model by watching its layers being called.

A model may be sequential, functional, nested, shared or written by hand: what its layers do to
their tensors shows when they run, and nowhere else for all of these alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors.naming import display_names, unknown_layers

_CONVOLUTIONS = (
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Conv3D",
    "Conv3DTranspose", "ConvLSTM2D",
)  # fmt: skip
_NORMALISATIONS = {"BatchNormalization"}
_ABSENT_WHEN_DRIVING = {
    "Dropout", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
    "ActivityRegularization",
}  # fmt: skip
_ACTIVATIONS = {
    "Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU",
}  # fmt: skip
_ACTIVATION_FUNCTIONS = {
    "nn.relu", "nn.relu6", "nn.leaky_relu", "nn.elu", "nn.selu", "nn.silu", "nn.swish", "nn.gelu",
    "nn.tanh", "nn.sigmoid", "math.tanh", "math.sigmoid",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call of a layer: its path in the model, what it read, and what it gave."""

    layer: Any
    scope: str
    read: frozenset[int]
    output: Any

    @property
    def kind(self) -> str:
        """The Keras name of the layer's class, or of the nearest convolution it is made of."""
        classes = [base.__name__ for base in type(self.layer).__mro__]
        return next((name for name in classes if name in _CONVOLUTIONS), classes[0])


@contextmanager
def watched_calls(tf: Any) -> Iterator[list[Call]]:
    """Collects the calls of layers made inside the block, in the order in which they end."""
    calls: list[Call] = []
    path: list[str] = []
    kept: list[Any] = []  # so that no identity is used twice
    layer_class = tf.keras.layers.Layer
    stock_call = layer_class.__call__

    def watched_call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        inside_a_unit = bool(path) and path[-1] == ""
        path.append("" if inside_a_unit or _is_unit(tf, layer) else layer.name)
        try:
            output = stock_call(layer, *args, **kwargs)
        finally:
            path.pop()
        if not inside_a_unit and (_is_unit(tf, layer) or not _parts(layer)):
            tensors = tf.nest.flatten((args, kwargs))
            kept.append(tensors)
            shown = layer.layer if hasattr(layer, "layer") else layer
            scope = "/".join([*path, *([layer.name] if shown is not layer else []), shown.name])
            calls.append(Call(shown, scope, frozenset(map(id, tensors)), output))
        return output

    layer_class.__call__ = tf.autograph.experimental.do_not_convert(watched_call)
    try:
        yield calls
    finally:
        layer_class.__call__ = stock_call


def feature_maps(calls: Sequence[Call], wanted: Sequence[str] | None) -> dict[str, Any]:
    """Chooses the tensors to show among the calls of a model's layers.

    Args:
        calls: The calls of one run of the model.
        wanted: Names of layers: convolutions, or any others with spatial output. None is every
            convolution.

    Returns:
        The maps behind each layer's activation by ``kind:name``, in the order of computation.

    Raises:
        ModelError: There is no convolution, or no layer of a wanted name.
    """
    convolutions = [call for call in calls if call.kind in _CONVOLUTIONS and _is_spatial(call)]
    if not convolutions:
        raise ModelError(
            "expected a pilot with at least one convolution, found none; "
            "a network of dense layers alone has no feature maps to show"
        )
    names = display_names([call.scope for call in convolutions])
    found = {
        name: (call.kind, _behind_activation(call, calls))
        for name, call in zip(names, convolutions, strict=True)
    }
    if wanted is None:
        return {f"{kind}:{name}": tensor for name, (kind, tensor) in found.items()}
    others = {call.layer.name: (call.kind, call.output) for call in calls if _is_spatial(call)}
    missing = [name for name in wanted if name not in found and name not in others]
    if missing:
        raise ModelError(unknown_layers(missing, [*found, *others], names))
    chosen = {name: found.get(name) or others[name] for name in [*others, *found] if name in wanted}
    order = {id(call.output): place for place, call in enumerate(calls)}
    ordered = sorted(chosen.items(), key=lambda item: order[id(item[1][1])])
    return {f"{kind}:{name}": tensor for name, (kind, tensor) in ordered}


def _behind_activation(call: Call, calls: Sequence[Call]) -> Any:
    shown = call.output
    while not _has_activation(call):
        readers = [other for other in calls if id(call.output) in other.read]
        if len(readers) != 1:
            break
        call = readers[0]
        if call.kind in _NORMALISATIONS or _is_activation(call):
            shown = call.output
        if _is_activation(call) or call.kind not in _NORMALISATIONS | _ABSENT_WHEN_DRIVING:
            break
    return shown


def _has_activation(call: Call) -> bool:
    activation = getattr(call.layer, "activation", None)
    return call.kind in _CONVOLUTIONS and getattr(activation, "__name__", "") not in {"", "linear"}


def _is_activation(call: Call) -> bool:
    if call.kind == "TFOpLambda":
        return call.layer.get_config().get("function") in _ACTIVATION_FUNCTIONS
    return call.kind in _ACTIVATIONS


def _is_spatial(call: Call) -> bool:
    return len(getattr(call.output, "shape", ())) in (4, 5)


def _is_unit(tf: Any, layer: Any) -> bool:
    """Tells whether a layer with parts is shown as one: recurrent ones, a layer at each step."""
    if isinstance(layer, tf.keras.layers.TimeDistributed):
        return not _parts(layer.layer)
    return isinstance(layer, tf.keras.layers.RNN)


def _parts(layer: Any) -> list[Any]:
    return list(layer._flatten_layers(include_self=False))
