"""Feature maps of a frame, warm: from a uint8 frame to the maps of all five convolutions."""

import os
from math import isclose
from statistics import median

from bench import Bench, outcome, say
from results import LIMIT, OURS, Result
from turns import Contestant
from workspace import SIZES, Size, describe

# Both of them in float32, and summed up in another order.
_TOLERANCE = 1e-3
_PEERS = {
    "with_keras": ("Keras", "a model with five outputs, called"),
    "with_compiled_keras": ("Keras", "the same as a tf.function"),
    "with_tf_keras_vis": ("tf-keras-vis", "ExtractIntermediateLayer, a model a layer, called"),
    "with_keract": ("keract", "get_activations"),
    "with_tf_explain": ("tf-explain", "ExtractActivations.explain, once a layer"),
    "donkeycar_figures": ("Donkeycar", "the algorithm of cnnactivations, predict once a layer"),
}


def measure(bench: Bench) -> list[Result]:
    """Measure each size of frame."""
    return [result for size in SIZES for result in _measure(bench, size)]


def _measure(bench: Bench, size: Size) -> list[Result]:
    row = f"feature maps of a frame, {describe(size)}"
    say(row)
    work = bench.workspace
    pilot, frames = work.pilot(size), work.frames(size)
    litert = {"model": pilot.tflite, "frames": frames}
    ours = bench.ours("open_extractor, 1 thread", "maps", threads=1, **litert)
    cores = os.cpu_count() or 1
    threads = bench.ours(f"open_extractor, {cores} threads", "maps", threads=cores, **litert)
    limits = [
        bench.ours(f"LiteRT's invoke alone, {name}", "bare_network", threads=1, cut=cut, **litert)
        for name, cut in (("cut, last map only", True), ("the uncut pilot", False))
    ]
    peers = {
        peer: bench.peer(way, peer, "maps", keras=pilot.keras, frames=frames)
        for peer, (_, way) in _PEERS.items()
    }
    bench.take_turns([ours, threads, *limits, *peers.values()])
    for peer in peers.values():
        _check_same(ours, peer)
    took_ms = median(threads.medians_s()) * 1000
    remark = f"TensorFlow takes all {cores} cores; in as many threads ours took {took_ms:.2f} ms."
    return [
        outcome(row, OURS, ours),
        outcome(row, OURS, threads, details=True),
        *(outcome(row, LIMIT, limit) for limit in limits),
        *(outcome(row, _PEERS[name][0], peer, remark=remark) for name, peer in peers.items()),
    ]


def _check_same(ours: Contestant, peer: Contestant) -> None:
    """Refuse a peer that computes something else, as it would be no peer.

    Raises:
        RuntimeError: The mean of a layer's maps differs.
    """
    for name, mean in (peer.told or {}).items():
        if not isclose(mean, ours.told[name], rel_tol=_TOLERANCE):
            raise RuntimeError(f"{peer.name}: {name} has the mean {mean}, ours {ours.told[name]}")
