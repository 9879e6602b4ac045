"""Whether a graph can be run at a size of the image, and what to tell where it cannot."""

from collections.abc import Sequence
from typing import Any

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors.memory import check_memory
from donkey_activations.graphs.operators import Shape
from donkey_activations.graphs.resizing import tensor_shapes
from donkey_activations.graphs.tflite import Graph
from donkey_activations.resolution import HIGHEST_PX


def check_size(shape: Shape) -> None:
    """Refuse a shape of the image that is too large, as a damaged file can ask for.

    Args:
        shape: Of the camera's input, with the batch in front.

    Raises:
        ModelError: A side has more than ``HIGHEST_PX`` pixels.
    """
    if max(shape[-3:-1]) > HIGHEST_PX:
        raise ModelError(
            f"expected a pilot for images of at most {HIGHEST_PX} pixels a side, got one for "
            f"{shape[-2]}x{shape[-3]}; copy the file again, or train it at a smaller size"
        )


def check_scaled(
    own: Shape, own_maps: Sequence[Shape], wanted: Shape, maps: Sequence[Shape]
) -> None:
    """Find pilots in whose graph a shape is fixed: they run at any size, and give nonsense.

    Args:
        own: The shape of the pilot's own image.
        own_maps: Those of its maps at that.
        wanted: The shape of the image at another size.
        maps: Those of its maps at that.

    Raises:
        SizeError: The maps do not grow and shrink with the image.
    """
    for before, after in zip(own_maps, maps, strict=True):
        scaled = before[:-3] == after[:-3]
        for axis in (-3, -2):
            change = wanted[axis] - own[axis]
            # What is pooled to one cell has one at every size. Less than two cells' worth may be
            # lost in rounding.
            pooled = before[axis] == after[axis] == 1
            if not pooled and abs(change) * before[axis] >= 2 * own[axis]:
                scaled &= (after[axis] - before[axis]) * change > 0
        if not scaled:
            raise fixed_size(own, wanted)


def larger(shape: Shape) -> Shape:
    """Return a size at which every graph runs that runs at another than its own.

    A multiple of every step that dilated kernels take leaves them the remainders that they need.
    """
    return (*shape[:-3], shape[-3] + 96, shape[-2] + 96, shape[-1])


def fits(
    cut_graph: bytes, graph: Graph, images: Sequence[int], interpreter_class: Any, shape: Shape
) -> bool:
    """Return whether a graph can be set up for a shape of its images.

    Args:
        cut_graph: What ``graph.cut`` returns.
        graph: ``content``, read.
        images: The numbers of the tensors of its images.
        interpreter_class: What runs the graph.
        shape: Of each of them, with the batch in front.
    """
    resized = dict.fromkeys(images, shape)
    try:
        check_memory(cut_graph, graph, resized, interpreter_class)
        tensor_shapes(cut_graph, graph, resized, interpreter_class)
    except (ModelError, RuntimeError, ValueError):
        return False
    return True


def fixed_size(own: Shape, wanted: Shape) -> SizeError:
    """Return what to tell of a pilot that runs at its own size alone."""
    return SizeError(
        f"this pilot runs at {own[-2]}x{own[-3]} only, because its graph has a fixed shape in it; "
        f"expected no other size, got {wanted[-2]}x{wanted[-3]}: leave --size out"
    )
