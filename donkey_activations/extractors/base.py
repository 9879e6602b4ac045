"""What every engine offers: frames in, feature maps out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from donkey_activations.graphs.receptive_field.window import Window

FeatureMaps = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True)
class LayerInfo:
    """One layer whose feature maps are shown.

    Attributes:
        name: The name that the pilot's author gave to the layer, such as ``conv2d_1``.
        kind: The Keras name of its class, such as ``Conv2D``.
        height: Height of its maps in cells.
        width: Width of its maps in cells.
        filters: Number of maps.
        receptive_field: ``(height, width)`` in pixels of the image that one of its cells sees; None
            where unknown.
        stride: ``(height, width)`` in pixels of the image from what a cell sees to what the next
            one does; None where unknown, or where cells are no places in the image.
        window: Which cells of the layer shown before it a cell reads, or which pixels for the
            first; None where unknown, or where no window tells it, as where branches meet.
    """

    name: str
    kind: str
    height: int
    width: int
    filters: int
    receptive_field: tuple[int, int] | None = None
    stride: tuple[int | float, int | float] | None = None
    window: Window | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what a user is shown of the layer; pairs are ``[height, width]``."""
        return {
            "name": self.name,
            "kind": self.kind,
            "height": self.height,
            "width": self.width,
            "filters": self.filters,
            "receptive_field": self.receptive_field,
            "stride": self.stride,
        }


class FeatureExtractor(ABC):
    """A pilot truncated after its last wanted layer.

    Attributes:
        input_shape: ``(height, width, channels)`` in pixels of the frames it takes.
        sequence_length: Number of frames it takes at once; 1 unless the pilot is a sequence model.
        layers: The layers shown, in the order in which the network computes them.
        engine: ``"litert"`` or ``"tensorflow"``.
        unfed_inputs: Names of the other inputs that the maps depend on, such as a second camera's
            image or a command vector; nobody feeds them here, so they are 0.
        size_changed: True where the filters run at another resolution than the pilot's own, so
            that the maps are not those the pilot computes.
        trained_hw: ``(height, width)`` in pixels of the pilot's own input where ``size_changed``;
            None where the filters run at that.
    """

    input_shape: tuple[int, int, int]
    sequence_length: int
    layers: tuple[LayerInfo, ...]
    engine: str
    unfed_inputs: tuple[str, ...] = ()
    size_changed: bool
    trained_hw: tuple[int, int] | None = None

    def input_as_json(self) -> dict[str, int]:
        """Return the size of the frames it takes, in pixels, and how many it takes at once."""
        height, width, channels = self.input_shape
        length = self.sequence_length
        return {"height": height, "width": width, "channels": channels, "sequence_length": length}

    @abstractmethod
    def __call__(self, frame: NDArray[np.uint8]) -> FeatureMaps:
        """Compute the feature maps of one frame.

        Args:
            frame: uint8 ``(height, width, channels)``, 0 to 255, as the camera gives it; left
                unchanged.

        Returns:
            One float32 array ``(height, width, filters)`` a layer, in the order of ``layers``;
            the caller owns them.

        Raises:
            FrameError: The frame has another shape or dtype than ``input_shape`` in uint8.
        """
