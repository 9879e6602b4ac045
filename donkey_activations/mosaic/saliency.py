"""Where the network looks: VisualBackProp, from the feature maps at hand.

Bojarski, Choromanska, Choromanski, Firner, Jackel, Muller, Zieba: VisualBackProp: efficient
visualization of CNNs, arXiv 1611.05418, section III. No gradient and no further run of the network:
from the last layer back to the image, the mean over a layer's filters is handed back to the cells
that it was computed from, by a transposed convolution whose weights are all 1, and multiplied by
the mean over that layer's filters.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.images.frame import opencv

Plane = NDArray[np.float32]


def is_sequential(layers: Sequence[LayerInfo]) -> bool:
    """Return whether each layer reads all it sees from the one before it, as the method needs."""
    return bool(layers) and all(layer.window is not None for layer in layers)


def visual_back_prop(
    layers: Sequence[LayerInfo], means: Sequence[Plane], image_hw: tuple[int, int]
) -> Plane:
    """Compute how much each pixel of the image has to do with what the last layer holds.

    Args:
        layers: The layers of a sequential stack, in the order of computation.
        means: The mean over each layer's filters, float32 ``(height, width)``, 0 or more as behind
            a ReLU; of other layers, which the paper does not foresee, that of the distance from 0.
            Left unchanged.
        image_hw: ``(height, width)`` of the image in pixels.

    Returns:
        float32 ``(height, width)``, not yet scaled to 0 to 1.

    Raises:
        ValueError: The stack is not sequential.
    """
    windows = [layer.window for layer in layers if layer.window is not None]
    if not windows or len(windows) < len(layers):
        raise ValueError("expected a sequential stack of layers")
    # Only ratios count in the end, and products of many means would leave float32.
    seen = _to_one(means[-1])
    for mean, window in zip(means[-2::-1], windows[:0:-1], strict=True):
        seen = _to_one(hand_back(seen, window, mean.shape) * _to_one(mean))
    return hand_back(seen, windows[0], image_hw)


def to_range(plane: Plane, highest: int) -> NDArray[np.uint8]:
    """Scale a plane from its least value, which becomes 0, to its largest; all 0 if it is flat."""
    cv2 = opencv()
    scaled: NDArray[np.uint8] = cv2.normalize(
        plane, None, 0, highest, cv2.NORM_MINMAX, dtype=cv2.CV_8U
    )
    return scaled


def hand_back(values: Plane, window: Window, size: tuple[int, ...]) -> Plane:
    """Add each cell's value to all the cells that it was computed from.

    This is the transposed convolution of ``values`` with ones.

    Args:
        values: float32 ``(height, width)`` of the layer that reads.
        window: How it reads.
        size: ``(height, width)`` of the layer that is read; what a window reads beyond it is
            padding.

    Returns:
        float32 of that size.
    """
    # Zeros between the values, and then each pixel the sum of the window that ends with it. Windows
    # that begin in the padding begin in a margin, which is cut off again.
    margin = tuple(max(0, -start) for start in window.offset)
    canvas = np.zeros((size[0] + margin[0], size[1] + margin[1]), np.float32)
    steps = zip(window.offset, margin, window.stride, strict=True)
    spread = canvas[tuple(slice(start + more, None, stride) for start, more, stride in steps)]
    rows, columns = (min(cells) for cells in zip(spread.shape, values.shape, strict=True))
    spread[:rows, :columns] = values[:rows, :columns]
    kernel_rows, kernel_columns = window.kernel
    cv2 = opencv()
    summed: Plane = cv2.boxFilter(
        canvas,
        -1,
        (kernel_columns, kernel_rows),
        anchor=(kernel_columns - 1, kernel_rows - 1),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    return summed[margin[0] :, margin[1] :]


def _to_one(plane: Plane) -> Plane:
    highest = plane.max()
    return plane / highest if highest > 0 else plane
