"""Opens what a drive draws with: the pilot, the set of its mosaics, the worker."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from donkey_activations.car.settings import DriveConfig
from donkey_activations.car.transformations import Transformations
from donkey_activations.drive.pilot_watch import PilotWatch
from donkey_activations.drive.recorder import tub_folder
from donkey_activations.drive.recording_pilot import DriveOptions
from donkey_activations.drive.source import FrameSource
from donkey_activations.drive.worker import MosaicWorker
from donkey_activations.mosaic.layout import Layout
from donkey_activations.pilots.options import PilotOptions
from donkey_activations.tubs.mosaics import remove_stale_files

logger = logging.getLogger(__name__)


def drive_options(
    model_path: str | Path,
    tub: Any,
    settings: DriveConfig,
    *,
    layout: Layout | None,
    transformations: Transformations | None,
    transformation_names: Sequence[str],
    source: FrameSource | None,
) -> DriveOptions:
    """Return how the pilot is opened, of what ``CnnActivations`` takes under the same names.

    Raises:
        LayoutError: The layout's file cannot be used.
    """
    if settings.layers is not None:
        settings = replace(settings, layers=tuple(settings.layers))
    return DriveOptions(
        PilotOptions(
            model_path=Path(model_path).expanduser(),
            settings=settings,
            layout=layout or settings.read_layout(),
            transformations=transformations,
            transformation_names=tuple(transformation_names),
        ),
        None if tub is None else tub_folder(tub),
        source or FrameSource(),
    )


def open_worker(options: DriveOptions, tub: Any) -> MosaicWorker:
    """Open the pilot and the set of its mosaics, and remove what a crash has left in the tub.

    Args:
        options: How the pilot is opened.
        tub: Donkeycar's opened ``Tub``, or None.

    Raises:
        ModelError: The pilot cannot be opened.
        LayoutError: The layout does not fit the pilot.
        TubError: Mosaics cannot be written into the tub.
        ActivationsError: OpenCV is missing.
    """
    watch = PilotWatch(options)
    pilot = options.open()
    pilot.log_choice(logger)
    worker = MosaicWorker(pilot, watch)
    tub_path = options.tub_path
    if tub_path and (removed := remove_stale_files(tub_path, tub.manifest.current_index)):
        logger.info("mosaics: removed %d files that a crash has left", removed)
    return worker
