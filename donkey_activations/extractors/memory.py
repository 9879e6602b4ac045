"""Refuses graphs that would take all memory, before they take it."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from donkey_activations.errors import ModelError
from donkey_activations.graphs.operators import Shape
from donkey_activations.graphs.resizing import tensor_shapes
from donkey_activations.graphs.tflite import Graph

# Donkeycar's own pilots stay below it at 4096x4096 pixels.
_LARGEST_TENSOR_MB = 512
_BYTES_OF_A_CELL = 4
# Numbers in the file tell these how large to make what they give; all others give no more than they
# get, once for each filter that has its weights in the file.
_ENLARGING = {
    *("PAD", "PADV2", "MIRROR_PAD", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"),
    *("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE", "TILE", "BROADCAST_TO", "FILL", "RANGE"),
    *("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "DEPTH_TO_SPACE", "RESHAPE", "WHILE", "IF"),
}


def check_memory(
    cut_graph: bytes, graph: Graph, images: Mapping[int, Shape], interpreter_class: Any
) -> None:
    """Refuse a graph in which a tensor is too large, as damaged shapes and paddings make it.

    LiteRT fills the memory for all tensors with zeros as soon as a graph is set up for its
    delegate. So what the file says of them is looked at first, and then, without a delegate, what
    comes of operators that can enlarge.

    Args:
        cut_graph: What ``graph.cut`` returns.
        graph: ``content``, read.
        images: The shapes of the image inputs, with the batch in front, by the tensor's number.
        interpreter_class: What runs the graph.

    Raises:
        ModelError: A tensor is too large.
        RuntimeError: The graph cannot be run like this.
        ValueError: The graph is damaged.
    """
    _check(tensor.shape for tensor in graph.tensors if tensor.shape is not None)
    enlarges = any(graph.operator_name(one) in _ENLARGING for one in graph.operators)
    # TensorFlow's operators tell the shape of what they give only once they have run.
    if enlarges and not graph.custom_operators():
        _check(tensor_shapes(cut_graph, graph, images, interpreter_class).values())


def _check(shapes: Iterable[Iterable[int]]) -> None:
    cells = (prod(max(1, int(length)) for length in shape) for shape in shapes)
    largest_mb = max(cells, default=0) * _BYTES_OF_A_CELL >> 20
    if largest_mb > _LARGEST_TENSOR_MB:
        raise ModelError(
            f"expected a network in which nothing takes more than {_LARGEST_TENSOR_MB} MB, got "
            f"{largest_mb} MB; copy the file again, or choose a smaller size"
        )
