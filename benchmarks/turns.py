"""Contestants that take turns: each a process that stays, does a part of its work, and waits.

``serve`` is for the contestant's process, which may belong to another environment: standard library
only. ``Contestant`` is for the process that measures.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

Words = Sequence[str | Path]

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "MPLBACKEND": "Agg"}
_MOST_WARM_UP, _WARM_UP_S = 20, 0.5
_SLOW_TURNS = 4
_KEPT_WORDS = 2000


def serve(prepare: Callable[[dict[str, Any]], tuple[Callable[[int], Any], Any]]) -> None:
    """Prepare what the first argument, a JSON object, asks for, and work whenever it is told to.

    Args:
        prepare: Returns the work, whose argument counts the calls and whose result is dropped, and
            what is to be told about it, as JSON can hold it.
    """
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints, the reports stay clean
    work, told = prepare(json.loads(sys.argv[1]))
    _warm_up(work)
    print(json.dumps(told), file=reports)
    for line in sys.stdin:
        times_s: list[float] = []
        call, end = 0, time.perf_counter() + float(line)
        while not times_s or time.perf_counter() < end:
            start = time.perf_counter()
            work(call)
            times_s.append(time.perf_counter() - start)
            call += 1
        print(json.dumps({"times_s": times_s, "peak_mb": peak_mb()}), file=reports)


def _warm_up(work: Callable[[int], Any]) -> None:
    """Work for a while before anything is measured, once at least."""
    start, call = time.perf_counter(), 0
    while call < _MOST_WARM_UP and (call == 0 or time.perf_counter() < start + _WARM_UP_S):
        work(call)
        call += 1


def peak_mb() -> float:
    """Return the largest memory of this process in MB, without that of whoever started it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return in_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    (kb,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kb) / (1 << 10)


def in_mb(maxrss: int) -> float:
    """Return the system's measure of the largest memory in MB: Linux counts in kB, macOS bytes."""
    return maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


@dataclass
class Contestant:
    """One process that takes turns.

    Attributes:
        name: How the results call it.
        told: What its ``prepare`` tells.
        times_s: Seconds of each piece of work, by turn.
        peak_mb: The largest memory of the process, in MB.
        error: Why it did not run to the end, or nothing.
    """

    name: str
    command: Words
    environment: Mapping[str, str]
    told: Any = None
    times_s: list[list[float]] = field(default_factory=list)
    peak_mb: float = 0.0
    error: str = ""

    def __enter__(self) -> Self:
        """Start the process and wait until it is warm."""
        self._words = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [str(word) for word in self.command],
            env={**os.environ, **QUIET, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
        )
        self.told = self._report()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._words.close()

    def turn(self, seconds: float) -> None:
        """Work for so long, and at least once.

        A contestant that fails keeps its error, and takes no turn any more.
        """
        if self.error:
            return
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        report = self._report()
        if report is not None:
            self.times_s.append(report["times_s"])
            self.peak_mb = report["peak_mb"]

    def medians_s(self) -> tuple[float, ...]:
        """Return the median seconds of a piece of work, by turn."""
        return tuple(median(times_s) for times_s in self.times_s)

    def _report(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._words.seek(0)
        self.error = last_line(self._words.read())
        return None


def last_line(words: bytes) -> str:
    """Return the last line of what a process said, which is where Python names its error."""
    lines = words[-_KEPT_WORDS:].decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def take_turns(
    contestants: Sequence[Contestant], rounds: int, seconds: float, slow_rounds: int
) -> None:
    """Let all of them work, one after the other, round after round, in changing order.

    Args:
        contestants: Who.
        rounds: How often.
        seconds: How long each time.
        slow_rounds: How often those of which one piece of work takes longer than a few turns.
    """
    for number in range(rounds):
        order = contestants if number % 2 == 0 else contestants[::-1]
        for contestant in order:
            slow = contestant.times_s and min(contestant.times_s[0]) > _SLOW_TURNS * seconds
            if not slow or number < slow_rounds:
                contestant.turn(seconds)
