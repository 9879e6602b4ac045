"""The results as Markdown."""

from collections.abc import Iterable, Sequence

from results import LIMIT, OURS, Comparison, Result, compare
from rows import drive

_HEAD = """# Benchmarks

`make bench` writes this file: all of it in one run on one machine, the peers at pinned versions in
an environment of their own (`benchmarks/peers/requirements.txt`). What is compared takes turns,
round by round, so that what else happens on the machine meets all alike; a time is the median over
the rounds, a ratio the median of the rounds' ratios. The pilot is Donkeycar's linear one with
random weights: five convolutions, 248 maps. Ours compute in one thread unless it says otherwise,
the peers' TensorFlow in as many as it likes. Where a peer gives the values of its maps, they were
checked to be the same as ours.
"""

_RATIOS = """## How many times as long as ours

Above 1 the other takes longer, below 1 (bold) it is faster than ours. The limit is what no way of
doing it can do without; there, 0.5 says that ours takes twice as long. Of a party with several ways
the fastest counts.
"""

_MEMORY = "## Peak memory, how many times as much as ours\n"
_ALL = """## All that was measured

Peak memory is that of the largest process of each, without what others of its processes take.
"""


def render(machine: Sequence[str], results: list[Result], drives: Sequence[tuple[str, ...]]) -> str:
    """Return the whole file.

    Args:
        machine: Lines about the machine and the versions.
        results: What was measured, save the drives.
        drives: Rows under ``drive.HEADER``; there may be none.
    """
    comparisons = compare(results)
    parts = [_HEAD, _bullets(machine)]
    if comparisons:
        parts += [_RATIOS, _ratios(comparisons), _MEMORY, _memory(comparisons)]
        parts += ["## Where we are slower\n", _bullets(_slower(comparisons))]
        parts += ["## How far ours are from their limits\n", _bullets(_limits(comparisons))]
    if drives:
        parts += ["## The drive loop at 20 Hz, recording\n", _table(drive.HEADER, drives)]
    failed = [f"{one.row}: {one.party}, {one.way}: `{one.error}`" for one in results if one.error]
    if failed:
        parts += ["## What did not run\n", _bullets(failed)]
    if comparisons:
        parts += [_ALL, _everything(results)]
    return "\n".join(parts)


def _ratios(comparisons: list[Comparison]) -> str:
    parties = _parties(comparisons)
    rows = []
    for one in comparisons:
        ratios = {party: one.ratio(other) for party, other in one.others.items()}
        cells = [_cell(ratios.get(party), party) for party in parties]
        rows.append((one.row, _time(one.ours.seconds), *cells))
    return _table(("", OURS, *parties), rows)


def _memory(comparisons: list[Comparison]) -> str:
    parties = [party for party in _parties(comparisons) if party != LIMIT]
    rows = []
    for one in comparisons:
        ratios = {party: other.peak_mb / one.ours.peak_mb for party, other in one.others.items()}
        cells = [_cell(ratios.get(party), party) for party in parties]
        rows.append((one.row, f"{one.ours.peak_mb:.0f} MB", *cells))
    return _table(("", OURS, *parties), rows)


def _parties(comparisons: list[Comparison]) -> list[str]:
    """Return the columns: the limit, Donkeycar, and the others."""
    named = {party for one in comparisons for party in one.others}
    return sorted(named, key=lambda party: (party != LIMIT, party.lower()))


def _cell(ratio: float | None, party: str) -> str:
    if ratio is None:
        return ""
    words = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
    return f"**{words}**" if ratio < 1 and party != LIMIT else words


def _slower(comparisons: list[Comparison]) -> list[str]:
    lines = [
        f"{one.row}: {other.party} ({other.way}) takes {_time(other.seconds)}, ours "
        f"({one.ours.way}) {_time(one.ours.seconds)}: ours is {1 / one.ratio(other):.1f} times as "
        f"slow.{other.remark and ' '}{other.remark}"
        for one in comparisons
        for other in one.faster
    ]
    return lines or ["Nowhere in this run."]


def _limits(comparisons: list[Comparison]) -> list[str]:
    limited = [one for one in comparisons if LIMIT in one.others]
    limited.sort(key=lambda one: one.ratio(one.others[LIMIT]))
    return [
        f"{one.row}: {1 / one.ratio(one.others[LIMIT]):.1f} times the limit "
        f"({one.others[LIMIT].way}, {_time(one.others[LIMIT].seconds)})"
        for one in limited
    ]


def _everything(results: list[Result]) -> str:
    rows = [
        (
            one.row,
            one.party,
            one.way,
            _time(one.seconds),
            f"{_time(min(one.per_round))} to {_time(max(one.per_round))}",
            str(len(one.per_round)),
            f"{one.peak_mb:.0f} MB",
            one.remark,
        )
        for one in results
        if one.per_round
    ]
    return _table(("", "", "what", "median", "range", "rounds", "peak memory", ""), rows)


def _time(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
