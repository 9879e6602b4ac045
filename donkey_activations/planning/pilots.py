"""A pilot at any resolution of the camera, for measuring what a resolution shows and costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from donkey_activations.errors import ModelError, SizeError
from donkey_activations.extractors import (
    engines,
    formats,
    graph,
    keras,
    keras_files,
    keras_resizing,
)
from donkey_activations.extractors.layer_names import without_all
from donkey_activations.extractors.pilot_format import PilotFormat
from donkey_activations.extractors.ways_out import instead
from donkey_activations.graphs.tflite import read_graph
from donkey_activations.graphs.workload.workload import workload
from donkey_activations.planning.latency import Network

Size = tuple[int, int]


@dataclass(frozen=True)
class SizedPilot:
    """A pilot at one size of the camera's image.

    Attributes:
        size_hw: ``(height, width)`` in pixels.
        cut_graph: What computes the shown layers, as ``extractors.graph.cut`` gives it; its own
            size of the image is ``size_hw``.
        whole: The whole pilot as ``.tflite`` at that size; None where only its convolutions can be
            had, as of a ``.tflite`` at another size than its own.
        parameters: How many numbers the whole pilot has been trained to, as Keras counts them;
            None where ``whole`` is, or where only TensorFlow could run it, which is not installed.
    """

    size_hw: Size
    cut_graph: bytes
    whole: bytes | None
    parameters: int | None


class PlannedPilot:
    """A pilot file, opened once, at any resolution.

    A Keras pilot is built and converted anew for each size, which takes some seconds. Layers whose
    weights depend on the size get new ones: for what it computes and how long it takes that does
    not matter, and its convolutions keep theirs. Nothing is kept on the disk.

    Attributes:
        path: Its file or folder.
        trained_hw: ``(height, width)`` in pixels of the images that it was trained with.
        channels: 3 in colour, 1 in grey.
        sequence_length: Number of frames it takes at once; 1 unless it is a sequence model.
        is_keras: Whether it is a Keras file, which can be had whole at any size.
    """

    def __init__(
        self, path: Path, *, layers: Sequence[str] | None = None, trust_model: bool = False
    ) -> None:
        """Open a pilot.

        Args:
            path: Its file or folder.
            layers: Names of the layers to show; None, or ``["all"]``, is every convolution.
            trust_model: Load a Keras file even if that runs code stored in it.

        Raises:
            ModelError: As of ``open_extractor``; or it takes neither colour nor grey.
        """
        self.path = path
        layers = without_all(layers)
        try:
            pilot_format = formats.identify(path)
            self.is_keras = pilot_format is not PilotFormat.TFLITE
            self._pilot: _Pilot = (
                _KerasPilot(path, pilot_format, layers, trust_model)
                if self.is_keras
                else _LitePilot(path, layers)
            )
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        frames, self.channels = self._pilot.image_shape[:-3], self._pilot.image_shape[-1]
        if self.channels not in (1, 3):
            raise ModelError(
                f"{path}: expected a pilot for frames in colour (3 channels) or grey (1), got one "
                f"for {self.channels} channels, of which no mosaic can be drawn; give another"
            )
        self.trained_hw = self._pilot.image_shape[-3], self._pilot.image_shape[-2]
        self.sequence_length = frames[0] if frames else 1
        self._known: dict[Size, SizedPilot] = {}

    def at(self, size_hw: Size) -> SizedPilot:
        """Return the pilot at a size of the image; each is made once.

        Args:
            size_hw: ``(height, width)`` in pixels, each 1 or more.

        Raises:
            SizeError: It does not run at that size.
            ModelError: It cannot be converted.
        """
        if size_hw not in self._known:
            try:
                self._known[size_hw] = self._pilot.at(size_hw)
            except SizeError as error:
                raise SizeError(self._refusal(error)) from error
        return self._known[size_hw]

    def _refusal(self, error: SizeError) -> str:
        other = "the .tflite" if self.is_keras else "the Keras file"
        return (
            f"{error}; it was trained at {_px(self.trained_hw)}: choose another size, a larger one "
            f"rather, or give {other} of the same training"
        )


class _Pilot(Protocol):
    image_shape: tuple[int, ...]
    """``(height, width, channels)``, of a sequence model with the number of frames in front."""

    def at(self, size_hw: Size) -> SizedPilot:
        """Return the pilot at a size; raises SizeError where it does not run."""


class _KerasPilot:
    """A pilot that Keras saved: its network can be built anew."""

    def __init__(
        self,
        path: Path,
        pilot_format: PilotFormat,
        layers: Sequence[str] | None,
        trust_model: bool,
    ) -> None:
        self._path = path
        self._layers = layers
        self._tf, self._model = keras.load(path, pilot_format, trust_model)
        _check_precision(self._model)
        self._labels = list(keras.trace_maps(self._tf, self._model, layers).labels.values())
        self.image_shape = keras_resizing.image_shape(self._model)

    def at(self, size_hw: Size) -> SizedPilot:
        own = size_hw == self.image_shape[-3:-1]
        hiding = keras_files.layer_that_hides_convolutions(self._model) if own else None
        if hiding is not None:
            raise ModelError(
                f"expected layers that Keras knows, got a SavedModel in which {hiding}, of an "
                f"unknown class, does not tell its layers; {instead(self._path, ['.tflite'])}"
            )
        model = self._model if own else keras_resizing.rebuild(self._tf, self._model, size_hw)
        whole = keras.convert_whole(model)
        return SizedPilot(size_hw, self._cut(model, whole), whole, model.count_params())

    def _cut(self, model: object, whole: bytes) -> bytes:
        """Cut the whole pilot, or convert the maps on their own where it lost a layer's name."""
        try:
            cut_graph = graph.cut(whole, self._layers)
        except ModelError:
            cut_graph = b""
        if cut_graph and sorted(read_graph(cut_graph).output_names()) == sorted(self._labels):
            return cut_graph
        traced = keras.trace_maps(self._tf, model, self._layers)
        return keras.convert_maps(self._tf, traced)


def _check_precision(model: Any) -> None:
    """Refuse what can be converted only to operators of TensorFlow's, which no car would run."""
    computed = {layer.compute_dtype for layer in model._flatten_layers()}
    half = sorted(computed & {"float16", "bfloat16"})
    if half:
        raise ModelError(
            f"expected a pilot that computes in float32, got one of mixed precision ({half[0]}), "
            "whose convolutions only TensorFlow runs, and no car; train it with the policy float32"
        )


class _LitePilot:
    """A ``.tflite`` pilot: its convolutions run at any size, the rest only at its own."""

    def __init__(self, path: Path, layers: Sequence[str] | None) -> None:
        self._whole = path.read_bytes()
        self._cut = graph.cut(self._whole, layers)
        opened = engines.run(self._cut, None, 1)
        frames = (opened.sequence_length,) if opened.sequence_length > 1 else ()
        self.image_shape = (*frames, *opened.input_shape)

    def at(self, size_hw: Size) -> SizedPilot:
        if size_hw == self.image_shape[-3:-1]:
            return SizedPilot(size_hw, self._cut, self._whole, self._parameters())
        try:
            resized = engines.resize(self._cut, size_hw)
        except SizeError as error:
            raise SizeError(
                f"the network does not run at {_px(size_hw)} px (width x height)"
            ) from error
        return SizedPilot(size_hw, resized, None, None)

    def _parameters(self) -> int | None:
        try:
            network = Network(self._whole, 1)
        except engines.TensorFlowMissingError:
            return None  # what follows the convolutions of an rnn pilot cannot be run here
        return workload(self._whole, network.interpreter_class).parameters


def _px(size_hw: Size) -> str:
    return f"{size_hw[1]}x{size_hw[0]}"
