"""Finds the feature maps of a Keras model by watching its layers being called.

A model may be sequential, functional, nested, shared or written by hand: what its layers do to
their tensors shows when they run, and nowhere else for all of these alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.extractors.keras_releases import is_keras_3
from donkey_activations.extractors.layer_names import (
    chosen_layers,
    display_names,
)

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
# Of keras.ops, in the models of Keras 3.
_ACTIVATION_OPERATIONS = {
    "Celu", "Elu", "Exp", "Gelu", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu", "Relu",
    "Relu6", "Selu", "Sigmoid", "Silu", "Softplus", "Softsign", "Tanh",
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
def watched_calls(tf: Any, keras: Any) -> Iterator[list[Call]]:
    """Collect the calls of layers made inside the block, in the order in which they end.

    Args:
        tf: The ``tensorflow`` module.
        keras: The Keras module that the layers are of.
    """
    watch = _Watch(tf, keras)
    # Keras 3 has operations in its models that are no layers, such as the ReLU of keras.ops.
    classes = [keras.layers.Layer, *([keras.Operation] if watch.keras_3 else [])]
    stock_calls = [watched.__call__ for watched in classes]
    for watched, stock_call in zip(classes, stock_calls, strict=True):
        watched.__call__ = watch.watched(stock_call, watched)
    try:
        yield watch.calls
    finally:
        for watched, stock_call in zip(classes, stock_calls, strict=True):
            watched.__call__ = stock_call


class _Watch:
    """What is known of the calls while a model runs."""

    def __init__(self, tf: Any, keras: Any) -> None:
        self.calls: list[Call] = []
        self.keras_3 = is_keras_3(keras)
        self._tf = tf
        self._layers = keras.layers
        self._path: list[str] = []
        self._kept: list[Any] = []  # so that no identity is used twice

    def watched(self, stock_call: Any, watched_class: Any) -> Any:
        """Return a method that does what ``stock_call`` of a class does, and is seen."""

        def watched_call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            # A layer's own method calls that of Operation.
            is_layer = isinstance(layer, self._layers.Layer)
            if is_layer != (watched_class is self._layers.Layer):
                return stock_call(layer, *args, **kwargs)
            return self._call(stock_call, layer, args, kwargs)

        return self._tf.autograph.experimental.do_not_convert(watched_call)

    def _call(self, stock_call: Any, layer: Any, args: Any, kwargs: Any) -> Any:
        inside_a_unit = bool(self._path) and self._path[-1] == ""
        is_unit = self._is_unit(layer)
        first = len(self.calls)
        self._path.append("" if inside_a_unit or is_unit else layer.name)
        try:
            output = stock_call(layer, *args, **kwargs)
        finally:
            self._path.pop()
        if not inside_a_unit and (is_unit or not self._parts(layer)):
            tensors = self._tf.nest.flatten((args, kwargs))
            self._kept.append(tensors)
            shown = getattr(layer, "layer", layer)
            scope = "/".join([*self._path, *self._names(layer, shown)])
            self.calls.append(Call(shown, scope, frozenset(map(id, tensors)), output))
        elif self.keras_3 and isinstance(layer, self._layers.TimeDistributed):
            # It calls its model once a frame: shown are the maps of the newest.
            frames = max(1, output.shape[1] or 1)
            del self.calls[first : first + (len(self.calls) - first) // frames * (frames - 1)]
        return output

    def _names(self, layer: Any, shown: Any) -> list[str]:
        # In a graph that Keras 3 makes, of a layer at each step only the wrapper's name is left.
        return [layer.name] if shown is layer or self.keras_3 else [layer.name, shown.name]

    def _is_unit(self, layer: Any) -> bool:
        """Return whether a layer is shown whole: recurrent ones, one at each step."""
        if isinstance(layer, self._layers.TimeDistributed):
            return self._is_convolution(layer.layer) or not self._parts(layer.layer)
        return isinstance(layer, self._layers.RNN) or self._is_convolution(layer)

    @staticmethod
    def _is_convolution(layer: Any) -> bool:
        # One may have its activation as a part.
        return any(base.__name__ in _CONVOLUTIONS for base in type(layer).__mro__)

    def _parts(self, layer: Any) -> list[Any]:
        if not isinstance(layer, self._layers.Layer):
            return []
        return list(layer._flatten_layers(include_self=False))


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
    chosen = chosen_layers(wanted, [call.scope for call in convolutions], found, others)
    order = {id(call.output): position for position, call in enumerate(calls)}
    ordered = sorted(chosen.items(), key=lambda item: order[id(item[1][1])])
    return {f"{kind}:{name}": tensor for name, (kind, tensor) in ordered}


def _behind_activation(call: Call, calls: Sequence[Call]) -> Any:
    shown = call.output
    while not _has_activation(call):
        # What is absent when driving, such as a Dropout, may return the tensor that it is given.
        readers = [
            other
            for other in calls
            if id(call.output) in other.read and other.output is not call.output
        ]
        # Several that do the same to it are one in a converted graph.
        if not readers or (len(readers) > 1 and not _are_one_activation(readers)):
            break
        call = readers[0]
        if call.kind in _NORMALISATIONS or _is_activation(call):
            shown = call.output
        if _is_activation(call) or call.kind not in _NORMALISATIONS | _ABSENT_WHEN_DRIVING:
            break
    return shown


def _are_one_activation(calls: Sequence[Call]) -> bool:
    configs = [{**call.layer.get_config(), "name": call.kind} for call in calls]
    return all(map(_is_activation, calls)) and all(one == configs[0] for one in configs)


def _has_activation(call: Call) -> bool:
    activation = getattr(call.layer, "activation", None)
    name = getattr(activation, "__name__", type(activation).__name__)
    return call.kind in _CONVOLUTIONS and name not in {"NoneType", "linear"}


def _is_activation(call: Call) -> bool:
    if call.kind == "TFOpLambda":
        return call.layer.get_config().get("function") in _ACTIVATION_FUNCTIONS
    return call.kind in _ACTIVATIONS | _ACTIVATION_OPERATIONS


def _is_spatial(call: Call) -> bool:
    return len(getattr(call.output, "shape", ())) in (4, 5)
