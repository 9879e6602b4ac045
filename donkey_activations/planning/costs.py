"""What each size of a plan costs, as the rows of a table."""

from collections.abc import Callable, Iterator, Sequence

from donkey_activations.formatting import short_number
from donkey_activations.planning.drive_loop import LoopTimes
from donkey_activations.planning.latency import Latency
from donkey_activations.planning.plan import Plan, SizePlan
from donkey_activations.planning.recording import free_bytes

_NOT_MEASURED = "-"

Row = tuple[str, ...]


def cost_rows(plan: Plan, sizes: Sequence[SizePlan]) -> Iterator[Row]:
    """Yield what sizes cost, row by row: a name, then one cell a size; the heads first."""

    def row(name: str, cell: Callable[[SizePlan], str]) -> Row:
        return name, *(cell(size) for size in sizes)

    hz = f"{plan.options.rate_hz:g} Hz"
    yield row("", lambda size: str(size.resolution))
    yield row("maps: MACs", lambda size: short_number(size.maps_workload.macs))
    yield row("maps: ms", lambda size: _times(size.maps_latency))
    yield row(
        "pilot: MACs", lambda s: short_number(s.whole.workload.macs) if s.whole else _NOT_MEASURED
    )
    yield row(
        "pilot: weights", lambda s: short_number(s.whole.parameters) if s.whole else _NOT_MEASURED
    )
    yield row("pilot: file", lambda s: _bytes(s.whole.file_bytes) if s.whole else _NOT_MEASURED)
    yield row("pilot: ms", lambda s: _times(s.whole.latency) if s.whole else _NOT_MEASURED)
    yield row("drive loop", lambda size: f"{size.drive.rate_hz:.0f} Hz")
    yield row("  with mosaics", lambda size: f"{size.drive_with_mosaics.rate_hz:.0f} Hz")
    yield row(
        f"  holds {hz}?", lambda size: _verdict(size.drive_with_mosaics, plan.options.rate_hz)
    )
    if plan.sample.is_drawn:
        return
    yield row(
        "JPEG a frame", lambda s: _bytes(s.recording.jpeg_bytes) if s.recording else _NOT_MEASURED
    )
    yield row("a minute", lambda size: _bytes(_per_minute(plan, size, mosaics=False)))
    yield row("  with mosaics", lambda size: _bytes(_per_minute(plan, size, mosaics=True)))
    if plan.sample.tub_path is not None:
        free = free_bytes(plan.sample.tub_path)
        yield row("disk lasts", lambda s: _duration(free / _per_minute(plan, s, mosaics=True)))


def _per_minute(plan: Plan, size: SizePlan, *, mosaics: bool) -> float:
    assert size.recording is not None
    period = plan.options.every_n_frames if mosaics else None
    return size.recording.bytes_per_minute(plan.options.rate_hz, period)


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
