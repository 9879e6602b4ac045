"""What a Keras model computes, from the configuration of its layers and their shapes alone.

Nothing here knows of `.tflite`, so it is the reference for what is counted in a graph.
"""

from math import prod
from typing import Any

from keras_release import KERAS_3

Shape = tuple[int, ...]


_GATES = {"LSTM": 4, "ConvLSTM2D": 4}


def macs_of_layers(model: Any) -> dict[str, int]:
    """Multiply-accumulate operations of each layer with weights, wherever it is applied."""
    counted = {}
    for layer in model.layers:
        uses = shapes_of_calls(layer) if layer.count_params() else []
        total = sum(_macs(layer, given[1:], output[1:]) for given, output in uses)
        if total:
            counted[layer.name] = total
    return counted


def shapes_of_calls(layer: Any) -> list[tuple[Shape, Shape]]:
    """Shapes of what a layer was given first and gave first, with the batch, at each call."""
    return [
        (tuple(_first(call.input_tensors).shape), tuple(_first(call.outputs).shape))
        for call in layer._inbound_nodes
        if _first(call.input_tensors) is not None
    ]


def _first(nested: Any) -> Any:
    """Of one tensor or several: the releases of Keras differ in what one of them is in."""
    if not isinstance(nested, list | tuple):
        return nested
    return _first(nested[0]) if nested else None


def _macs(layer: Any, given: Shape, output: Shape) -> int:
    kind = type(layer).__name__
    if kind == "TimeDistributed":
        return given[0] * _macs(layer.layer, given[1:], output[1:])
    if kind in _GATES:
        return _recurrent(layer, kind, given, output)
    if kind == "Dense":
        return int(prod(given) * layer.units)
    return _convolution(layer, kind, given, output) if hasattr(layer, "kernel_size") else 0


def _convolution(layer: Any, kind: str, given: Shape, output: Shape) -> int:
    kernel, channels, cells = prod(layer.kernel_size), given[-1], prod(output[:-1])
    if kind == "Conv2DTranspose":
        return int(prod(given[:-1]) * kernel * channels * layer.filters)
    if kind == "DepthwiseConv2D":
        return int(cells * kernel * channels * layer.depth_multiplier)
    if kind == "SeparableConv2D":
        between = channels * layer.depth_multiplier
        return int(cells * kernel * between + cells * between * layer.filters)
    return int(cells * kernel * (channels // layer.groups) * layer.filters)


def _recurrent(layer: Any, kind: str, given: Shape, output: Shape) -> int:
    if kind != "ConvLSTM2D":
        return int(given[0] * _GATES[kind] * layer.units * (given[-1] + layer.units))
    one = prod(output[-3:-1]) * prod(layer.kernel_size) * layer.filters
    step = _GATES[kind] * one * (given[-1] + layer.filters)
    # Keras 2 has the first state from a convolution of zeros, which runs as any other; in Keras 3
    # `ConvLSTM.get_initial_state` makes it of zeros.
    first_state = 0 if KERAS_3 else one * given[-1]
    return int(given[0] * step + first_state)
