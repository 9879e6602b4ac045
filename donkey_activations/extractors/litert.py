"""Runs a cut graph with LiteRT."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from donkey_activations.errors import ModelError
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps, LayerInfo
from donkey_activations.frames import check_frame, scale_into


class LiteRTExtractor(FeatureExtractor):
    """The feature maps of a cut graph, computed by LiteRT."""

    engine = "litert"
    sequence_length = 1

    def __init__(
        self, cut_graph: bytes, size: tuple[int, int] | None = None, threads: int = 1
    ) -> None:
        """Opens a cut graph.

        Args:
            cut_graph: What ``graph.cut`` returns.
            size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own.
            threads: Threads that the network may use, 1 or more.

        Raises:
            ModelError: LiteRT cannot run the graph, or not at that size.
        """
        try:
            self._interpreter = Interpreter(model_content=cut_graph, num_threads=threads)
            image = self._image_input()
            shape = tuple(int(n) for n in image["shape"])
            wanted = shape if size is None else (1, *size, shape[3])
            self.size_changed = wanted != shape
            if self.size_changed:
                self._interpreter.resize_tensor_input(image["index"], wanted, strict=False)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"LiteRT cannot run this pilot{_at(size)}: {_one_line(error)}"
            ) from error
        self._input_index = image["index"]
        self.input_shape = (wanted[1], wanted[2], wanted[3])
        self._outputs = tuple(self._interpreter.get_output_details())
        self.layers = tuple(_layer_info(output) for output in self._outputs)

    def _image_input(self) -> Any:
        details = self._interpreter.get_input_details()
        image = details[0] if len(details) == 1 else None
        if image is not None and len(image["shape"]) == 4 and image["dtype"] == np.float32:
            return image
        got = ", ".join(f"{d['dtype'].__name__} {tuple(d['shape'])}" for d in details)
        raise ModelError(
            f"expected a pilot whose convolutions read one float32 image, got {got}; "
            "convert the pilot again with donkey train"
        )

    def __call__(self, frame: NDArray[np.uint8]) -> FeatureMaps:
        """See ``FeatureExtractor``."""
        checked = check_frame(frame, self.input_shape)
        network_input = self._interpreter.tensor(self._input_index)()
        scale_into(checked, network_input[0])
        del network_input  # LiteRT refuses to run while anybody holds a view of its memory
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(output["index"])[0] for output in self._outputs)


def _layer_info(output: Any) -> LayerInfo:
    kind, _, name = output["name"].partition(":")
    _, height, width, filters = (int(n) for n in output["shape"])
    return LayerInfo(name, kind, height, width, filters)


def _at(size: tuple[int, int] | None) -> str:
    return "" if size is None else f" at {size[1]}x{size[0]}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
