"""What the cells of an extractor's layers see, as far as its graph tells."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.graphs.operators import Shape, spatial
from donkey_activations.graphs.receptive_field.following import shape_of
from donkey_activations.graphs.receptive_field.geometry import LayerGeometry, layer_geometry
from donkey_activations.graphs.resizing import tensor_shapes
from donkey_activations.graphs.tflite import Graph

logger = logging.getLogger(__name__)

# What a graph that runs may still raise where it is read here. The maps are right all the same.
_ODD_GRAPH = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


def with_geometry(
    layers: tuple[LayerInfo, ...],
    cut_graph: bytes,
    graph: Graph,
    resized: Mapping[int, Shape],
    interpreter_class: Any,
) -> tuple[LayerInfo, ...]:
    """Return layers with what their cells see; what cannot be told stays unknown.

    Args:
        layers: The layers of the graph's outputs, in their order.
        cut_graph: What ``graph.cut`` returns.
        graph: ``content``, read; modified in place.
        resized: The new shapes of the inputs that run at another size than the graph's own, by the
            tensor's number.
        interpreter_class: What runs the graph.
    """
    try:
        shapes = tensor_shapes(cut_graph, graph, resized, interpreter_class) if resized else {}
        geometry = layer_geometry(graph, shapes)
        outputs = graph.model.subgraphs[0].outputs
        cells = [spatial(shape_of(graph, int(number))) for number in outputs]
        return tuple(map(_seeing, layers, geometry, cells))
    except _ODD_GRAPH as error:
        logger.debug("what the layers' cells see cannot be told: %r", error)
        return layers


def _seeing(layer: LayerInfo, geometry: LayerGeometry, cells: tuple[int, int]) -> LayerInfo:
    if cells != (layer.height, layer.width):
        return layer  # the file is wrong about its own shapes
    return replace(
        layer,
        receptive_field=geometry.receptive_field,
        stride=geometry.stride,
        window=geometry.window,
    )
