"""Whole processes: how long each takes, and its peak memory."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from results import Result
from turns import QUIET, Words, in_mb, last_line

_MEASURED = Path(__file__).with_name("measured.py")


@dataclass(frozen=True)
class Run:
    """One process that has ended; the memory is its own or that of its largest child."""

    wall_s: float
    peak_mb: float
    output: bytes


class ProcessError(RuntimeError):
    """A process that failed, with the last line of what it said."""


def run(command: Words, environment: Mapping[str, str], folder: Path | None = None) -> Run:
    """Run a process to its end.

    Args:
        command: The words.
        environment: On top of this process's own.
        folder: The current one for it.

    Raises:
        ProcessError: It failed.
    """
    inherited = dict(os.environ)
    # An installed package is compiled once, and not in every process.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    launcher = [sys.executable, "-I", "-S", _MEASURED]
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as words,
        tempfile.TemporaryFile() as report,
    ):
        subprocess.run(
            [str(word) for word in (*launcher, report.fileno(), *command)],
            env={**inherited, **QUIET, **environment},
            cwd=folder,
            stdout=output,
            stderr=words,
            pass_fds=[report.fileno()],
            check=False,
        )
        written = [_read(file) for file in (report, words, output)]
    measured = json.loads(written[0] or "{}")
    if measured.get("exit_code") != 0:
        raise ProcessError(last_line(written[1]))
    return Run(measured["wall_s"], in_mb(measured["maxrss"]), written[2])


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


@dataclass
class Way:
    """One way to do a thing, as a process.

    Attributes:
        work: Does it once.
        runs: What came of it.
        error: Why it did not run, or nothing.
    """

    work: Callable[[], Run]
    runs: list[Run] = field(default_factory=list)
    error: str = ""

    def result(self, row: str, party: str, name: str, **more: Any) -> Result:
        """Return what came of it; ``more`` are fields of the result."""
        walls_s = tuple(done.wall_s for done in self.runs)
        peak = max((done.peak_mb for done in self.runs), default=0.0)
        return Result(row, party, name, walls_s, peak, error=self.error, **more)


def take_turns(ways: Sequence[Way], rounds: int, *, warm_up: bool = True) -> None:
    """Run all of them, one after the other, round after round, in changing order.

    Args:
        ways: What is measured; one that fails keeps its error, and is not run any more.
        rounds: How often.
        warm_up: Whether to run each once before that, which is not counted.
    """
    for number in range(-warm_up, rounds):
        order = ways if number % 2 == 0 else ways[::-1]
        for way in order:
            if way.error:
                continue
            try:
                done = way.work()
            except ProcessError as error:
                way.error = str(error)
                continue
            if number >= 0:
                way.runs.append(done)
