"""``donkey cnnactivations``: Donkeycar's own command, working.

Donkeycar's ends in a traceback: 5.3's imports a part of TensorFlow that TensorFlow 2.15 cannot
load, 5.4's makes a model without an input, which Keras 3 refuses. This one takes the same words and
prints the same lines, for any pilot, and saves one picture instead of a window a layer.
``donkey cnnactivations --stock`` is still Donkeycar's.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from donkey_activations.cli.arguments import file_path
from donkey_activations.cli.main import OneLineParser, answer
from donkey_activations.cli.output_paths import check_free, default_name, targets_of
from donkey_activations.cli.progress import note_when_slow
from donkey_activations.cli.terminal import print_lines
from donkey_activations.errors import ActivationsError
from donkey_activations.formatting import one_line

PROGRAM = "donkey cnnactivations"

# In a process of its own: without a GUI OpenCV raises, and where the display does not answer, Qt
# ends the process. Neither is worth a word, the picture is saved.
_VIEWER = """
import sys, cv2, numpy
picture = cv2.imdecode(numpy.fromfile(sys.argv[1], numpy.uint8), cv2.IMREAD_COLOR)
title = sys.argv[1]
cv2.imshow(title, picture)
while cv2.waitKey(100) < 0 and cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1:
    pass
"""


class CnnActivationsCommand:
    """Donkeycar's own protocol for a command of ``donkey``."""

    def run(self, args: list[str]) -> None:
        """Run ``donkey cnnactivations`` with the words behind it, and end the program."""
        sys.exit(main(args))


def main(argv: list[str]) -> int:
    """Draw an image's mosaic.

    Args:
        argv: The words behind ``donkey cnnactivations``.

    Returns:
        The exit code: 0 done, 2 bad input, 130 interrupted.
    """
    args = build_parser().parse_args(argv)
    return answer(PROGRAM, lambda: _run(args))


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of the command."""
    parser = OneLineParser(
        prog=PROGRAM,
        description="Draw what the convolutions of a pilot make of one image.",
        epilog="with --stock among the words, Donkeycar's own command runs instead",
    )
    parser.add_argument("--image", type=Path, required=True, help="path to image")
    parser.add_argument("--model", type=Path, required=True, help="path to model")
    parser.add_argument(
        "--config", type=file_path, help="accepted and not needed: the pilot tells its image's size"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="the picture, .png or .jpg (default: <image>-activations.png here, and a window)",
    )
    parser.add_argument(
        "--trust-model",
        action="store_true",
        help="open a Keras pilot even if that runs code stored in it",
    )
    return parser


def _run(args: argparse.Namespace) -> int:
    if args.config is not None and not args.config.is_file():
        raise ActivationsError(
            f"{args.config}: expected the car's config.py, found no such file; leave --config out"
        )
    target = _target(args.image, args.out)

    from donkey_activations.extractors import announcements

    announcements.withhold()
    from donkey_activations.export.picture import compute_image, draw, save_picture
    from donkey_activations.extractors import open_extractor
    from donkey_activations.mosaic.layer_choice import note_on_choice, with_chosen_layers
    from donkey_activations.mosaic.layout import Layout

    with note_when_slow("opening the pilot; one in a Keras format is converted, once"):
        extractor = open_extractor(args.model, trust_model=args.trust_model)
    seen = compute_image(extractor, args.image)
    if seen.resized:
        (height, width), (wanted_height, wanted_width) = seen.image_hw, extractor.input_shape[:2]
        _say(f"{args.image}: resized from {width}x{height} to {wanted_width}x{wanted_height}")
    if extractor.sequence_length > 1:
        length = extractor.sequence_length
        _say(f"the pilot takes {length} frames at once: the image stands for all of them")
    layout, chosen = with_chosen_layers(extractor, Layout())
    if chosen:
        flag = "donkey activations image --layers"
        _say(note_on_choice(extractor.layers, chosen, flag))
    save_picture(draw(extractor, seen, layout), target)
    for number, maps in enumerate(seen.maps, start=1):
        print(f"layer {number} shape: {maps.shape}")
    print_lines(f"saved as {target}")
    if args.out is None and has_display(os.environ, sys.platform):
        show(target)
    return 0


def _target(image: Path, out: Path | None) -> Path:
    if out is None:
        plain = Path(default_name(image))
        numbered = (plain.with_stem(f"{plain.stem}-{number}") for number in count(2))
        return plain if not plain.exists() else next(n for n in numbered if not n.exists())
    (target,) = targets_of([image], out)
    check_free([target], [image], replace=True)
    if target.exists():
        raise ActivationsError(f"{target}: expected no such file, it is there; name another")
    return target


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether there may be a screen to open a window on.

    Args:
        environment: The environment's variables.
        platform: As ``sys.platform``.
    """
    if platform in ("win32", "darwin"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def show(path: Path) -> None:
    """Show a picture in a window until that is closed, or a key pressed; or do nothing.

    Args:
        path: The picture's file.
    """
    command = [sys.executable, "-c", _VIEWER, str(path)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _say(message: str) -> None:
    print(one_line(message), file=sys.stderr)
