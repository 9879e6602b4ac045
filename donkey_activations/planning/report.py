"""A plan in words and tables, for a terminal of 80 columns."""

import platform
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.planning.drive_loop import LoopTimes
from donkey_activations.planning.latency import Latency
from donkey_activations.planning.plan import Plan, SizePlan
from donkey_activations.planning.recording import free_bytes
from donkey_activations.planning.remarks import remarks
from donkey_activations.resolution import Resolution
from donkey_activations.tables import UNKNOWN, aligned, percent, short_number
from donkey_activations.workloads.workload import Workload

_HEADS = ("layer", "maps", "a cell sees", "of view", "stride", "MACs", "weights", "maps take")
_COLUMNS = 80
# What fits beside each other in so many columns.
_SIZES_BESIDE = 4
_UNTOLD = "-"

Row = tuple[str, ...]


def lines(plan: Plan) -> list[str]:
    """Returns the whole page."""
    threads = "1 thread" if plan.wish.threads == 1 else f"{plan.wish.threads} threads"
    engine = plan.sizes[0].extractor.engine
    machine = f"{platform.machine()}, {plan.cores} cores"
    text = [
        str(plan.model_path),
        f"trained at {plan.trained}; measured here: {machine}, {engine}, {threads}",
    ]
    for size in plan.sizes:
        title = f"{size.resolution}{', as trained' if size.resolution == plan.trained else ''}"
        text += ["", title, *aligned(list(_layer_rows(size)))]
    for first in range(0, len(plan.sizes), _SIZES_BESIDE):
        beside = plan.sizes[first : first + _SIZES_BESIDE]
        text += ["", *aligned(list(cost_rows(plan, beside)))]
    text += ["", *_legend(plan)]
    notes = [f"{resolution}: {reason}" for resolution, reason in plan.refused] + remarks(plan)
    text += ["", *(line for note in notes for line in wrap(note, _COLUMNS))] if notes else []
    return [*text, "", *_advice(plan)]


def myconfig_line(resolution: Resolution) -> str:
    """Returns the line of ``myconfig.py`` that sets the camera to a resolution."""
    return f"IMAGE_W, IMAGE_H = {resolution.width_px}, {resolution.height_px}"


def _layer_rows(size: SizePlan) -> Iterator[Row]:
    yield _HEADS
    for layer, work in zip(size.layers, size.layer_workloads, strict=True):
        yield (
            layer.name,
            f"{layer.width}x{layer.height}x{layer.filters}",
            *_sight(layer, size.resolution),
            *_work(work),
        )


def _sight(layer: LayerInfo, resolution: Resolution) -> Row:
    sees = share = stride = UNKNOWN
    if layer.receptive_field is not None:
        height, width = layer.receptive_field
        sees, share = f"{width}x{height} px", percent(height * width / resolution.pixels)
    if layer.stride is not None:
        rows, columns = layer.stride
        stride = f"{columns:g}" if rows == columns else f"{columns:g}x{rows:g}"
    return sees, share, stride


def _work(work: Workload) -> Row:
    return (
        short_number(work.macs),
        short_number(work.parameters),
        f"{short_number(work.activation_bytes)}B",
    )


def cost_rows(plan: Plan, sizes: Sequence[SizePlan]) -> Iterator[Row]:
    """Yields what sizes cost, line by line: its name, and a cell for each size; heads first."""

    def row(name: str, cell: Callable[[SizePlan], str]) -> Row:
        return name, *(cell(size) for size in sizes)

    hz = f"{plan.wish.rate_hz:g} Hz"
    yield row("", lambda size: str(size.resolution))
    yield row("maps: MACs", lambda size: short_number(size.maps_workload.macs))
    yield row("maps: ms", lambda size: _times(size.maps_latency))
    yield row("pilot: MACs", lambda s: short_number(s.whole.workload.macs) if s.whole else _UNTOLD)
    yield row("pilot: weights", lambda s: short_number(s.whole.parameters) if s.whole else _UNTOLD)
    yield row("pilot: file", lambda s: _bytes(s.whole.file_bytes) if s.whole else _UNTOLD)
    yield row("pilot: ms", lambda s: _times(s.whole.latency) if s.whole else _UNTOLD)
    yield row("drive loop", lambda size: f"{size.drive.rate_hz:.0f} Hz")
    yield row("  with mosaics", lambda size: f"{size.drive_with_mosaics.rate_hz:.0f} Hz")
    yield row(f"  holds {hz}?", lambda size: _verdict(size.drive_with_mosaics, plan.wish.rate_hz))
    if plan.footage.is_drawn:
        return
    yield row("JPEG a frame", lambda s: _bytes(s.recording.jpeg_bytes) if s.recording else _UNTOLD)
    yield row("a minute", lambda size: _bytes(_per_minute(plan, size, mosaics=False)))
    yield row("  with mosaics", lambda size: _bytes(_per_minute(plan, size, mosaics=True)))
    if plan.footage.tub_path is not None:
        free = free_bytes(plan.footage.tub_path)
        yield row("disk lasts", lambda s: _duration(free / _per_minute(plan, s, mosaics=True)))


def _per_minute(plan: Plan, size: SizePlan, *, mosaics: bool) -> float:
    assert size.recording is not None
    period = plan.wish.every_n_frames if mosaics else None
    return size.recording.bytes_per_minute(plan.wish.rate_hz, period)


def _verdict(times: LoopTimes, rate_hz: float) -> str:
    if times.holds(rate_hz):
        return "yes"
    return "nearly" if times.nearly_holds(rate_hz) else "no"


def _times(latency: Latency) -> str:
    return f"{latency.median_ms:.1f} / {latency.p99_ms:.1f}"


def _bytes(number: float) -> str:
    return f"{short_number(number)}B"


def _duration(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _legend(plan: Plan) -> list[str]:
    every = plan.wish.every_n_frames
    mosaics = "every frame" if every == 1 else f"1 frame of {every}"
    legend = (
        "maps: width x height x filters; MACs: multiply-accumulate operations of a frame; "
        "ms: median / 99 of 100; drive loop: as fast as it goes, with pilot and tub, but no "
        f"camera or controller; mosaics: of {mosaics}; nearly: half of the rounds fit"
    )
    return wrap(legend, _COLUMNS)


def _advice(plan: Plan) -> list[str]:
    hz = f"{plan.wish.rate_hz:g} Hz"
    if plan.largest is None:
        none = f"none of these holds {hz} with mosaics here: try smaller ones, or a lower --hz"
        return wrap(none, _COLUMNS)
    resolution = plan.largest.resolution
    advice = [
        f"largest that holds {hz} with mosaics here: {resolution}. For myconfig.py:",
        "",
        f"    {myconfig_line(resolution)}",
    ]
    if resolution != plan.trained:
        advice += ["", "A pilot drives only at the size it was trained at: record and train again."]
    return advice
