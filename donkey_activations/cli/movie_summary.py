"""What is told of a film that was made."""

from pathlib import Path
from typing import Any

from donkey_activations.films.time_axis import TimeAxis
from donkey_activations.films.writing import FilmResult
from donkey_activations.tubs.records import TubRecords

_REASONS_SHOWN = 3
_SMOOTH_FPS = 60


def describe(
    out: Path, sheet: Path | None, tub: TubRecords, axis: TimeAxis, result: FilmResult
) -> dict[str, Any]:
    """Returns what ``--json`` tells.

    Args:
        out: The film, which is there.
        sheet: Its contact sheet, or None.
        tub: What was read of the tub.
        axis: When the records are shown.
        result: What became of the film.
    """
    height, width = result.size_hw
    return {
        "tub": str(tub.path),
        "out": str(out),
        "sheet": None if sheet is None else str(sheet),
        "width": width,
        "height": height,
        "frames": result.frames,
        "seconds": round(float(result.seconds), 3),
        "bytes": out.stat().st_size,
        "unreadable": len(result.unreadable),
        "resized": result.resized,
        "deleted": tub.deleted,
        "damaged": tub.damaged,
        "reasons": [
            {"index": index, "reason": reason}
            for index, reason in result.unreadable[:_REASONS_SHOWN]
        ],
        "remarks": [*tub.remarks, *tub.notes, *_remarks(axis)],
    }


def summary(report: dict[str, Any]) -> list[str]:
    """Returns the lines for somebody who reads.

    Args:
        report: What ``describe`` returns, and ``records_per_s``.
    """
    size = f"{report['width']}x{report['height']}"
    parts = [f"{report['frames']} frames", f"{report['seconds']:.1f} s", size]
    parts.append(f"{report['bytes'] / 1e6:.1f} MB")
    counts = ("unreadable", "resized", "deleted", "damaged")
    parts += [f"{report[name]} {name}" for name in counts if report[name]]
    parts.append(f"{report['records_per_s']:.0f} records/s")
    lines = [f"{report['out']}: {', '.join(parts)}"]
    lines += [f"  record {one['index']}: {one['reason']}" for one in report["reasons"]]
    more = report["unreadable"] - len(report["reasons"])
    lines += [f"  and {more} more"] if more else []
    lines += [f"  {remark}" for remark in report["remarks"]]
    return [*lines, f"contact sheet: {report['sheet']}"] if report["sheet"] else lines


def _remarks(axis: TimeAxis) -> list[str]:
    remarks = [axis.remark] if axis.remark else []
    if axis.rate > _SMOOTH_FPS:
        remarks.append(
            f"{float(axis.rate):.0f} pictures a second are more than most screens show; "
            f"--every {-(-axis.rate // _SMOOTH_FPS)} shows fewer of them"
        )
    return remarks
