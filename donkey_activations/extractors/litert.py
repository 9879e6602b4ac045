"""Runs a cut graph with LiteRT."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps, LayerInfo
from donkey_activations.extractors.inputs import NetworkInput, camera_input, nothing_for
from donkey_activations.extractors.memory import check_memory
from donkey_activations.extractors.receptive_fields import with_geometry
from donkey_activations.extractors.refusals import engine_words, not_runnable
from donkey_activations.extractors.size_checks import (
    check_scaled,
    check_size,
    fits,
    fixed_size,
    larger,
)
from donkey_activations.graphs.operators import Shape
from donkey_activations.graphs.tflite import Graph
from donkey_activations.images.frame import check_frame, scale_into


class LiteRTExtractor(FeatureExtractor):
    """The feature maps of a cut graph, computed by LiteRT, or by TensorFlow's build of it.

    Attributes:
        resized: The shapes of the image inputs where ``size_changed``, with the batch in front, by
            the tensor's number; empty where the graph runs at its own size.
    """

    def __init__(
        self,
        cut_graph: bytes,
        graph: Graph,
        size: tuple[int, int] | None = None,
        threads: int = 1,
        *,
        interpreter_class: Any = Interpreter,
        engine: str = "litert",
    ) -> None:
        """Open a cut graph.

        Args:
            cut_graph: What ``graph.cut`` returns.
            graph: ``content``, read; modified in place.
            size: ``(height, width)`` in pixels to run the filters at; None is the pilot's own.
            threads: Threads that the network may use, 1 or more.
            interpreter_class: What runs the graph.
            engine: Its name.

        Raises:
            SizeError: The graph cannot be run at that size.
            ModelError: The graph cannot be run.
        """
        self.engine = engine
        start = partial(interpreter_class, model_content=cut_graph, num_threads=threads)
        own: Shape = ()
        try:
            self._interpreter = start()
            image = self._camera_input()
            self._input = image["index"]
            self._levels = _Levels(image)
            own = tuple(int(n) for n in image["shape"])
            _check_open(image, size)
            wanted = own if size is None else (*own[:-3], *size, own[-1])
            self.size_changed = wanted != own
            check_size(wanted)
            # A second camera's image is of the same size.
            self.resized = dict.fromkeys(self._inputs_of(own), wanted)
            check_memory(cut_graph, graph, self.resized, interpreter_class)
            if self.size_changed:
                shapes = self._run_resized(start, image, wanted)
            else:
                shapes = self._run_black(own)
            layers = tuple(map(_layer, self._outputs, shapes))
            if not self.size_changed:
                self.resized = {}
            self.layers = with_geometry(layers, cut_graph, graph, self.resized, interpreter_class)
        except (RuntimeError, ValueError) as error:
            if size is None:
                raise not_runnable(cut_graph, error) from error
            fitting = partial(fits, cut_graph, graph, list(self.resized), interpreter_class)
            raise _wrong_size(own, size, fitting, error) from error

    def _run_resized(self, start: Callable[[], Any], image: Any, wanted: Shape) -> list[Shape]:
        own = tuple(int(n) for n in image["shape"])
        own_maps = None
        # A network may leave its image's size open.
        if min(image["shape_signature"][-3:-1]) > 0:
            self.trained_hw = own[-3], own[-2]
            own_maps = self._run_black(own)
            # One that has run TensorFlow's operators cannot be resized.
            self._interpreter = start()
        for index in self.resized:
            self._interpreter.resize_tensor_input(index, wanted, strict=False)
        maps = self._run_black(wanted)
        if own_maps is not None:
            check_scaled(own, own_maps, wanted, maps)
        return maps

    def _run_black(self, shape: Shape) -> list[Shape]:
        """Set up for inputs of a shape, and return the outputs' shapes, which a run alone tells.

        Args:
            shape: Of the camera's input, with the batch in front.
        """
        self._interpreter.allocate_tensors()
        self._unfed = {
            detail["index"]: nothing_for(detail)
            for detail in self._interpreter.get_input_details()
            if detail["index"] != self._input
        }
        self.input_shape = (shape[-3], shape[-2], shape[-1])
        self.sequence_length = shape[1] if len(shape) == 5 else 1
        self._batch_shape = shape
        self._scaled = np.zeros(shape[1:], np.float32)
        self._outputs = tuple(self._interpreter.get_output_details())
        self(np.zeros(shape[1:], np.uint8))
        return [self._interpreter.get_tensor(output["index"]).shape for output in self._outputs]

    def _camera_input(self) -> Any:
        details = self._interpreter.get_input_details()
        inputs = [
            NetworkInput(detail["name"], tuple(int(n) for n in detail["shape"]))
            for detail in details
        ]
        camera = camera_input(inputs)
        self.unfed_inputs = tuple(one.name for one in inputs if one is not inputs[camera])
        return details[camera]

    def _inputs_of(self, shape: Shape) -> list[int]:
        details = self._interpreter.get_input_details()
        return [detail["index"] for detail in details if tuple(detail["shape"]) == shape]

    def __call__(self, frame: NDArray[np.uint8]) -> FeatureMaps:
        """See ``FeatureExtractor``."""
        checked = check_frame(frame, self.input_shape, self.sequence_length)
        values = self._levels.of(checked.reshape(self._scaled.shape), self._scaled)
        self._interpreter.set_tensor(self._input, np.broadcast_to(values, self._batch_shape))
        for index, nothing in self._unfed.items():
            self._interpreter.set_tensor(index, nothing)  # a run leaves other values there
        self._interpreter.invoke()
        return tuple(
            _newest_maps(output, self._interpreter.get_tensor(output["index"]))
            for output in self._outputs
        )


def _wrong_size(
    own: Shape, size: tuple[int, int], fitting: Callable[[Shape], bool], error: Exception
) -> SizeError:
    """Return why the engine refused another size than the pilot's own."""
    if own and fitting(own) and not fitting(larger(own)):
        return fixed_size(own, (*own[:-3], *size, own[-1]))
    return SizeError(
        f"this pilot cannot be run at {size[1]}x{size[0]}; choose another size, a larger one "
        f"rather, or none for the pilot's own ({engine_words(error)})"
    )


def _check_open(image: Any, size: tuple[int, int] | None) -> None:
    height, width = (int(n) for n in image["shape_signature"][-3:-1])
    if size is None and min(height, width) < 1:
        raise ModelError(
            "this pilot takes images of any size; give one (--size 160x120), or, for a car, save "
            "it with an Input of the camera's height and width"
        )


class _Levels:
    """Makes a frame the values that an input takes."""

    def __init__(self, image: Any) -> None:
        """Take LiteRT's description of the input.

        Raises:
            ModelError: It takes values of another kind than a camera's.
        """
        self._dtype = image["dtype"]
        self._scale, self._zero_point = image["quantization"]
        whole = np.issubdtype(self._dtype, np.integer)
        # A pilot that takes the bytes as they are scales them by itself.
        self._as_bytes = self._dtype == np.uint8 and not self._scale
        if not (
            np.issubdtype(self._dtype, np.floating) or self._as_bytes or (whole and self._scale)
        ):
            raise ModelError(
                "expected a pilot that reads real numbers, or levels of a camera as uint8 or "
                f"quantised int8, got {self._dtype.__name__}; convert it again with donkey train"
            )

    def of(self, frame: NDArray[np.uint8], scaled: NDArray[np.float32]) -> NDArray[Any]:
        """Return the values; ``scaled`` is memory of the frame's shape for what lies between."""
        if self._as_bytes:
            return frame
        values: NDArray[Any] = scale_into(frame, scaled)
        if self._scale:
            limits = np.iinfo(self._dtype)
            levels = np.round(values / self._scale) + self._zero_point
            values = np.clip(levels, limits.min, limits.max)
        return values.astype(self._dtype, copy=False)


def _newest_maps(output: Any, tensor: NDArray[Any]) -> NDArray[np.float32]:
    """Return ``(height, width, filters)`` of the newest frame, as real numbers."""
    newest = tensor.reshape(-1, *tensor.shape[-3:])[-1]
    maps: NDArray[np.float32] = newest.astype(np.float32, copy=False)
    if np.issubdtype(newest.dtype, np.integer):
        scale, zero_point = output["quantization"]
        maps = (maps - np.float32(zero_point)) * np.float32(scale)
    return maps


def _layer(output: Any, shape: Shape) -> LayerInfo:
    kind, _, name = output["name"].partition(":")
    height, width, filters = shape[-3:]
    return LayerInfo(name, kind, height, width, filters)
