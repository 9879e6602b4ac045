"""Runs a cut graph with LiteRT."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps, LayerInfo
from donkey_activations.extractors.memory import check_memory
from donkey_activations.extractors.sight import with_geometry
from donkey_activations.frames import check_frame, scale_into
from donkey_activations.graphs.flatbuffer import Graph
from donkey_activations.graphs.operators import Shape
from donkey_activations.resolution import HIGHEST_PX

_DONKEYCARS_IMAGE = "img_in"
# How LiteRT says that a shape in the graph has not as many cells as what it is to be given to.
_FIXED_SHAPE = "(RESHAPE) failed to prepare"


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
        """Opens a cut graph.

        Args:
            cut_graph: What ``graph.cut`` returns.
            graph: The same, read; it is used up.
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
        try:
            self._interpreter = start()
            images = self._image_inputs()
            self._inputs = tuple(image["index"] for image in images)
            self._quantisation = _input_quantisation(images[0])
            own = tuple(int(n) for n in images[0]["shape"])
            wanted = own if size is None else (*own[:-3], *size, own[-1])
            self.size_changed = wanted != own
            _check_size(wanted)
            check_memory(cut_graph, graph, dict.fromkeys(self._inputs, wanted), interpreter_class)
            if self.size_changed:
                shapes = self._run_resized(start, images[0], wanted)
            else:
                shapes = self._run_black(own)
            layers = tuple(map(_layer, self._outputs, shapes))
            self.resized = dict.fromkeys(self._inputs, wanted) if self.size_changed else {}
            self.layers = with_geometry(layers, cut_graph, graph, self.resized, interpreter_class)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            if size is None:
                raise ModelError(f"this pilot cannot be run: {reason}") from error
            if _FIXED_SHAPE in reason and _has_a_size(images[0]):
                raise _runs_only_at(own, wanted) from error
            raise SizeError(
                f"this pilot cannot be run at {size[1]}x{size[0]} ({reason}); "
                "choose another size, a larger one rather, or none for the pilot's own"
            ) from error

    def _run_resized(self, start: Callable[[], Any], image: Any, wanted: Shape) -> list[Shape]:
        own = tuple(int(n) for n in image["shape"])
        own_maps = None
        if _has_a_size(image):
            self.trained_hw = own[-3], own[-2]
            own_maps = self._run_black(own)
            # One that has run TensorFlow's operators cannot be resized.
            self._interpreter = start()
        for index in self._inputs:
            self._interpreter.resize_tensor_input(index, wanted, strict=False)
        maps = self._run_black(wanted)
        if own_maps is not None:
            _check_scaled(own, own_maps, wanted, maps)
        return maps

    def _run_black(self, shape: Shape) -> list[Shape]:
        """Sets up for inputs of a shape, and returns the outputs' shapes, which a run alone tells.

        Args:
            shape: Of each image input, with the batch in front.
        """
        self._interpreter.allocate_tensors()
        self.input_shape = (shape[-3], shape[-2], shape[-1])
        self.sequence_length = shape[1] if len(shape) == 5 else 1
        self._scaled = np.zeros(shape[1:], np.float32)
        self._outputs = tuple(self._interpreter.get_output_details())
        self(np.zeros(shape[1:], np.uint8))
        return [self._interpreter.get_tensor(output["index"]).shape for output in self._outputs]

    def _image_inputs(self) -> list[Any]:
        """Finds the inputs that the camera's frame goes to, Donkeycar's own first.

        A pilot with several image inputs of one shape gets the frame into each; what else the maps
        depend on (a state, a vector) stays zero.
        """
        details = self._interpreter.get_input_details()
        images = [d for d in details if len(d["shape"]) in (4, 5) and d["shape"][-1] in (1, 3, 4)]
        if not images:
            got = ", ".join(str(tuple(int(n) for n in d["shape"])) for d in details)
            raise ModelError(
                f"expected an input for an image, (1, height, width, channels), got {got}"
            )
        images.sort(key=lambda detail: _DONKEYCARS_IMAGE not in detail["name"])
        return [d for d in images if tuple(d["shape"]) == tuple(images[0]["shape"])]

    def __call__(self, frame: NDArray[np.uint8]) -> FeatureMaps:
        """See ``FeatureExtractor``."""
        checked = check_frame(frame, self.input_shape, self.sequence_length)
        scale_into(checked.reshape(self._scaled.shape), self._scaled)
        network_input = self._scaled if self._quantisation is None else self._quantised()
        for index in self._inputs:
            self._interpreter.set_tensor(index, network_input[np.newaxis])
        self._interpreter.invoke()
        return tuple(
            _newest_maps(output, self._interpreter.get_tensor(output["index"]))
            for output in self._outputs
        )

    def _quantised(self) -> NDArray[Any]:
        assert self._quantisation is not None
        scale, zero_point, dtype = self._quantisation
        levels = np.round(self._scaled / scale) + zero_point
        limits = np.iinfo(dtype)
        quantised: NDArray[Any] = np.clip(levels, limits.min, limits.max).astype(dtype)
        return quantised


def _check_size(shape: Shape) -> None:
    """A damaged file can ask for images that take all memory."""
    if max(shape[-3:-1]) > HIGHEST_PX:
        raise ModelError(
            f"expected a pilot for images of at most {HIGHEST_PX} pixels a side, got one for "
            f"{shape[-2]}x{shape[-3]}; copy the file again, or train it at a smaller size"
        )


def _has_a_size(image: Any) -> bool:
    """A network may leave its image's size open."""
    return bool(min(image["shape_signature"][-3:-1]) > 0)


def _input_quantisation(image: Any) -> tuple[float, int, Any] | None:
    if image["dtype"] == np.float32:
        return None
    scale, zero_point = image["quantization"]
    if not np.issubdtype(image["dtype"], np.integer) or not scale:
        raise ModelError(
            f"expected a pilot that reads float32, int8 or uint8, got {image['dtype'].__name__}; "
            "convert it again with donkey train"
        )
    return float(scale), int(zero_point), image["dtype"]


def _newest_maps(output: Any, tensor: NDArray[Any]) -> NDArray[np.float32]:
    """Returns ``(height, width, filters)`` of the newest frame, as real numbers."""
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


def _check_scaled(
    own: Shape, own_maps: Sequence[Shape], wanted: Shape, maps: Sequence[Shape]
) -> None:
    """Finds pilots in whose graph a shape is fixed: they run at any size, and give nonsense."""
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
            raise _runs_only_at(own, wanted)


def _runs_only_at(own: Shape, wanted: Shape) -> SizeError:
    return SizeError(
        f"this pilot runs at {own[-2]}x{own[-3]} only, because its graph has a fixed shape in it; "
        f"expected no other size, got {wanted[-2]}x{wanted[-3]}: leave --size out"
    )
