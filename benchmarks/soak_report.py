"""What an hour's drive comes to: a table of its tenths, and what is asked for."""

import threading
from dataclasses import dataclass

import numpy as np
from soak_course import Course, Sample

PARTS = 10
MOST_GROWTH_MB = 5.0
# Of the median time in our part: the machine has other things to do, too.
MOST_SLOWDOWN, LEAST_SLOWDOWN_US = 1.25, 20.0
# Where a tenth is shorter, it tells nothing of memory or of time on a machine with more to do.
_LEAST_TENTH = 5000


@dataclass(frozen=True)
class Soaked:
    """What was measured: by tenths of the drive, save the samples around it."""

    course: Course
    before: Sample
    after: Sample
    seconds: float

    def tenth(self, number: int) -> slice:
        """Return the rounds of a tenth."""
        bounds = np.linspace(0, self.course.rounds, PARTS + 1).astype(int)
        return slice(bounds[number], bounds[number + 1])

    def samples(self, number: int) -> list[Sample]:
        """Those taken in a tenth."""
        rounds = self.tenth(number)
        return [one for one in self.course.samples if rounds.start <= one.number < rounds.stop]

    def median_us(self, number: int) -> float:
        """Time in our part in the loop's thread."""
        return float(np.median(self.course.in_part_s[self.tenth(number)]) * 1e6)

    def peak_mb(self, number: int) -> float:
        """Most memory in a tenth."""
        return max(one.memory_mb for one in self.samples(number))


def table(soaked: Soaked) -> str:
    """Return one line a tenth."""
    lines = [
        "                     process              in the part          mosaics          pilots",
        "  to round   memory  threads  files    median       p99    made  skipped  failed  opened",
        "                 MB                        us        us",
    ]
    for number in range(PARTS):
        rounds = soaked.tenth(number)
        last = soaked.samples(number)[-1]
        p99_us = np.percentile(soaked.course.in_part_s[rounds], 99) * 1e6
        counts = soaked.course.counts[rounds.stop - 1] - soaked.course.counts[rounds.start]
        lines.append(
            f"{rounds.stop:10} {soaked.peak_mb(number):8.1f} {last.threads:8} {last.descriptors:6} "
            f"{soaked.median_us(number):9.0f} {p99_us:9.0f} "
            f"{counts[0]:7} {counts[1]:8} {counts[2]:7} {counts[3]:7}"
        )
    return "\n".join(lines)


def verdicts(soaked: Soaked, records: int) -> list[tuple[bool, str]]:
    """Return what is asked for, and whether it holds."""
    peaks = [soaked.peak_mb(number) for number in range(1, PARTS)]
    growth_mb = max(peaks) - peaks[0]
    settled, last = soaked.samples(1)[0], soaked.samples(PARTS - 1)[-1]
    first_us, last_us = soaked.median_us(0), soaked.median_us(PARTS - 1)
    most_us = max(first_us * MOST_SLOWDOWN, first_us + LEAST_SLOWDOWN_US)
    failed = int(soaked.course.counts[-1, 2])
    is_long = soaked.course.rounds // PARTS >= _LEAST_TENTH
    short = "" if is_long else " (too short a drive to tell)"
    return [
        (
            growth_mb <= MOST_GROWTH_MB or not is_long,
            f"memory grew by {growth_mb:.1f} MB behind the first tenth, at most {MOST_GROWTH_MB}"
            + short,
        ),
        (
            last.threads <= settled.threads and threading.active_count() == 1,
            f"threads: {settled.threads} behind the first tenth, {last.threads} in the last, "
            f"{threading.active_count()} of Python's behind the drive",
        ),
        (
            last.descriptors <= settled.descriptors
            and soaked.after.descriptors <= soaked.before.descriptors,
            f"open files: {settled.descriptors} behind the first tenth, {last.descriptors} in the "
            f"last; {soaked.before.descriptors} before and {soaked.after.descriptors} behind all",
        ),
        (
            last_us <= most_us or not is_long,
            f"in the part: {first_us:.0f} us in the first tenth, {last_us:.0f} us in the last, "
            f"at most {most_us:.0f} us" + short,
        ),
        (records == soaked.course.rounds, f"{records} records, all that were driven"),
        (
            failed > 0 or not is_long,
            f"{failed} mosaics failed where their folder was gone" + short,
        ),
    ]
