"""A plan in words and tables, for a terminal of 80 columns."""

import platform
from collections.abc import Iterator
from textwrap import wrap

from donkey_activations.cli.tables import aligned
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.formatting import UNKNOWN, percent, short_number
from donkey_activations.graphs.workload.workload import Workload
from donkey_activations.planning.costs import cost_rows
from donkey_activations.planning.plan import Plan, SizePlan
from donkey_activations.planning.remarks import remarks
from donkey_activations.resolution import Resolution

_HEADS = ("layer", "maps", "a cell sees", "of view", "stride", "MACs", "weights", "maps take")
_COLUMNS = 80
# What fits beside each other in so many columns.
_SIZES_BESIDE = 4

Row = tuple[str, ...]


def lines(plan: Plan) -> list[str]:
    """Return the whole page."""
    threads = "1 thread" if plan.options.threads == 1 else f"{plan.options.threads} threads"
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


def _legend(plan: Plan) -> list[str]:
    every = plan.options.every_n_frames
    mosaics = "every frame" if every == 1 else f"1 frame of {every}"
    legend = (
        "maps: width x height x filters; MACs: multiply-accumulate operations of a frame; "
        "ms: median / 99 of 100; drive loop: as fast as it goes, with pilot and tub, but no "
        f"camera or controller; mosaics: of {mosaics}; nearly: half of the rounds fit"
    )
    return wrap(legend, _COLUMNS)


def _advice(plan: Plan) -> list[str]:
    hz = f"{plan.options.rate_hz:g} Hz"
    if plan.largest is None:
        none = f"none of these holds {hz} with mosaics here: try smaller ones, or a lower --hz"
        return wrap(none, _COLUMNS)
    resolution = plan.largest.resolution
    advice = [
        f"largest that holds {hz} with mosaics here: {resolution}. For myconfig.py:",
        "",
        f"    {resolution.myconfig_line()}",
    ]
    if resolution != plan.trained:
        advice += ["", "A pilot drives only at the size it was trained at: record and train again."]
    return advice
