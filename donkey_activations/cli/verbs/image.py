"""``donkey activations image``: mosaics of image files."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from donkey_activations.cli.arguments import add_layers, add_pilot
from donkey_activations.cli.output_paths import check_free, image_files, targets_of
from donkey_activations.cli.progress import note_when_slow, progress_line
from donkey_activations.cli.terminal import EXIT_PARTLY_DONE, print_lines, print_note
from donkey_activations.errors import FrameError
from donkey_activations.formatting import one_line
from donkey_activations.resolution import Resolution

if TYPE_CHECKING:
    from donkey_activations.export.npz import MapsFile
    from donkey_activations.export.picture import SeenImage
    from donkey_activations.extractors.base import FeatureExtractor
    from donkey_activations.mosaic.layout import Layout

HELP = "draw the mosaic of one or many images"
EXAMPLE = "donkey activations image --model models/mypilot.tflite --image 'photos/*.jpg'"

_REASONS_SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of this verb."""
    add_pilot(parser)
    parser.add_argument(
        "--image", nargs="+", action="extend", required=True, metavar="I", help="files, or patterns"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="P",
        help="one image: a .png or .jpg; many: a folder (default: <image>-activations.png here)",
    )
    add_layers(
        parser, "names of the wanted layers, or all (default: the convolutions that have room)"
    )
    parser.add_argument(
        "--size", metavar="WxH", help="run the filters at another resolution than the pilot's"
    )
    parser.add_argument("--layout", type=Path, metavar="Y", help="the look, a YAML file")
    parser.add_argument("--npz", type=Path, metavar="P", help="save the maps for numpy.load, too")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument("--json", action="store_true", help="print one JSON object and no lines")
    parser.add_argument("--quiet", action="store_true", help="say only what is wrong")


def run(args: argparse.Namespace) -> int:
    """Draw the mosaics.

    Args:
        args: The flags above.

    Returns:
        0, or 1 if some of the images cannot be read.

    Raises:
        ActivationsError: Bad input, or no image that can be read.
        OSError: A picture cannot be written.
    """
    images = image_files(args.image)
    targets = targets_of(images, args.out)
    written = targets if args.npz is None else [*targets, args.npz]
    check_free(written, [*images, args.model, args.layout], args.force)
    size = None if args.size is None else Resolution.parse(args.size).image_hw
    layout, extractor = _open(args, size)
    for target in written:
        target.parent.mkdir(parents=True, exist_ok=True)
    work = _Work(args, extractor, layout)
    work.say_what_is_unusual()
    with ExitStack() as stack:
        progress = stack.enter_context(progress_line("images", quiet=args.quiet))
        maps_file = _maps_file(stack, args.npz)
        for number, (image, target) in enumerate(zip(images, targets, strict=True), start=1):
            work.do(image, target, maps_file, many=len(images) > 1)
            progress(number, len(images))
        if not work.reports:
            raise FrameError(_unreadable([one["error"] for one in work.unreadable]))
        if maps_file is not None:
            maps_file.describe(work.description())
    if args.json:
        print(json.dumps(work.summary()))
    for one in work.unreadable:
        print(one_line(one["error"]), file=sys.stderr)
    return EXIT_PARTLY_DONE if work.unreadable else 0


def _open(
    args: argparse.Namespace, size: tuple[int, int] | None
) -> tuple["Layout | None", "FeatureExtractor"]:
    from donkey_activations.extractors import open_extractor
    from donkey_activations.mosaic.layout_file import load_layout

    layout = None if args.layout is None else load_layout(args.layout)
    with ExitStack() as stack:
        if not args.quiet:
            message = "opening the pilot; one in a Keras format is converted, once"
            stack.enter_context(note_when_slow(message))
        return layout, open_extractor(args.model, args.layers, size, args.trust_model)


def _maps_file(stack: ExitStack, path: Path | None) -> "MapsFile | None":
    from donkey_activations.export.npz import MapsFile
    from donkey_activations.files import written_whole

    if path is None:
        return None
    return stack.enter_context(MapsFile(stack.enter_context(written_whole(path))))


class _Work:
    """Goes through the images, and keeps what is reported in the end."""

    def __init__(
        self, args: argparse.Namespace, extractor: "FeatureExtractor", layout: "Layout | None"
    ) -> None:
        from donkey_activations.mosaic.layer_choice import with_chosen_layers
        from donkey_activations.mosaic.layout import Layout

        self.reports: list[dict[str, Any]] = []
        self.unreadable: list[dict[str, str]] = []
        self._args = args
        self._extractor = extractor
        self._layout = layout or Layout()
        self._chosen: tuple[str, ...] = ()
        if args.layers is None:
            self._layout, self._chosen = with_chosen_layers(extractor, self._layout)
        self._sizes_noted: set[tuple[int, int]] = set()

    def say_what_is_unusual(self) -> None:
        from donkey_activations.mosaic.layer_choice import note_on_choice

        if self._chosen:
            self._say(note_on_choice(self._extractor.layers, self._chosen, "--layers"))
        if self._extractor.trained_hw is not None:
            self._say(
                f"the filters run at {_shown(self._extractor.input_shape)}, not at the pilot's "
                f"{_shown(self._extractor.trained_hw)}: these are not the maps that it computes"
            )
        if self._extractor.sequence_length > 1:
            length = self._extractor.sequence_length
            self._say(f"the pilot takes {length} frames at once: each image stands for all of them")

        if self._extractor.unfed_inputs:
            names = ", ".join(self._extractor.unfed_inputs)
            self._say(f"nobody feeds the pilot's other inputs, so they are 0: {names}")

    def do(self, image: Path, target: Path, maps_file: "MapsFile | None", *, many: bool) -> None:
        from donkey_activations.export.picture import compute_image, draw, save_picture

        try:
            seen = compute_image(self._extractor, image)
        except FrameError as error:
            self.unreadable.append({"image": str(image), "error": str(error)})
            return
        if seen.resized and seen.image_hw not in self._sizes_noted:
            self._sizes_noted.add(seen.image_hw)
            wanted = _shown(self._extractor.input_shape)
            more = " (and others of its size)" if many else ""
            self._say(f"{image}{more}: resized from {_shown(seen.image_hw)} to {wanted}")
        save_picture(draw(self._extractor, seen, self._layout), target)
        if maps_file is not None:
            for layer, maps in zip(self._extractor.layers, seen.maps, strict=True):
                maps_file.add(f"{image.stem}/{layer.name}" if many else layer.name, maps)
        self.reports.append(
            {"image": str(image), "out": str(target), "resized": seen.resized}
            | {"layers": self._layers(seen) if self._args.json else []}
        )
        if not self._args.json and not self._args.quiet:
            print_lines(str(target))

    def summary(self) -> dict[str, Any]:
        chosen = {"layers_chosen": self._chosen} if self._chosen else {}
        return {
            "model": str(self._args.model),
            "engine": self._extractor.engine,
            "size_changed": self._extractor.size_changed,
            "unfed_inputs": self._extractor.unfed_inputs,
            **chosen,
            "images": self.reports,
            "unreadable": self.unreadable,
        }

    def description(self) -> dict[str, Any]:
        from donkey_activations.extractors.formats import fingerprint

        layers = self._extractor.layers
        return {
            "model": str(self._args.model),
            "sha256": fingerprint(self._args.model),
            "engine": self._extractor.engine,
            "size_changed": self._extractor.size_changed,
            "input": self._extractor.input_as_json(),
            "images": [report["image"] for report in self.reports],
            "layers": [layer.as_json() for layer in layers],
        }

    def _layers(self, seen: "SeenImage") -> list[dict[str, Any]]:
        from donkey_activations.mosaic.scaling import measure

        threshold = self._layout.dead_threshold
        reports = []
        for layer, maps in zip(self._extractor.layers, seen.maps, strict=True):
            measured = measure(maps)
            live = int((measured.magnitudes() > threshold).sum())
            report = {key: getattr(layer, key) for key in ("name", "height", "width", "filters")}
            broken = 0 if measured.not_finite is None else int(measured.not_finite.sum())
            figures = {"live": live, "not_finite": broken, "max": float(measured.high.max())}
            reports.append(report | figures)
        return reports

    def _say(self, message: str) -> None:
        print_note(message, quiet=self._args.quiet)


def _unreadable(errors: Sequence[str]) -> str:
    """Return what to say where no image can be read: the first few reasons, and how many more."""
    more = len(errors) - _REASONS_SHOWN
    shown = "; ".join(errors[:_REASONS_SHOWN])
    return f"{shown}; and {more} more images that cannot be read" if more > 0 else shown


def _shown(shape_hwc: Sequence[int]) -> str:
    return f"{shape_hwc[1]}x{shape_hwc[0]}"
