"""What the cells of a pilot's layers see of the image, from the real graph.

The receptive field of a layer is the part of the image that one of its cells reads, through all
layers in between; its stride is how many pixels of the image lie between what a cell and what the
next one reads. For a plain stack of convolutions and poolings with kernels ``k_l`` and strides
``s_l``, layer ``L`` has

    receptive field  r_L = 1 + sum over l <= L of (k_l - 1) * (s_1 * ... * s_(l-1))
    stride           s_1 * ... * s_L

with ``(k - 1) * dilation + 1`` for the ``k`` of a dilated kernel (Araujo, Norris, Sim: Computing
Receptive Fields of Convolutional Neural Networks, Distill 2019, equation 2 and its appendix).
Branches, crops and transposed convolutions have no such closed form. So what is carried along the
operators here is not the sum but, for each cell, the first and the last pixel that it reads, per
axis. Where the formula holds, that gives its numbers. Padding is nothing to see, so a receptive
field is never larger than the image.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from donkey_activations.graphs.axis import Axis
from donkey_activations.graphs.flatbuffer import Graph, read_graph
from donkey_activations.graphs.operators import Field, Operator, Shape
from donkey_activations.graphs.rules import propagate

# They tell of a tensor's shape, and nothing of what is in it.
_READS_NO_VALUES = {"RANK", "SHAPE", "ZEROS_LIKE"}


@dataclass(frozen=True)
class LayerGeometry:
    """What the cells of one layer see.

    Attributes:
        name: The layer's name.
        receptive_field: ``(height, width)`` in pixels of the image, of the cell that sees most;
            None where nobody knows, because an operator ahead of the layer has no rule.
        stride: ``(height, width)`` in pixels from a cell to the next; below 1 where the layer has
            more cells than the image has pixels. None where nobody knows, or where cells are no
            places in the image, as behind a dense layer.
    """

    name: str
    receptive_field: tuple[int, int] | None
    stride: tuple[int | float, int | float] | None


def layer_geometry(cut_graph: bytes) -> tuple[LayerGeometry, ...]:
    """Follows the image through a graph.

    Args:
        cut_graph: A ``.tflite`` flatbuffer whose outputs are layers ``(…, height, width,
            filters)``, each tensor named ``kind:name``, as ``extractors.cut_pilot`` gives it.

    Returns:
        One geometry a layer, in the order of the graph's outputs. Of a sequence pilot only the
        extent in the frame is told, not that in time.

    Raises:
        ModelError: The bytes are no readable model.
    """
    graph = read_graph(cut_graph)
    main = graph.model.subgraphs[0]
    # None: reads of the image, nobody knows what. Not in there: reads nothing of it.
    fields: dict[int, Field | None] = _images(graph, main.inputs)
    for operator in graph.operators:
        inputs = [int(number) for number in operator.inputs]
        name = graph.operator_name(operator)
        if name in _READS_NO_VALUES or not any(number in fields for number in inputs):
            continue
        known = all(fields[number] is not None for number in inputs if number in fields)
        for output in map(int, operator.outputs):
            fields[output] = (
                propagate(_operator(graph, operator, output, fields)) if known else None
            )
    return tuple(_geometry(graph, int(number), fields) for number in main.outputs)


def _images(graph: Graph, inputs: Iterable[int]) -> dict[int, Field | None]:
    """Returns the fields of the graph's inputs; a second image must have the size of the first."""
    images: dict[int, Field | None] = {}
    size: tuple[int, int] | None = None
    for number in map(int, inputs):
        shape = _shape(graph, number)
        if len(shape) < 4:
            continue  # a measurement, such as that of an IMU
        size = size or (shape[-3], shape[-2])
        fits = (shape[-3], shape[-2]) == size and min(_signature(graph, number)[-3:-1]) > 0
        axes = (Axis.of_image(size[0]), Axis.of_image(size[1]))
        images[number] = Field(axes) if fits else None
    return images


def _geometry(graph: Graph, number: int, fields: dict[int, Field | None]) -> LayerGeometry:
    name = graph.tensor_name(number).partition(":")[2]
    field = fields.get(number)
    if field is None:
        return LayerGeometry(name, None, None)
    height, width = field.axes
    stride = None
    if height.stride is not None and width.stride is not None and not field.uniform:
        stride = (_number(height.stride), _number(width.stride))
    return LayerGeometry(name, (height.extent, width.extent), stride)


def _number(fraction: Fraction) -> int | float:
    return int(fraction) if fraction.denominator == 1 else float(fraction)


def _operator(
    graph: Graph, operator: Any, output: int, fields: dict[int, Field | None]
) -> Operator:
    inputs = [int(number) for number in operator.inputs]
    custom = operator.customOptions
    return Operator(
        name=graph.operator_name(operator),
        options=operator.builtinOptions,
        custom_options=b"" if custom is None else bytes(bytearray(custom)),
        shapes=tuple(_shape(graph, number) for number in inputs),
        constants=tuple(_constants(graph, inputs)),
        fields=tuple(fields.get(number) for number in inputs),
        output=_shape(graph, output),
    )


def _shape(graph: Graph, number: int) -> Shape:
    shape = graph.tensors[number].shape if number >= 0 else None
    return () if shape is None else tuple(int(n) for n in shape)


def _signature(graph: Graph, number: int) -> Shape:
    signature = graph.tensors[number].shapeSignature
    return _shape(graph, number) if signature is None else tuple(int(n) for n in signature)


def _constants(graph: Graph, inputs: Iterable[int]) -> Iterator[NDArray[np.int64] | None]:
    """Reads the inputs that are constant integers: sizes, axes, paddings."""
    types = {schema.TensorType.INT32: np.int32, schema.TensorType.INT64: np.int64}
    for number in inputs:
        kind = types.get(graph.tensors[number].type) if number >= 0 else None
        if kind is None or not graph.is_constant(number):
            yield None
            continue
        data = bytes(bytearray(graph.model.buffers[graph.tensors[number].buffer].data))
        yield np.frombuffer(data, kind).astype(np.int64).reshape(_shape(graph, number))
