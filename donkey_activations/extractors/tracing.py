"""Finds the feature maps of a Keras model by watching its layers being called.

A model may be sequential, functional, nested, shared or written by hand: what its layers do to
their tensors shows when they run, and nowhere else for all of these alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from donkey_activations.extractors.keras_releases import is_keras_3
from donkey_activations.extractors.layer_names import (
    chosen_layers,
    display_names,
)
from donkey_activations.extractors.tracing_maps import CONVOLUTIONS, Call, behind_activation


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
            given = self._tf.nest.flatten((args, kwargs))
            tensors = [one for one in given if self._tf.is_symbolic_tensor(one)]
            self._kept.append(tensors)
            shown = getattr(layer, "layer", layer)
            scope = "/".join([*self._path, *self._names(layer, shown)])
            self.calls.append(Call(shown, scope, tuple(map(id, tensors)), output))
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
        return any(base.__name__ in CONVOLUTIONS for base in type(layer).__mro__)

    def _parts(self, layer: Any) -> list[Any]:
        if not isinstance(layer, self._layers.Layer):
            return []
        return list(layer._flatten_layers(include_self=False))


def feature_maps(calls: Sequence[Call], wanted: Sequence[str] | None) -> dict[str, Any]:
    """Choose the tensors to show among the calls of a model's layers.

    Args:
        calls: The calls of one run of the model.
        wanted: Names of layers: convolutions, or any others with spatial output. None is every
            convolution.

    Returns:
        The maps behind each layer's activation by ``kind:name``, in the order of computation.

    Raises:
        ModelError: There is no convolution, or no layer of a wanted name.
    """
    convolutions = [call for call in calls if call.kind in CONVOLUTIONS and _is_spatial(call)]
    names = display_names([call.scope for call in convolutions])
    found = {
        name: (call.kind, behind_activation(call, calls))
        for name, call in zip(names, convolutions, strict=True)
    }
    if wanted is None:
        return {f"{kind}:{name}": tensor for name, (kind, tensor) in found.items()}
    others = {call.layer.name: (call.kind, call.output) for call in calls if _is_spatial(call)}
    chosen = chosen_layers(wanted, [call.scope for call in convolutions], found, others)
    order = {id(call.output): position for position, call in enumerate(calls)}
    # What a layer computes inside is no call's output: its order is that of the convolution.
    for call, (_, tensor) in zip(convolutions, found.values(), strict=True):
        order.setdefault(id(tensor), order[id(call.output)])
    ordered = sorted(chosen.items(), key=lambda item: order[id(item[1][1])])
    return {f"{kind}:{name}": tensor for name, (kind, tensor) in ordered}


def _is_spatial(call: Call) -> bool:
    return len(getattr(call.output, "shape", ())) in (4, 5)
