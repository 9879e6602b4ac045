"""A pilot as the drive needs it: all that changes when its file is replaced by another."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.car.transformations import Transformations
from donkey_activations.drive.recorder import MosaicRecorder
from donkey_activations.drive.source import FrameSource
from donkey_activations.errors import FrameError
from donkey_activations.extractors import open_extractor
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps
from donkey_activations.images.frame import describe_shape
from donkey_activations.mosaic.controls import Controls
from donkey_activations.mosaic.layer_choice import choose_layers, words_of_choice
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic
from donkey_activations.mosaic.run_ranges import RunRanges
from donkey_activations.tubs.mosaics import mosaic_set

# As Donkeycar's sequence pilots weigh red, green and blue.
_GREY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class OpenPilot:
    """One content of the pilot's file. Immutable, so that its parts always belong together.

    Attributes:
        extractor: Its feature maps.
        layout: The look of its mosaics; where nobody asked for layers and the pilot has more than
            there is room for, with those that were chosen.
        recorder: Writes them into the set of this pilot, or None.
        transformations: What is done to a camera's frame before the pilot sees it, or None.
        run_ranges: What full brightness is in this drive, if the layout asks for that.
        layers_chosen: Names of the layers that were chosen, because nobody asked for any and there
            is no room for all; empty otherwise.
    """

    extractor: FeatureExtractor
    layout: Layout
    recorder: MosaicRecorder | None = None
    transformations: Transformations | None = None
    run_ranges: RunRanges | None = None
    layers_chosen: tuple[str, ...] = ()

    def words_of_choice(self, flag: str) -> str | None:
        """Returns what to tell of the layers that were chosen; None where none were.

        Args:
            flag: What chooses others.
        """
        if not self.layers_chosen:
            return None
        return words_of_choice(self.extractor.layers, self.layers_chosen, flag)

    def log_choice(self, logger: logging.Logger) -> None:
        """Logs for the drive which layers were chosen, if any were."""
        words = self.words_of_choice("ACTIVATIONS_LAYERS")
        if words is not None:
            logger.info("mosaics: %s", words)

    def shape_to_keep(self, camera_shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Returns the shape in which a frame is to be kept until it is drawn.

        Args:
            camera_shape: The frame's shape.

        Returns:
            The shape, of as many elements; None if the pilot does not take such a frame. What
            transformations make of it shows only when they run.
        """
        if self.transformations is not None:
            return camera_shape if len(camera_shape) in (2, 3) else None
        return self._shape_taken(camera_shape)

    def _shape_taken(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        height, width, channels = self.extractor.input_shape
        if shape == (height, width, channels):
            return shape
        if channels == 1 and shape == (height, width):
            return height, width, 1
        makes_grey = channels == 1 and self.extractor.sequence_length > 1
        return shape if makes_grey and shape == (height, width, 3) else None

    def try_transformations(self, camera_shape: tuple[int, ...]) -> None:
        """Has a black frame transformed, if there are transformations, and looked at.

        Args:
            camera_shape: The frame's shape.

        Raises:
            FrameError: The pilot does not take what the transformations give.
            ConfigError: The transformations fail.
        """
        if self.transformations is not None:
            self.look_at(np.zeros((self.extractor.sequence_length, *camera_shape), np.uint8))

    def look_at(self, frames: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], FeatureMaps]:
        """Runs the network, and draws nothing.

        Args:
            frames: As for ``draw``.

        Returns:
            The newest frame as the pilot sees it, and its maps.

        Raises:
            FrameError: The pilot does not take what the transformations give.
        """
        seen = self._as_the_pilot_sees(frames)
        return seen[-1], self.extractor(seen if self.extractor.sequence_length > 1 else seen[0])

    def draw(
        self, frames: NDArray[np.uint8], controls: Mapping[str, Controls] | None = None
    ) -> NDArray[np.uint8]:
        """Draws the mosaic of the newest frame.

        Args:
            frames: uint8 ``(sequence_length, height, width[, channels])`` as the camera gave them,
                or as the pilot has kept them; the oldest first.
            controls: Steering and throttle by driver, where known.

        Returns:
            uint8 ``(H, W, 3)`` RGB.

        Raises:
            FrameError: The pilot does not take what the transformations give.
        """
        newest, maps = self.look_at(frames)
        camera_hw = frames.shape[1], frames.shape[2]
        run = None
        if self.run_ranges is not None:
            self.run_ranges.observe(maps)
            run = self.run_ranges.so_far()
        return render_mosaic(
            newest,
            self.extractor.layers,
            maps,
            self.layout,
            controls=controls,
            run=run,
            camera_hw=None if camera_hw == newest.shape[:2] else camera_hw,
            unfed_inputs=self.extractor.unfed_inputs,
        )

    def _as_the_pilot_sees(self, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.transformations is not None:
            frames = np.stack([self.transformations(frame) for frame in frames])
            if self._shape_taken(frames.shape[1:]) is None:
                raise FrameError(
                    f"the pilot takes {describe_shape(self.extractor.input_shape)}, the car's "
                    f"transformations make {describe_shape(frames.shape[1:])} of a frame; correct "
                    "TRANSFORMATIONS, POST_TRANSFORMATIONS, IMAGE_W or IMAGE_H in myconfig.py"
                )
        if len(frames) == 1:
            return frames
        # Only Donkeycar's sequence pilots make a colour frame grey by themselves.
        if self.extractor.input_shape[2] == 1 and frames.shape[3:] == (3,):
            frames = np.rint(frames @ _GREY).astype(np.uint8)
        return frames[..., np.newaxis] if frames.ndim == 3 else frames


@dataclass(frozen=True)
class PilotOptions:
    """How the pilot's file is opened, the first time and whenever it is replaced.

    Attributes:
        model_path: The pilot's file.
        layers: Names of the wanted layers; None is every convolution.
        layout: The look.
        threads: Threads that the network may use, 1 or more.
        trust_model: Open a Keras file even if that runs code stored in it.
        transformations: What is done to a camera's frame before the pilot sees it, or None.
        transformation_names: Names of all that is done to it, here or by the car.
        tub_path: The tub to record into, or None.
        jpeg_quality: 1 to 100.
        source: Where the frames come from; None are recorded ones.
    """

    model_path: Path
    layers: Sequence[str] | None
    layout: Layout
    threads: int
    trust_model: bool
    transformations: Transformations | None
    tub_path: Path | None
    jpeg_quality: int
    transformation_names: Sequence[str] = ()
    source: FrameSource | None = None

    def open(self, *, convert: bool = True) -> OpenPilot:
        """Opens what the file holds now, and draws one black frame.

        The first run is slow, and what cannot work fails here, before the drive.

        Args:
            convert: Convert a Keras pilot in this process, if it was not converted before.

        Raises:
            ModelError: The pilot cannot be opened.
            TubError: Mosaics cannot be written into the tub.
            LayoutError: The layout does not fit the pilot.
            ActivationsError: OpenCV is missing.
        """
        extractor = open_extractor(
            self.model_path,
            self.layers,
            trust_model=self.trust_model,
            threads=self.threads,
            convert=convert,
        )
        layout = self.layout
        chosen: tuple[str, ...] = ()
        if self.layers is None:
            chosen = choose_layers(extractor.layers, layout, extractor.input_shape[:2])
            layout = replace(layout, layers=chosen or layout.layers)
        OpenPilot(extractor, layout).draw(
            np.zeros((extractor.sequence_length, *extractor.input_shape), np.uint8)
        )
        recorder = None
        if self.tub_path is not None:
            mosaics = mosaic_set(
                self.tub_path, self.model_path, extractor, layout, self.transformation_names
            )
            source = self.source or FrameSource()
            recorder = MosaicRecorder(
                mosaics, self.jpeg_quality, source.given(source.likely_channel)
            )
        run_ranges = RunRanges(extractor.layers) if layout.scales_over_runs() else None
        return OpenPilot(
            extractor, layout, recorder, self.transformations, run_ranges, layers_chosen=chosen
        )
