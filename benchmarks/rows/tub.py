"""A mosaic of every record of a tub, as a whole process: ``donkey activations tub``.

The peers draw tubs by no command; a loop over images stands for that. It is measured on few images,
and the time for the tub is the time until the pilot is open and as many times the median image. The
bound from below is our own loop over the same images in a process that is warm.
"""

import json
import sys
from functools import partial
from pathlib import Path

from bench import Bench, say
from processes import Run, Way, run, take_turns
from results import LIMIT, OURS, Result
from turns import Words
from workspace import SIZES

_DONKEY = Path(sys.executable).with_name("donkey")
_PEERS = {
    "donkeycar_figures": ("Donkeycar", "the algorithm of cnnactivations in a loop"),
    "with_keract": ("keract", "get_activations and display_activations in a loop"),
    "with_tf_explain": ("tf-explain", "ExtractActivations in a loop"),
}


def measure(bench: Bench) -> list[Result]:
    """Measure all ways in turns."""
    count, few = bench.amount.records, bench.amount.peer_images
    row = f"a mosaic of each record of a tub, {count} records, 160x120"
    say(row)
    ours = {workers: Way(partial(_ours, bench, workers)) for workers in (1, 2)}
    peers = {name: Way(partial(_peer, bench, name)) for name in _PEERS}
    bound = bench.ours(
        "read, compute, draw, encode, write in a warm loop",
        "record",
        model=bench.workspace.pilot(SIZES[0]).tflite,
        images=[str(path) for path in _images(bench)],
        folder=bench.workspace.fresh("loop"),
    )
    with bound:
        for _ in range(bench.amount.runs):
            bound.turn(bench.amount.turn_s * 6)
            take_turns([*ours.values(), *peers.values()], 1, warm_up=False)
    return [
        *(
            way.result(
                row, OURS, f"donkey activations tub --workers {workers}", details=workers > 1
            )
            for workers, way in ours.items()
        ),
        Result(
            row,
            LIMIT,
            bound.name,
            tuple(seconds * count for seconds in bound.medians_s()),
            bound.peak_mb,
            error=bound.error,
        ),
        *(_extrapolated(way, row, name, count, few) for name, way in peers.items()),
    ]


def _ours(bench: Bench, workers: int) -> Run:
    work = bench.workspace
    words: Words = [
        "--model",
        work.pilot(SIZES[0]).tflite,
        "--tub",
        work.tub,
        "--out",
        work.fresh("out"),
    ]
    command: Words = [_DONKEY, "activations", "tub", *words, "--workers", str(workers), "--quiet"]
    return run(command, {}, work.folder)


def _images(bench: Bench) -> list[Path]:
    images = (bench.workspace.tub / "images").glob("*.jpg")
    return sorted(images, key=lambda path: int(path.name.partition("_")[0]))


def _peer(bench: Bench, peer: str) -> Run:
    work = bench.workspace
    words: Words = [peer, work.pilot(SIZES[0]).keras, work.fresh(peer)]
    images = _images(bench)[: bench.amount.peer_images]
    return run([bench.peers, "-P", "-m", "peers.images", *words, *images], bench.environment())


def _extrapolated(way: Way, row: str, peer: str, count: int, few: int) -> Result:
    party, name = _PEERS[peer]
    walls_s = []
    for done in way.runs:
        told = json.loads(done.output)
        images_s = sorted(told["images_s"])
        walls_s.append(told["opened_s"] + count * images_s[len(images_s) // 2])
    peak = max((done.peak_mb for done in way.runs), default=0.0)
    remark = f"extrapolated from {few} images in each of {len(walls_s)} runs"
    return Result(row, party, name, tuple(walls_s), peak, error=way.error, remark=remark)
