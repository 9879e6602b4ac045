"""A film of a tub, as a whole process: ``donkey activations movie``, beside ``donkey makemovie``.

Donkeycar's films show the camera, and with ``--salient`` where a gradient is large; none of them
shows a feature map. Ours are 1280x720 with all 248 maps, theirs 320x240. The bound from below is
the encoding of mosaics that are drawn already.
"""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import Bench, say
from processes import Run, Way, run, take_turns
from results import LIMIT, OURS, Result
from turns import Words
from workspace import SIZES

_DONKEY = Path(sys.executable).with_name("donkey")


def measure(bench: Bench) -> list[Result]:
    """Measure all ways in turns."""
    work, count = bench.workspace, bench.amount.records
    row = f"a film of a tub, {count} records, 160x120"
    say(row)
    pilot = work.pilot(SIZES[0])
    salient: Words = ["--model", pilot.keras, "--type", "linear", "--salient"]
    ours = Way(partial(_ours, bench))
    theirs = {
        "makemovie --salient, 320x240, no maps": Way(partial(_stock, bench, *salient)),
        "makemovie, 320x240, no network at all": Way(partial(_stock, bench)),
    }
    frames = work.frames(SIZES[0])
    bound = bench.ours(
        "H.264 of mosaics that are drawn",
        "film",
        model=pilot.tflite,
        frames=frames,
        folder=work.fresh("encoding"),
    )
    with bound:
        for _ in range(bench.amount.runs):
            bound.turn(bench.amount.turn_s * 10)
            take_turns([ours, *theirs.values()], 1, warm_up=False)
    # x264 works in threads: what one picture takes is the time of all by their number.
    encoding_s = tuple(count * sum(times_s) / len(times_s) for times_s in bound.times_s)
    return [
        _told(ours.result(row, OURS, "donkey activations movie, 1280x720"), count),
        _told(Result(row, LIMIT, bound.name, encoding_s, bound.peak_mb, bound.error), count),
        *(
            _told(way.result(row, "Donkeycar", name, details="--salient" not in name), count)
            for name, way in theirs.items()
        ),
    ]


def _told(result: Result, records: int) -> Result:
    if not result.per_round:
        return result
    return replace(result, remark=f"{records / result.seconds:.0f} records/s")


def _ours(bench: Bench) -> Run:
    work = bench.workspace
    out = work.fresh("film") / "film.mp4"
    words: Words = [
        "--model",
        work.pilot(SIZES[0]).tflite,
        "--tub",
        work.tub,
        "--out",
        out,
        "--fps",
        "20",
    ]
    return run([_DONKEY, "activations", "movie", *words, "--quiet"], {}, work.folder)


def _stock(bench: Bench, *more: str | Path) -> Run:
    work = bench.workspace
    words: Words = ["--tub", work.tub, "--out", work.fresh("film") / "film.mp4", *more]
    return run([bench.peers.with_name("donkey"), "makemovie", *words], {}, work.car)
