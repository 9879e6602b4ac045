"""What one image costs: ``donkey cnnactivations`` as a whole process, beside Donkeycar's own way.

Run it on an idle machine, from the repository, in an environment with Donkeycar and TensorFlow:

    python benchmarks/one_image.py

Donkeycar's own command does not run with TensorFlow 2.15. What is measured in its place is the same
algorithm with the public ``tf.keras``: load the model, a model a layer, a figure a layer with one
``imshow`` a filter; the figures are saved instead of shown. It starts from plain Python, without
what ``donkey`` itself imports, which is in our times. The ways take turns, so that what else
happens on the machine meets all of them alike.
"""

import argparse
import contextlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from PIL import Image

with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar greets on import
    from drawn_frames import draw_frame
from stock_pilot import build_stock_pilot

# How many times as fast as Donkeycar's way each of ours is wanted to be.
WANTED = {"ours, .tflite": 20.0, "ours, .h5 kept": 10.0}
STOCK = "stock's way, .h5"

STOCK_WAY = """
import math, sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from donkeycar.utils import load_image
from tensorflow.keras.models import Model, load_model

image_path, model_path, folder = sys.argv[1:]
model = load_model(model_path, compile=False)
class cfg:
    IMAGE_H, IMAGE_W, IMAGE_DEPTH = model.get_layer("img_in").input.shape[1:]
image = load_image(image_path, cfg)[None, ...]
activations = []
for layer in model.layers:
    if layer.__class__.__name__ == "Conv2D":
        part = Model([model.get_layer("img_in").input], [model.get_layer(layer.name).output])
        activations.append(part.predict(image)[0])
for number, layer in enumerate(activations):
    figure = plt.figure()
    figure.suptitle(f"Layer {number + 1}")
    print(f"layer {number + 1} shape: {layer.shape}")
    rows = math.ceil(layer.shape[2] / 6)
    for j in range(layer.shape[2]):
        plt.subplot(rows, 6, j + 1)
        plt.imshow(layer[:, :, j])
    figure.savefig(f"{folder}/layer{number + 1}.png")
"""

# As the script that pip makes of Donkeycar's entry point.
DONKEY = """
import sys
sys.argv[0] = "donkey"
from donkey_activations.donkey_hook import install
install()
from donkeycar.management.base import execute_from_command_line
execute_from_command_line()
"""


@dataclass
class Row:
    """Medians of one way; times in seconds, the peak of the process's memory in MB."""

    way: str
    wall_s: float
    peak_mb: float
    times_as_fast: float
    wanted: float | None


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Runs a process; returns its seconds and its largest memory in MB.

    Raises:
        RuntimeError: It failed.
    """
    inherited = dict(os.environ)
    # An installed package is compiled once, and not in every process.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env=inherited | environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[:4]} failed:\n{output.read().decode(errors='replace')}")
    return wall_s, peak_mb(usage)


def peak_mb(usage: resource.struct_rusage) -> float:
    """Linux counts in kB, macOS in bytes."""
    return usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def ways(
    keras: Path, tflite: Path, image: Path, folder: Path
) -> dict[str, Callable[[], tuple[float, float]]]:
    """Returns what is measured, by its name."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    kept = quiet | {"XDG_CACHE_HOME": str(folder / "kept")}

    def ours(model: Path, environment: dict[str, str]) -> tuple[float, float]:
        out = folder / "ours.png"
        out.unlink(missing_ok=True)
        words = ["--model", str(model), "--image", str(image), "--out", str(out)]
        # Without the current folder on the path, as with the script.
        command = [sys.executable, "-P", "-c", DONKEY, "cnnactivations", *words]
        figures = run(command, environment)
        if not out.exists():
            raise RuntimeError("donkey cnnactivations is not ours here; install this package again")
        return figures

    def cold() -> tuple[float, float]:
        with tempfile.TemporaryDirectory() as cache:
            return ours(keras, quiet | {"XDG_CACHE_HOME": cache})

    def stock() -> tuple[float, float]:
        words = [str(image), str(keras), str(folder)]
        return run([sys.executable, "-c", STOCK_WAY, *words], quiet)

    return {
        STOCK: stock,
        "ours, .tflite": lambda: ours(tflite, kept),
        "ours, .h5 kept": lambda: ours(keras, kept),
        "ours, .h5 first": cold,
    }


def measure(keras: Path, tflite: Path, image: Path, runs: int) -> list[Row]:
    """Times all ways, in turns, after one run of each that is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = ways(keras, tflite, image, Path(folder))
        for way in chosen.values():
            way()
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in chosen}
        for number in range(runs):
            for name, way in chosen.items():
                taken[name].append(way())
            print(f"{number + 1} of {runs} rounds", file=sys.stderr)
    stock_s = statistics.median(seconds for seconds, _ in taken[STOCK])
    rows = []
    for name, figures in taken.items():
        wall_s, peak = (statistics.median(column) for column in zip(*figures, strict=True))
        ratio = round(stock_s / wall_s, 1)
        rows.append(Row(name, round(wall_s, 2), round(peak), ratio, WANTED.get(name)))
    return rows


def main() -> None:
    """Prints one row a way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help=".h5 with its .tflite beside it (a stock pilot)")
    parser.add_argument("--image", type=Path, help="an image (one that is drawn)")
    parser.add_argument("--runs", type=int, default=5, help="rounds that are counted (5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and no table")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keras = args.model or build_stock_pilot(Path(folder)).keras
        image = args.image or Path(folder) / "frame.jpg"
        if args.image is None:
            Image.fromarray(draw_frame(1)).save(image, quality=95)
        rows = measure(keras, keras.with_suffix(".tflite"), image, args.runs)
    if args.json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}))
        return
    print(f"{'whole process':18s}  wall clock  peak memory  times as fast (wanted)")
    for row in rows:
        wanted = f" ({row.wanted:.0f})" if row.wanted else ""
        print(
            f"{row.way:18s}  {row.wall_s:8.2f} s  {row.peak_mb:8.0f} MB  "
            f"{row.times_as_fast:8.1f}{wanted}"
        )


if __name__ == "__main__":
    main()
