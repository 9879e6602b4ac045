"""When each record is shown in a film."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise

from donkey_activations.films.video import FilmError
from donkey_activations.tubs.records import Record

# Between two sessions lie hours, which nobody wants to watch.
_LONGEST_GAP_MS = 1000
# Where the records do not tell: Donkeycar's usual 20 a second.
_ASSUMED_GAP_MS = 50
# More than any car drives by: such times are those of a conversion or a copy.
_MOST_A_SECOND = 150
_SLOWEST, _FASTEST = 0.1, 240.0


@dataclass(frozen=True)
class TimeAxis:
    """The times of records in a film.

    Attributes:
        tick_s: The unit of time in seconds.
        ticks: When the record at that place of a list is shown, always later than the one before;
            None where each picture just comes a tick after the one before.
        rate: Pictures in a second, or about that many.
        remark: What is wrong with the records' times, or nothing.
    """

    tick_s: Fraction
    ticks: tuple[int, ...] | None
    rate: Fraction
    remark: str = ""

    def tick(self, position: int, number: int, first_position: int) -> int:
        """Return when a picture is shown.

        Args:
            position: Its record's position in the list.
            number: The picture's number in the film, from 0.
            first_position: The position of the film's first picture, which is at 0.
        """
        return number if self.ticks is None else self.ticks[position] - self.ticks[first_position]

    @property
    def last_ticks(self) -> int:
        """How long the last picture stays."""
        return max(1, round(1 / (self.rate * self.tick_s)))


def steady(fps: float) -> TimeAxis:
    """Return an axis on which the pictures follow each other evenly.

    Args:
        fps: Pictures in a second.

    Raises:
        FilmError: There are no films of so many.
    """
    if not _SLOWEST <= fps <= _FASTEST:
        raise FilmError(f"--fps: expected {_SLOWEST:g} to {_FASTEST:g}, got {fps:g}")
    rate = _rate(Fraction(fps))
    return TimeAxis(1 / rate, None, rate)


def as_recorded(records: Sequence[Record], positions: Sequence[int], speed: float) -> TimeAxis:
    """Return an axis that is true to the times at which records were made.

    Gaps of more than a second are cut to one second. Where a record has no time, or an earlier one
    than the record before, or where they lie closer together than a car can make them, all records
    are taken to be 50 ms apart.

    Args:
        records: The records of a tub, in order.
        positions: The positions of those that are shown, one or more.
        speed: How many times as fast as it was.

    Raises:
        FilmError: The speed is no such number.
    """
    if not (math.isfinite(speed) and 0.01 <= speed <= 1000):
        raise FilmError(f"--speed: expected 0.01 to 1000, as 2 for twice as fast, got {speed:g}")
    gaps_ms, remark = _gaps_ms(records[positions[0] : positions[-1] + 1])
    factor = Fraction(speed)
    ticks: list[int] = []
    for elapsed_ms in accumulate(gaps_ms, initial=0):
        tick = round(elapsed_ms / factor)
        ticks.append(max(tick, ticks[-1] + 1) if ticks else tick)
    # Of those before the first one, none is shown.
    before = (0,) * positions[0]
    shown_ms = ticks[-1]
    pictures_a_second = (
        Fraction(1000 * (len(positions) - 1), shown_ms) if shown_ms else Fraction(20)
    )
    return TimeAxis(Fraction(1, 1000), (*before, *ticks), _rate(pictures_a_second), remark)


def _gaps_ms(records: Sequence[Record]) -> tuple[list[int], str]:
    times = [record.timestamp_ms for record in records]
    known = [time for time in times if time is not None]
    wrong = ""
    if len(known) < len(times):
        wrong = "some have no time"
    elif any(later < earlier for earlier, later in pairwise(known)):
        wrong = "their times go backwards"
    elif 1000 * (len(known) - 1) > _MOST_A_SECOND * (known[-1] - known[0]):
        wrong = f"{len(known)} in {(known[-1] - known[0]) / 1000:g} s"
    if wrong:
        remark = f"the records do not tell when they were made ({wrong}); taken as 20 a second"
        return [_ASSUMED_GAP_MS] * (len(times) - 1), remark
    return [min(later - earlier, _LONGEST_GAP_MS) for earlier, later in pairwise(known)], ""


def _rate(pictures_a_second: Fraction) -> Fraction:
    """Return a rate that an encoder takes."""
    limited = min(max(pictures_a_second, Fraction(_SLOWEST)), Fraction(_FASTEST))
    return limited.limit_denominator(1001)
