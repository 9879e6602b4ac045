"""A pilot that is opened: its feature maps, and the mosaics of what it sees."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from donkey_activations.car.transformations import Transformations
from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps
from donkey_activations.images.frame import describe_shape
from donkey_activations.mosaic.controls import Controls
from donkey_activations.mosaic.layer_choice import note_on_choice
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic
from donkey_activations.mosaic.run_ranges import LayerRun, RunRanges

# As Donkeycar's sequence pilots weigh red, green and blue.
_GREY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class OpenPilot:
    """One content of the pilot's file. Immutable, so that its parts always belong together.

    Attributes:
        extractor: Its feature maps.
        layout: The look of its mosaics; where nobody asked for layers and the pilot has more than
            fit the picture, with those that were chosen.
        transformations: What is done to a camera's frame before the pilot sees it, or None.
        camera_shape: ``(height, width, channels)`` in pixels of the frames that the
            transformations are made for; None where frames have the pilot's own shape.
        run_ranges: Full brightness over the frames drawn so far, if the layout asks for that.
        layers_chosen: Names of the layers that were chosen, because nobody asked for any and not
            all fit; empty otherwise.
    """

    extractor: FeatureExtractor
    layout: Layout
    transformations: Transformations | None = None
    camera_shape: tuple[int, int, int] | None = None
    run_ranges: RunRanges | None = None
    layers_chosen: tuple[str, ...] = ()

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """``(height, width, channels)`` to which recorded frames are brought for this pilot."""
        if self.camera_shape is not None:
            return self.camera_shape
        height, width, channels = self.extractor.input_shape
        # Donkeycar's sequence pilots make a camera's colours grey in their own way.
        return height, width, 3 if self.extractor.sequence_length > 1 else channels

    def note_on_choice(self, flag: str) -> str | None:
        """Return a line about the layers that were chosen; None where none were.

        Args:
            flag: What chooses others.
        """
        if not self.layers_chosen:
            return None
        return note_on_choice(self.extractor.layers, self.layers_chosen, flag)

    def shape_to_keep(self, camera_shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape in which a frame is to be kept until it is drawn.

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
        """Transform a black frame, if there are transformations, and compute its maps.

        Args:
            camera_shape: The frame's shape.

        Raises:
            FrameError: The pilot does not take what the transformations return.
            ConfigError: The transformations fail.
        """
        if self.transformations is not None:
            self.compute(np.zeros((self.extractor.sequence_length, *camera_shape), np.uint8))

    def compute(self, frames: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], FeatureMaps]:
        """Run the network, and draw nothing.

        Args:
            frames: As for ``draw``.

        Returns:
            The newest frame as the pilot sees it, uint8 ``(height, width, channels)``, and its
            maps.

        Raises:
            FrameError: The pilot does not take what the transformations return.
        """
        seen = self._as_the_pilot_sees(frames)
        return seen[-1], self.extractor(seen if self.extractor.sequence_length > 1 else seen[0])

    def draw(
        self, frames: NDArray[np.uint8], controls: Mapping[str, Controls] | None = None
    ) -> NDArray[np.uint8]:
        """Run the network, and draw the mosaic of the newest frame.

        Args:
            frames: uint8 ``(sequence_length, height, width[, channels])`` as the camera gave them,
                or as the pilot has kept them; the oldest first.
            controls: Steering and throttle by driver, where known.

        Returns:
            uint8 ``(H, W, 3)`` RGB.

        Raises:
            FrameError: The pilot does not take what the transformations return.
        """
        newest, maps = self.compute(frames)
        run = None
        if self.run_ranges is not None:
            self.run_ranges.observe(maps)
            run = self.run_ranges.so_far()
        return self.render(newest, maps, (frames.shape[1], frames.shape[2]), controls, run)

    def render(
        self,
        frame: NDArray[np.uint8],
        maps: FeatureMaps,
        camera_hw: tuple[int, int],
        controls: Mapping[str, Controls] | None = None,
        run: Mapping[str, LayerRun] | None = None,
    ) -> NDArray[np.uint8]:
        """Draw the mosaic of maps that ``compute`` has returned.

        Args:
            frame: The newest frame as the pilot sees it.
            maps: Its maps.
            camera_hw: ``(height, width)`` in pixels of the frame before any transformation.
            controls: Steering and throttle by driver, where known.
            run: Each layer's range over the run, by the layer's name, where known.

        Returns:
            uint8 ``(H, W, 3)`` RGB.
        """
        return render_mosaic(
            frame,
            self.extractor.layers,
            maps,
            self.layout,
            controls=controls,
            run=run,
            camera_hw=None if camera_hw == frame.shape[:2] else camera_hw,
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
