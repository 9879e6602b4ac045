"""See what a Donkeycar pilot sees: the feature maps of its convolutions.

The names below are loaded when they are first used, so that importing this package costs nothing
to a process that does not need them (``donkey``, ``donkey train``, a car without the part).
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "open_extractor": "extractors",
    "FeatureExtractor": "extractors.base",
    "LayerInfo": "extractors.base",
    "Controls": "mosaic.controls",
    "Layout": "mosaic.layout",
    "LayerStyle": "mosaic.layout",
    "RunRanges": "mosaic.run_ranges",
    "load_layout": "mosaic.layout_file",
    "render_mosaic": "mosaic.render",
    "PilotOptions": "pilots.options",
    "read_tub": "tubs.records",
    "recorded_sets": "tubs.recorded_sets",
    "walk": "recorded.walk",
    "Seen": "recorded.walk",
    "Unreadable": "recorded.walk",
    "CnnActivations": "drive.part",
    "add_activations": "drive.attach",
    "register": "drive.attach",
    "ActivationsError": "errors",
    "ModelError": "errors",
    "FrameError": "errors",
    "LayoutError": "errors",
    "ConfigError": "errors",
    "TubError": "errors",
}

__all__ = [
    "ActivationsError",
    "CnnActivations",
    "ConfigError",
    "Controls",
    "FeatureExtractor",
    "FrameError",
    "LayerInfo",
    "LayerStyle",
    "Layout",
    "LayoutError",
    "ModelError",
    "PilotOptions",
    "RunRanges",
    "Seen",
    "TubError",
    "Unreadable",
    "add_activations",
    "load_layout",
    "open_extractor",
    "read_tub",
    "recorded_sets",
    "register",
    "render_mosaic",
    "walk",
]

if TYPE_CHECKING:
    from donkey_activations.drive.attach import add_activations, register
    from donkey_activations.drive.part import CnnActivations
    from donkey_activations.errors import (
        ActivationsError,
        ConfigError,
        FrameError,
        LayoutError,
        ModelError,
        TubError,
    )
    from donkey_activations.extractors import open_extractor
    from donkey_activations.extractors.base import FeatureExtractor, LayerInfo
    from donkey_activations.mosaic.controls import Controls
    from donkey_activations.mosaic.layout import LayerStyle, Layout
    from donkey_activations.mosaic.layout_file import load_layout
    from donkey_activations.mosaic.render import render_mosaic
    from donkey_activations.mosaic.run_ranges import RunRanges
    from donkey_activations.pilots.options import PilotOptions
    from donkey_activations.recorded.walk import Seen, Unreadable, walk
    from donkey_activations.tubs.recorded_sets import recorded_sets
    from donkey_activations.tubs.records import read_tub


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
