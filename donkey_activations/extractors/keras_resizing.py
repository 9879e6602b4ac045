"""Builds a Keras network again for another size of the camera's image.

A model is of Keras 2 (TensorFlow 2.15's, or ``tf_keras`` beside a newer one) or of Keras 3. What is
used here of a layer's calls is what both have.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors import keras_releases

_DONKEYCARS_IMAGE = "img_in"
_REASON_LENGTH = 200

Shape = tuple[int | None, ...]


def image_shape(model: Any) -> tuple[int, ...]:
    """Return ``(height, width, channels)`` of the camera's image in a model's input.

    Of a sequence model it is ``(frames, height, width, channels)``. As in a cut graph, Donkeycar's
    own name for the input counts first.

    Args:
        model: The Keras model.

    Raises:
        ModelError: It takes no image, or leaves the image's size open.
    """
    shapes = [
        tuple(tensor.shape)
        for tensor in sorted(model.inputs, key=lambda t: _DONKEYCARS_IMAGE not in t.name)
    ]
    images = [shape[1:] for shape in shapes if len(shape) in (4, 5) and shape[-1] in (1, 3, 4)]
    if not images:
        got = ", ".join(str(shape) for shape in shapes)
        raise ModelError(f"expected an input for an image, (1, height, width, channels), got {got}")
    if None in images[0]:
        raise ModelError(
            f"expected a pilot for images of one size, got one that takes any {images[0]}; save it "
            "with an Input of the camera's height and width"
        )
    return images[0]


def rebuild(tf: Any, model: Any, size_hw: tuple[int, int]) -> Any:
    """Build a model's network again for images of another size.

    The layers are the same. They have the model's weights, save where a weight's shape depends on
    the image's size, as in the first dense layer: such a weight is drawn anew.

    Args:
        tf: The module ``tensorflow``.
        model: A Keras model, sequential or functional; models and TimeDistributed in it may be so.
        size_hw: ``(height, width)`` in pixels of the image, and of every other input of its shape.

    Returns:
        The new model; the given one is as before.

    Raises:
        SizeError: The network cannot be built like this.
    """
    image = image_shape(model)
    shapes = [
        (shape[0], *shape[1:-3], *size_hw, shape[-1]) if shape[1:] == image else shape
        for shape in (tuple(tensor.shape) for tensor in model.inputs)
    ]
    keras = keras_releases.keras_of(model)
    copy = _Copy(tf, keras)
    try:
        with _stored_functions(keras):
            rebuilt = copy.of_model(model, shapes)
        copy.fill()
    except Exception as error:  # the layers raise whatever a size makes them raise
        reason = " ".join(str(error).split())[:_REASON_LENGTH] or type(error).__name__
        raise SizeError(f"the network cannot be built at {_px(size_hw)}: {reason}") from error
    for layer in copy.layers():
        if any(0 in sizes for sizes in _output_sizes(tf, layer)):
            raise SizeError(
                f"the network cannot be built at {_px(size_hw)}: nothing is left of the image "
                f"behind its layer {layer.name}"
            )
    return rebuilt


def _stored_functions(keras: Any) -> AbstractContextManager[None]:
    """Let layers with Python code be copied: it is that of a model that has been let in."""
    # Keras offers no switch for this in public that ends by itself.
    serialization_lib: Any = sys.modules[keras.saving.deserialize_keras_object.__module__]
    scope: AbstractContextManager[None] = serialization_lib.SafeModeScope(safe_mode=False)
    return scope


def _px(size_hw: tuple[int, int]) -> str:
    return f"{size_hw[1]}x{size_hw[0]} px (width x height)"


def _output_sizes(tf: Any, layer: Any) -> Iterator[list[int | None]]:
    """Yield the lengths of all axes of what a layer gives, for each time that it is called."""
    for call in layer._inbound_nodes:
        for tensor in tf.nest.flatten(call.output_tensors):
            yield list(tensor.shape)


def _unbuilt(config: Any) -> Any:
    """Leave out of a configuration at which shapes the layers in it were built."""
    if isinstance(config, dict):
        return {key: _unbuilt(value) for key, value in config.items() if key != "build_config"}
    return [_unbuilt(value) for value in config] if isinstance(config, list) else config


class _Copy:
    """Copies models layer by layer with their configurations, and then their weights."""

    def __init__(
        self, tf: Any, keras: Any, known_shapes: dict[int, list[Shape]] | None = None
    ) -> None:
        self._tf = tf
        self._keras = keras
        self._pairs: list[tuple[Any, Any]] = []
        self._models: list[Any] = []
        # Of a model inside of another one, by its identity.
        self._known_shapes = {} if known_shapes is None else known_shapes

    def layers(self) -> list[Any]:
        """Return the layers of all copied models."""
        return [layer for model in self._models for layer in model.layers]

    def of_model(self, model: Any, shapes: list[Shape]) -> Any:
        """Copy a model for inputs of these shapes, with the batch in front."""
        inputs = [
            self._keras.Input(shape[1:], batch_size=shape[0], name=tensor.name, dtype=tensor.dtype)
            for shape, tensor in zip(shapes, model.inputs, strict=True)
        ]
        if not isinstance(model, self._keras.Sequential):  # of Keras 3, it has no `input`
            inputs = self._tf.nest.pack_sequence_as(model.input, inputs)
        copy = self._keras.models.clone_model(
            model, inputs, lambda layer: self._of_layer(layer, model, shapes)
        )
        self._models.append(copy)
        return copy

    def _of_layer(self, layer: Any, model: Any, shapes: list[Shape]) -> Any:
        every_frame = self._keras.layers.TimeDistributed
        inner = layer.layer if isinstance(layer, every_frame) else layer
        if isinstance(inner, self._keras.Model):
            if not getattr(inner, "inputs", None):
                raise ValueError(f"{inner.name} in it is a model that does not tell its layers")
            given = self._input_shapes(layer, model, shapes)
            if inner is layer:
                return self.of_model(inner, given)
            frame = [(shape[0], *shape[2:]) for shape in given]
            return every_frame(self.of_model(inner, frame), name=layer.name)
        copy = type(layer).from_config(_unbuilt(layer.get_config()))
        without_code = type(copy).call is self._keras.layers.Layer.call
        if without_code and "call" not in vars(copy):
            # Of a class that is not known here, a SavedModel holds what it computed at one size.
            raise ValueError(f"its layer {layer.name} is of a class that is not part of Keras")
        self._pairs.append((layer, copy))
        return copy

    def _input_shapes(self, layer: Any, model: Any, shapes: list[Shape]) -> list[Shape]:
        """Return what a layer is given where its model has inputs of these shapes."""
        if id(layer) not in self._known_shapes:
            before = self._part_before(layer, model)
            copy = _Copy(self._tf, self._keras, self._known_shapes).of_model(before, shapes)
            self._known_shapes[id(layer)] = [tuple(tensor.shape) for tensor in copy.outputs]
        return self._known_shapes[id(layer)]

    def _part_before(self, layer: Any, model: Any) -> Any:
        """Return the part of a model that computes what one of its layers is given."""
        for call in layer._inbound_nodes:
            try:
                return self._keras.Model(model.inputs, self._tf.nest.flatten(call.input_tensors))
            except ValueError:
                continue  # it was called elsewhere; Keras tells this in no other way
        raise ValueError(f"the layer {layer.name} is never called")

    def fill(self) -> None:
        """Give the copies the weights of what they are copies of, where the shapes are equal."""
        for layer, copy in self._pairs:
            if not isinstance(layer, self._keras.layers.Layer):
                continue  # Keras 3 has operations without weights among them
            for weight, new in zip(layer.weights, copy.weights, strict=True):
                if weight.shape == new.shape:
                    new.assign(weight)
            if hasattr(copy, "finalize_state"):
                copy.finalize_state()  # of a Normalization, which keeps its weights ready for use
