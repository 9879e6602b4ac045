"""A film that was made, in lines for people."""

from typing import Any


def summary(report: dict[str, Any]) -> list[str]:
    """Return the lines.

    Args:
        report: What ``films.description.describe`` returns, and ``records_per_s``.
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
