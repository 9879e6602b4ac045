"""``donkey activations layers``: what a pilot's layers are, and what their cells see."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from donkey_activations.cli.arguments import add_layers, add_pilot
from donkey_activations.cli.tables import aligned
from donkey_activations.cli.terminal import print_lines
from donkey_activations.formatting import UNKNOWN, percent
from donkey_activations.resolution import Resolution

if TYPE_CHECKING:
    from donkey_activations.extractors.base import FeatureExtractor, LayerInfo

HELP = "list a pilot's layers: their maps, and how much of the image one cell sees"
EXAMPLE = "donkey activations layers --model models/mypilot.tflite"

_HEADS = ("layer", "kind", "maps", "one cell sees", "of the view", "stride")
_COLOURS = {1: "grey", 3: "RGB"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    add_pilot(parser)
    add_layers(parser, "names of the wanted layers (default: every convolution)")
    parser.add_argument(
        "--size", metavar="WxH", help="the filters at another resolution than the pilot's"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and no table")


def run(args: argparse.Namespace) -> int:
    """Print the layers.

    Args:
        args: The flags above.

    Returns:
        0.

    Raises:
        ModelError: The file cannot be read, has no convolution, no layer of a wanted name, or is
            unsafe to load.
    """
    from donkey_activations.extractors import open_extractor

    size = None if args.size is None else Resolution.parse(args.size).image_hw
    extractor = open_extractor(args.model, args.layers, size, args.trust_model)
    if args.json:
        print(json.dumps(_report(args.model, extractor)))
    else:
        print_lines(*_table(args.model, extractor))
    return 0


def _report(model: Path, extractor: "FeatureExtractor") -> dict[str, Any]:
    return {
        "model": str(model),
        "engine": extractor.engine,
        "size_changed": extractor.size_changed,
        "unfed_inputs": extractor.unfed_inputs,
        "input": extractor.input_as_json(),
        "layers": [layer.as_json() for layer in extractor.layers],
    }


def _table(model: Path, extractor: "FeatureExtractor") -> list[str]:
    height, width, channels = extractor.input_shape
    rows = [_row(layer, height * width) for layer in extractor.layers]
    frames = (
        "one frame" if extractor.sequence_length == 1 else f"{extractor.sequence_length} frames"
    )
    colour = _COLOURS.get(channels, f"{channels} channels")
    legend = "maps: width x height x filters; stride: pixels from one cell's view to the next"
    unfed = ", ".join(extractor.unfed_inputs)
    unknown = any(UNKNOWN in row[3:] for row in rows)
    return [
        str(model),
        f"engine: {extractor.engine}; input: {frames} of {width}x{height} {colour}",
        *([f"inputs that nobody feeds, so they are 0: {unfed}"] if unfed else []),
        "",
        *aligned([_HEADS, *rows], words=2),
        "",
        legend,
        *([f"{UNKNOWN}: cannot be told from this pilot's graph"] if unknown else []),
    ]


def _row(layer: "LayerInfo", view: int) -> tuple[str, ...]:
    size = share = UNKNOWN
    if layer.receptive_field is not None:
        height, width = layer.receptive_field
        size, share = f"{width}x{height} px", percent(height * width / view)
    maps = f"{layer.width}x{layer.height}x{layer.filters}"
    return layer.name, layer.kind, maps, size, share, _stride(layer)


def _stride(layer: "LayerInfo") -> str:
    if layer.stride is None:
        return UNKNOWN
    height, width = layer.stride
    return f"{width:g}" if height == width else f"{width:g}x{height:g}"
