"""A plan as JSON, for machines."""

import platform
from dataclasses import asdict
from typing import Any

from donkey_activations.extractors.base import LayerInfo
from donkey_activations.graphs.workload.workload import Workload
from donkey_activations.planning.drive_loop import LoopTimes
from donkey_activations.planning.plan import Plan, SizePlan
from donkey_activations.planning.recording import Recording, free_bytes
from donkey_activations.planning.remarks import remarks
from donkey_activations.resolution import Resolution


def describe(plan: Plan) -> dict[str, Any]:
    """Return all figures of a plan; pairs of sizes are ``[height, width]``."""
    tub, largest = plan.sample.tub_path, plan.largest
    return {
        "model": str(plan.model_path),
        "trained": _size(plan.trained),
        "machine": {"processor": platform.machine(), "cores": plan.cores},
        **asdict(plan.options),
        "sizes": [_of_size(plan, size) for size in plan.sizes],
        "refused": [{**_size(size), "reason": reason} for size, reason in plan.refused],
        "tub": None if tub is None else {"path": str(tub), "free_disk_bytes": free_bytes(tub)},
        "remarks": remarks(plan),
        "largest": None if largest is None else _size(largest.resolution),
        "myconfig": None if largest is None else largest.resolution.myconfig_line(),
    }


def _size(resolution: Resolution) -> dict[str, int]:
    return {"height": resolution.height_px, "width": resolution.width_px}


def _of_size(plan: Plan, size: SizePlan) -> dict[str, Any]:
    pairs = zip(size.layers, size.layer_workloads, strict=True)
    whole = size.whole
    return {
        **_size(size.resolution),
        "trained": size.resolution == plan.trained,
        "engine": size.extractor.engine,
        "layers": [_of_layer(layer, work, size.resolution) for layer, work in pairs],
        "maps": {**asdict(size.maps_workload), "latency": asdict(size.maps_latency)},
        "pilot": None
        if whole is None
        else {
            **asdict(whole.workload),
            "parameters": whole.parameters,
            "file_bytes": whole.file_bytes,
            "latency": asdict(whole.latency),
        },
        "drive_loop": {
            "without_mosaics": _of_drive(size.drive, plan.options.rate_hz),
            "with_mosaics": _of_drive(size.drive_with_mosaics, plan.options.rate_hz),
        },
        "recording": None if size.recording is None else _of_recording(plan, size.recording),
    }


def _of_layer(layer: LayerInfo, work: Workload, resolution: Resolution) -> dict[str, Any]:
    field = layer.receptive_field
    shown = layer.as_json()
    stride = shown.pop("stride")
    return {
        **shown,
        "share_of_view": None if field is None else field[0] * field[1] / resolution.pixels,
        "stride": stride,
        **asdict(work),
    }


def _of_drive(times: LoopTimes, rate_hz: float) -> dict[str, Any]:
    return {
        "rate_hz": times.rate_hz,
        "holds": times.holds(rate_hz),
        "round": asdict(times.round),
        "mosaics_due": times.mosaics_due,
        "mosaics_made": times.mosaics_made,
    }


def _of_recording(plan: Plan, recording: Recording) -> dict[str, Any]:
    rate_hz = plan.options.rate_hz
    return {
        **asdict(recording),
        "bytes_per_minute": recording.bytes_per_minute(rate_hz, None),
        "bytes_per_minute_with_mosaics": recording.bytes_per_minute(
            rate_hz, plan.options.every_n_frames
        ),
    }
