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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from donkey_activations.graphs.operators import Field, Shape, spatial
from donkey_activations.graphs.receptive_field.following import (
    Fields,
    follow,
    picture,
    reads_values,
    shape_of,
)
from donkey_activations.graphs.receptive_field.window import Window, fitting_window
from donkey_activations.graphs.tflite import Graph

# They may give a layer's maps another shape, and leave each cell as it is.
_REARRANGING = {"EXPAND_DIMS", "PACK", "RESHAPE", "SQUEEZE", "TRANSPOSE"}
_ONE_CELL = Window((1, 1), (1, 1), (0, 0))


@dataclass(frozen=True)
class LayerGeometry:
    """What the cells of one layer see.

    Attributes:
        name: The layer's name.
        receptive_field: ``(height, width)`` in pixels of the image, of the cell that sees most;
            None where unknown, because an operator ahead of the layer has no rule.
        stride: ``(height, width)`` in pixels from a cell to the next; below 1 where the layer has
            more cells than the image has pixels. None where unknown, or where cells are no
            places in the image, as behind a dense layer.
        window: Which cells of the layer before it in the graph's outputs, or pixels for the first,
            a cell reads. None where unknown or no window tells it: where it gets something of
            the image past that layer, or there are more cells than in that layer.
    """

    name: str
    receptive_field: tuple[int, int] | None
    stride: tuple[int | float, int | float] | None
    window: Window | None


def layer_geometry(
    graph: Graph, shapes: Mapping[int, Shape] | None = None
) -> tuple[LayerGeometry, ...]:
    """Follow the image through a graph.

    Args:
        graph: A graph whose outputs are layers ``(…, height, width, filters)``, each tensor named
            ``kind:name``, as ``extractors.graph.cut`` gives it.
        shapes: Shapes of its tensors at another size of the image than the graph's own, by number;
            they take the place of those in the graph, which is modified in place.

    Returns:
        One geometry a layer, in the order of the graph's outputs. Of a sequence pilot only the
        extent in the frame is told, not that in time.
    """
    for number, tensor in enumerate(graph.tensors):
        if shapes and number in shapes:
            tensor.shape, tensor.shapeSignature = shapes[number], None
    main = graph.model.subgraphs[0]
    images = _images(graph, main.inputs)
    fields = follow(graph, graph.operators, images)
    layers = []
    before: Fields = images
    for number in map(int, main.outputs):
        name = graph.tensor_name(number).partition(":")[2]
        window = _window(graph, number, before, images)
        layers.append(_geometry(name, fields.get(number), window))
        before = _same_cells(graph, number)
    return tuple(layers)


def _same_cells(graph: Graph, layer: int) -> Fields:
    """Return a layer's tensor, and those that hold its cells before they were given its shape.

    Of a layer at each step of a sequence, the network goes on from there.
    """
    found = {layer: picture(graph, layer)}
    waiting = [layer]
    while waiting:
        writer = graph.writers.get(waiting.pop())
        if writer is None or graph.operator_name(writer) not in _REARRANGING:
            continue
        for number in map(int, writer.inputs):
            field = None if number in found or number < 0 else picture(graph, number)
            if field is not None and _is_identity(graph, writer, number, field):
                found[number] = field
                waiting.append(number)
    return found


def _is_identity(graph: Graph, operator: Any, number: int, field: Field) -> bool:
    output = int(operator.outputs[0])
    read = follow(graph, [operator], {number: field}).get(output)
    cells = spatial(shape_of(graph, number))
    return read is not None and fitting_window(read, cells) == _ONE_CELL


def _images(graph: Graph, inputs: Iterable[int]) -> Fields:
    """Return the fields of the graph's inputs; a second image must have the size of the first."""
    images: dict[int, Field | None] = {}
    size: tuple[int, int] | None = None
    for number in map(int, inputs):
        shape = shape_of(graph, number)
        if len(shape) < 4:
            continue  # a measurement, such as that of an IMU
        size = size or spatial(shape)
        fits = spatial(shape) == size and min(_signature(graph, number)[-3:-1]) > 0
        images[number] = picture(graph, number) if fits else None
    return images


def _window(graph: Graph, layer: int, before: Fields, images: Fields) -> Window | None:
    path = _path(graph, layer, set(before), set(images))
    field = follow(graph, path, before).get(layer)
    if field is None:
        return None
    return fitting_window(field, spatial(shape_of(graph, next(iter(before)))))


def _path(graph: Graph, layer: int, before: set[int], images: set[int]) -> list[Any]:
    """Return the operators from the layer before to a layer; none if others lead there as well."""
    needed = {layer}
    path = []
    for operator in reversed(graph.operators):
        given = {int(tensor) for tensor in operator.outputs} - before
        if needed & given and reads_values(graph, operator):
            needed.update(int(tensor) for tensor in operator.inputs)
            path.append(operator)
    return [] if needed & (images - before) else path[::-1]


def _geometry(name: str, field: Field | None, window: Window | None) -> LayerGeometry:
    if field is None:
        return LayerGeometry(name, None, None, None)
    height, width = field.axes
    stride = None
    if height.stride is not None and width.stride is not None and not field.uniform:
        stride = (_number(height.stride), _number(width.stride))
    return LayerGeometry(name, (height.extent, width.extent), stride, window)


def _number(fraction: Fraction) -> int | float:
    return int(fraction) if fraction.denominator == 1 else float(fraction)


def _signature(graph: Graph, number: int) -> Shape:
    signature = graph.tensors[number].shapeSignature
    return shape_of(graph, number) if signature is None else tuple(int(n) for n in signature)
