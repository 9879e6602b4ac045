"""What a mosaic costs: scaling, layout and drawing, and its JPEG, beside the network itself.

Run it on an idle machine, from the repository:

    python benchmarks/mosaic.py

One thread, Donkeycar's linear pilot with all its 248 maps, the default layout with controls. The
three kinds of work take turns frame by frame, so that what else happens on the machine meets all
of them alike.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import cv2
import numpy as np
from drawn_frames import draw_frame
from stock_pilot import build_stock_pilot

from donkey_activations import Controls, open_extractor, render_mosaic
from donkey_activations.mosaic.jpeg import encode_jpeg

# (height, width) of the frame, and what drawing may take, in milliseconds.
LIMITS_MS = {(120, 160): 4.0, (360, 640): 10.0}
JPEG_LIMIT_MS = 4.0
QUALITY = 85
WARM_UP = 30


@dataclass
class Row:
    """Medians in milliseconds, and the process's growth in kB from the first frame to the last."""

    size: str
    network_ms: float
    drawing_ms: float
    drawing_limit_ms: float
    jpeg_ms: float
    jpeg_limit_ms: float
    drawing_to_network: float
    growth_kb: int


def measure(pilot: Path, size: tuple[int, int], frames: int) -> Row:
    """Times one pilot."""
    extractor = open_extractor(pilot)
    course = [draw_frame(index, *size) for index in range(40)]
    times_s: list[tuple[float, float, float]] = []
    started_kb = 0
    for index in range(WARM_UP + frames):
        frame = course[index % len(course)]
        controls = {"user": Controls(index % 200 / 100 - 1, 0.3)}
        start = time.perf_counter()
        maps = extractor(frame)
        computed = time.perf_counter()
        picture = render_mosaic(frame, extractor.layers, maps, controls=controls)
        drawn = time.perf_counter()
        encode_jpeg(picture, QUALITY)
        times_s.append((computed - start, drawn - computed, time.perf_counter() - drawn))
        if index == WARM_UP:
            started_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started_kb
    network, drawing, jpeg = (
        round(1000 * float(ms), 2) for ms in np.median(times_s[WARM_UP:], axis=0)
    )
    return Row(
        f"{size[1]}x{size[0]}",
        network,
        drawing,
        LIMITS_MS[size],
        jpeg,
        JPEG_LIMIT_MS,
        round(drawing / network, 2),
        grown_kb,
    )


def main() -> None:
    """Prints one row a camera size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=600, help="frames of each size (600)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and no table")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure(build_stock_pilot(Path(folder), *size).tflite, size, args.frames)
            for size in LIMITS_MS
        ]
    if args.json:
        print(json.dumps({"rows": [asdict(row) for row in rows]}))
        return
    print("size      network   drawing (limit)    JPEG (limit)   drawing:network   memory")
    for row in rows:
        print(
            f"{row.size:8s}  {row.network_ms:4.1f} ms   {row.drawing_ms:4.1f} ms  "
            f"({row.drawing_limit_ms:4.1f})  {row.jpeg_ms:4.1f} ms ({row.jpeg_limit_ms:3.1f})   "
            f"{row.drawing_to_network:9.2f}         +{row.growth_kb} kB"
        )


if __name__ == "__main__":
    main()
