"""How a pilot's file is opened and its mosaics are drawn: in a car, of a tub, in a film."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from donkey_activations.car.settings import DriveConfig
from donkey_activations.car.transformations import Transformations
from donkey_activations.extractors import open_extractor
from donkey_activations.mosaic.layer_choice import with_chosen_layers
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.run_ranges import RunRanges
from donkey_activations.pilots.pilot import OpenPilot


@dataclass(frozen=True)
class PilotOptions:
    """All that a pilot's maps and mosaics depend on, the first time and whenever it is opened.

    It can be pickled where ``transformations`` can.

    Attributes:
        model_path: The pilot's file.
        settings: What the driver has set; of these count ``layers``, ``threads``, ``trust_model``
            and ``jpeg_quality``.
        layout: The look.
        transformations: What is done to a camera's frame before the pilot sees it, or None.
        transformation_names: Names of all that is done to it, here or by the car.
        camera_shape: ``(height, width, channels)`` in pixels of the frames that the
            transformations are made for, or None.
    """

    model_path: Path
    settings: DriveConfig = field(default_factory=DriveConfig)
    layout: Layout = field(default_factory=Layout)
    transformations: Transformations | None = None
    transformation_names: tuple[str, ...] = ()
    camera_shape: tuple[int, int, int] | None = None

    def open(self, *, convert: bool = True) -> OpenPilot:
        """Open what the file holds now, and draw one black frame.

        The first run is slow, and what cannot work fails here.

        Args:
            convert: Convert a Keras pilot in this process, if it was not converted before.

        Raises:
            ModelError: The pilot cannot be opened.
            LayoutError: The layout does not fit the pilot.
            ActivationsError: OpenCV is missing.
        """
        extractor = open_extractor(
            self.model_path,
            self.settings.layers,
            trust_model=self.settings.trust_model,
            threads=self.settings.threads,
            convert=convert,
        )
        layout = self.layout
        chosen: tuple[str, ...] = ()
        if self.settings.layers is None:
            layout, chosen = with_chosen_layers(extractor, layout)
        OpenPilot(extractor, layout).draw(
            np.zeros((extractor.sequence_length, *extractor.input_shape), np.uint8)
        )
        return OpenPilot(
            extractor,
            layout,
            self.transformations,
            self.camera_shape,
            RunRanges(extractor.layers) if layout.scales_over_runs() else None,
            layers_chosen=chosen,
        )
