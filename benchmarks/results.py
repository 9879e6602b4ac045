"""What was measured, and how it compares with ours."""

from dataclasses import dataclass
from statistics import median

OURS, LIMIT = "ours", "limit"


@dataclass(frozen=True)
class Result:
    """One way to do a thing.

    Attributes:
        row: What is done.
        party: ``OURS``, ``LIMIT`` or the name of a peer.
        way: What exactly was run.
        per_round: Seconds, the median (or, where it says so, the mean) of each round.
        peak_mb: The largest memory of its largest process, in MB; 0 where it tells nothing.
        error: Why it did not run, or nothing.
        remark: What must be known to read the figure.
        details: Not in the table of ratios: a part of ours, or what does less than the row says.
    """

    row: str
    party: str
    way: str
    per_round: tuple[float, ...] = ()
    peak_mb: float = 0.0
    error: str = ""
    remark: str = ""
    details: bool = False

    @property
    def seconds(self) -> float:
        """The median over the rounds."""
        return median(self.per_round)


@dataclass(frozen=True)
class Comparison:
    """A row of the table.

    Attributes:
        row: What is done.
        ours: Our way.
        others: The fastest way of each other party, by its name.
        faster: Everything of other parties that takes less time than ours, a limit apart.
    """

    row: str
    ours: Result
    others: dict[str, Result]
    faster: list[Result]

    def ratio(self, other: Result) -> float:
        """Return how many times as long as ours it takes.

        The median of the ratios of each round, so that a round in which the machine was slow for
        all tells as much as any other.
        """
        pairs = zip(other.per_round, self.ours.per_round, strict=False)
        return median(theirs / ours for theirs, ours in pairs)


def compare(results: list[Result]) -> list[Comparison]:
    """Sort results into the rows of the table, in their order; a row without ours is left out."""
    comparisons = []
    for row in dict.fromkeys(result.row for result in results):
        ran = [one for one in results if one.row == row and one.per_round]
        ours = next((one for one in ran if one.party == OURS), None)
        if ours is None:
            continue
        comparison = Comparison(row, ours, {}, [])
        for one in sorted(ran, key=lambda result: result.seconds):
            if one.party == OURS:
                continue
            if not one.details:
                comparison.others.setdefault(one.party, one)
            if one.party != LIMIT and comparison.ratio(one) < 1:
                comparison.faster.append(one)
        comparisons.append(comparison)
    return comparisons
