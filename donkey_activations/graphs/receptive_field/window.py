"""Which cells of the layer before it a layer's cells read."""

from dataclasses import dataclass

import numpy as np

from donkey_activations.graphs.operators import Field
from donkey_activations.graphs.receptive_field.axis import Axis


@dataclass(frozen=True)
class Window:
    """Where a layer's cells read in the shown layer before it, or in the image for the first.

    Cell ``(i, j)`` reads the rows from ``i * stride[0] + offset[0]`` on, ``kernel[0]`` of them, and
    the columns from ``j * stride[1] + offset[1]`` on, ``kernel[1]`` of them. What lies outside is
    padding. All that stands between the two layers is in it: with a pooling between them, it is
    the window of the pooling and the layer in one.

    Attributes:
        kernel: ``(height, width)`` in cells from the first to the last one that is read. Of a
            dilated kernel that is its whole extent, with the cells that it leaves out.
        stride: ``(rows, columns)`` from one cell's window to the next one's; 1 or more.
        offset: ``(row, column)`` at which the window of the first cell begins; negative where it
            begins in the padding.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    offset: tuple[int, int]


def fitting_window(field: Field, cells: tuple[int, int]) -> Window | None:
    """Return the window that tells what a field reads; None if there is none.

    A cell whose window lies inside reads from its first to its last cell. At the border a cell may
    read less than what is inside, such as a row that a pooling has no room for; and where every
    window is cut short, several would tell the same: then it is one of these.

    Args:
        field: What each cell of a layer reads of the layer before it.
        cells: ``(height, width)`` of the layer before it.
    """
    if field.uniform:
        return None
    height, width = (_fit(axis, size) for axis, size in zip(field.axes, cells, strict=True))
    if height is None or width is None:
        return None
    kernel, stride, offset = zip(height, width, strict=True)
    return Window(kernel, stride, offset)


def _fit(axis: Axis, cells: int) -> tuple[int, int, int] | None:
    """Return kernel, stride and offset along one axis."""
    reading = axis.last >= axis.first
    whole_stride = axis.stride is not None and axis.stride.denominator == 1 and axis.stride >= 1
    if axis.stride is None or not whole_stride or axis.phases > 1 or not reading.any():
        return None
    stride = int(axis.stride)
    place = np.arange(axis.cells, dtype=np.int64)[np.newaxis] * stride
    # The border cuts windows short and never lengthens them, so these are those of the others.
    offset = int((axis.first - place)[reading].min())
    end = int((axis.last - place)[reading].max())
    inside = (place + offset >= 0) & (place + end < cells)
    exact = (axis.first == place + offset) & (axis.last == place + end)
    return (end - offset + 1, stride, offset) if exact[inside].all() else None
