"""Which cells an operator's output reads of its input, along one axis.

Every function returns int64 ``(output cells, reads)``; an index outside of the input is padding.
"""

from fractions import Fraction
from math import ceil, floor

import numpy as np

from donkey_activations.graphs.receptive_field.axis import Cells

_HALF = Fraction(1, 2)


def sliding(cells: int, outputs: int, kernel: int, stride: int, dilation: int = 1) -> Cells:
    """Return what a convolution or a pooling reads.

    Output ``o`` reads ``o * stride - padding + dilation * j`` for ``j`` from 0 to ``kernel - 1``.
    With ``n`` cells in, ``p`` cells of padding on both sides together and
    ``k = (kernel - 1) * dilation + 1`` there are ``floor((n + p - k) / stride) + 1`` outputs; so
    the number of outputs tells the padding, of which LiteRT puts the smaller half in front.
    """
    _check(kernel, stride, dilation)
    padding = _padding(cells, outputs, (kernel - 1) * dilation + 1, stride)
    starts = np.arange(outputs, dtype=np.int64)[:, np.newaxis] * stride - padding
    return starts + np.arange(kernel, dtype=np.int64) * dilation


def transposed(cells: int, outputs: int, kernel: int, stride: int) -> Cells:
    """Return what a transposed convolution reads.

    It is a convolution from the outputs to the cells, turned round: cell ``i`` goes to the outputs
    ``i * stride - padding + j`` for ``j`` from 0 to ``kernel - 1``. So output ``o`` reads the
    cells ``i`` with ``0 <= o + padding - i * stride < kernel``: ``kernel / stride`` of them rounded
    up or down, depending on where ``o`` lies between two cells.
    """
    _check(kernel, stride)
    place = np.arange(outputs, dtype=np.int64)[:, np.newaxis]
    place = place + _padding(outputs, cells, kernel, stride)
    read = place // stride - np.arange(ceil(kernel / stride), dtype=np.int64)
    return np.where(place - read * stride < kernel, read, -1)


def _check(*numbers: int) -> None:
    if min(numbers) < 1:
        raise ValueError("kernels, strides and dilations are 1 or more")


def _padding(cells: int, outputs: int, kernel: int, stride: int) -> int:
    return max((outputs - 1) * stride + kernel - cells, 0) // 2


def nearest(cells: int, outputs: int, align_corners: bool, half_pixels: bool) -> Cells:
    """Return what RESIZE_NEAREST_NEIGHBOR reads: the one cell whose middle is nearest."""
    rate = resize_rate(cells, outputs, align_corners)
    middle = _HALF if half_pixels else Fraction(0)
    rounding = _HALF if align_corners else Fraction(0)
    read = [floor((output + middle) * rate + rounding) for output in range(outputs)]
    return np.array(read, np.int64).clip(0, cells - 1)[:, np.newaxis]


def linear(cells: int, outputs: int, align_corners: bool, half_pixels: bool) -> Cells:
    """Return what RESIZE_BILINEAR reads: the cells on either side, or the one right there."""
    rate = resize_rate(cells, outputs, align_corners)
    middle = _HALF if half_pixels else Fraction(0)
    places = [(output + middle) * rate - middle for output in range(outputs)]
    return np.array([(floor(place), ceil(place)) for place in places], np.int64).clip(0, cells - 1)


def resize_rate(cells: int, outputs: int, align_corners: bool) -> Fraction:
    """Return how many cells one output of a RESIZE operator goes on."""
    if align_corners and outputs > 1:
        return Fraction(cells - 1, outputs - 1)
    return Fraction(cells, outputs)
