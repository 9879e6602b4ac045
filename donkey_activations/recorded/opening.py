"""How recorded tubs are seen: by the user's flags, and where these leave it open, as in the car."""

from dataclasses import replace
from pathlib import Path

from donkey_activations.car.config import read_car
from donkey_activations.mosaic.layout import Layout
from donkey_activations.pilots.options import PilotOptions

_CONFIG = "config.py"


def recorded_options(
    model_path: Path,
    *,
    layers: tuple[str, ...] | None,
    layout: Layout | None,
    config_path: Path | None,
    trust_model: bool,
) -> PilotOptions:
    """Return how to open a pilot for recorded frames.

    Args:
        model_path: The pilot's file.
        layers: Names of the wanted layers; None are the car's.
        layout: The look; None is the car's.
        config_path: The car's ``config.py``; None is the one in this folder, if there is one.
        trust_model: Open a Keras file even if that runs code stored in it.

    Raises:
        ConfigError: The car's configuration cannot be read.
        LayoutError: The car's layout is wrong.
    """
    if config_path is None and Path(_CONFIG).is_file():
        config_path = Path(_CONFIG)
    car = read_car(config_path)
    settings = replace(
        car.settings,
        layers=car.settings.layers if layers is None else layers,
        threads=1,
        trust_model=trust_model,
    )
    return PilotOptions(
        model_path=model_path,
        settings=settings,
        layout=car.settings.read_layout() if layout is None else layout,
        transformations=car.transformations,
        transformation_names=car.transformation_names,
        camera_shape=car.camera_shape,
    )
