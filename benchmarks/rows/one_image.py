"""One image, as a whole process: ``donkey cnnactivations``, beside the peers' ways.

Ours include what ``donkey`` itself imports; the peers' begin at plain Python. The bound from below
is ``donkey`` without a command, which loads Donkeycar and ends.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

from bench import Bench, say
from processes import ProcessError, Run, Way, run, take_turns
from results import LIMIT, OURS, Result
from turns import Words
from workspace import SIZES

_ROW = "whole process for one image, 160x120"
_DONKEY = Path(sys.executable).with_name("donkey")
_PEERS = {
    "donkeycar_figures": ("Donkeycar", "the algorithm of cnnactivations, made to run, .h5"),
    "with_keract": ("keract", "a script with get_activations and display_activations, .h5"),
    "with_tf_explain": ("tf-explain", "a script with ExtractActivations, .h5"),
}


def measure(bench: Bench) -> list[Result]:
    """Measure all ways in turns."""
    say(_ROW)
    pilot = bench.workspace.pilot(SIZES[0])
    kept = bench.workspace.fresh("cache")
    tflite = Way(partial(_ours, bench, pilot.tflite, kept))
    converted = Way(partial(_ours, bench, pilot.keras, kept))
    cold = Way(partial(_cold, bench, pilot.keras))
    bare = Way(partial(run, [_DONKEY], {}, kept))
    peers = {name: Way(partial(_peer, bench, name, pilot.keras)) for name in _PEERS}
    broken = Way(partial(_stock, bench, pilot.keras))
    take_turns([tflite, converted, cold, bare, *peers.values(), broken], bench.amount.runs)
    return [
        tflite.result(_ROW, OURS, "donkey cnnactivations, .tflite", remark=_wanted(20)),
        converted.result(
            _ROW, OURS, "the same, .h5 converted before", details=True, remark=_wanted(10)
        ),
        cold.result(_ROW, OURS, "the same, .h5 for the first time", details=True),
        bare.result(_ROW, LIMIT, "donkey without a command"),
        *(way.result(_ROW, *_PEERS[name]) for name, way in peers.items()),
        broken.result(_ROW, "Donkeycar", "its own donkey cnnactivations"),
    ]


def _ours(bench: Bench, model: Path, cache: Path) -> Run:
    out = cache / "ours.png"
    out.unlink(missing_ok=True)
    words: Words = ["--model", model, "--image", bench.workspace.image, "--out", out]
    done = run([_DONKEY, "cnnactivations", *words], {"XDG_CACHE_HOME": str(cache)}, cache)
    if not out.exists():
        raise ProcessError("donkey cnnactivations is not ours here; install this package again")
    return done


def _cold(bench: Bench, model: Path) -> Run:
    with tempfile.TemporaryDirectory() as cache:
        return _ours(bench, model, Path(cache))


def _peer(bench: Bench, peer: str, model: Path) -> Run:
    words: Words = [peer, model, bench.workspace.fresh(peer), bench.workspace.image]
    return run([bench.peers, "-P", "-m", "peers.images", *words], bench.environment())


def _stock(bench: Bench, model: Path) -> Run:
    words: Words = ["--model", model, "--image", bench.workspace.image]
    donkey = bench.peers.with_name("donkey")
    return run([donkey, "cnnactivations", *words], {}, bench.workspace.car)


def _wanted(times: int) -> str:
    return f"wanted: {times} times as fast as Donkeycar's way"
