"""The picture of all 248 maps of a frame, as a file: the maps are there."""

from bench import Bench, outcome, say
from results import LIMIT, OURS, Result
from workspace import SIZES, Size, describe

_PEERS = {
    "donkeycar_figures": ("Donkeycar", "five figures of matplotlib, saved as PNG"),
    "with_keract": ("keract", "display_activations, five figures, saved as PNG"),
    "with_tf_explain": ("tf-explain", "five grey grids without a word, saved as PNG"),
}


_DRAWING_MS = {SIZES[0]: 4, SIZES[1]: 10}
_JPEG_MS = 4


def measure(bench: Bench) -> list[Result]:
    """Measure each size of frame."""
    return [result for size in SIZES for result in _measure(bench, size)]


def _measure(bench: Bench, size: Size) -> list[Result]:
    row = f"picture of all maps of a frame, {describe(size)}"
    say(row)
    work = bench.workspace
    case = {"model": work.pilot(size).tflite, "frames": work.frames(size)}
    ours = bench.ours("mosaic and its JPEG", "picture", work="both", **case)
    drawing = bench.ours("drawing alone", "picture", work="draw", **case)
    jpeg = bench.ours("the JPEG alone", "picture", work="jpeg", **case)
    name = "as many pixels coloured in one call, and the JPEG"
    bound = bench.ours(name, "picture", work="bound", **case)
    peers = {
        peer: bench.peer(way, peer, "picture", maps=work.maps(size), folder=work.fresh(peer))
        for peer, (_, way) in _PEERS.items()
    }
    bench.take_turns([ours, drawing, jpeg, bound, *peers.values()])
    return [
        outcome(row, OURS, ours),
        outcome(row, OURS, drawing, details=True, remark=_wanted(_DRAWING_MS[size])),
        outcome(row, OURS, jpeg, details=True, remark=_wanted(_JPEG_MS)),
        outcome(row, LIMIT, bound),
        *(outcome(row, _PEERS[name][0], peer) for name, peer in peers.items()),
    ]


def _wanted(milliseconds: int) -> str:
    return f"wanted: {milliseconds} ms at most, on an idle machine"
