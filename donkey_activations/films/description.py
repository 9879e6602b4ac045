"""A film that was made, as JSON for machines."""

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
    """Return all there is to know of a film.

    Args:
        out: The film, which is there.
        sheet: Its contact sheet, or None.
        tub: What was read of the tub.
        axis: When the records are shown.
        result: What is in it.
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


def _remarks(axis: TimeAxis) -> list[str]:
    remarks = [axis.remark] if axis.remark else []
    if axis.rate > _SMOOTH_FPS:
        remarks.append(
            f"{float(axis.rate):.0f} pictures a second are more than most screens show; "
            f"--every {-(-axis.rate // _SMOOTH_FPS)} shows fewer of them"
        )
    return remarks
