"""Runs the inputs of one subject in one process, and tells of each what became of it.

    python -m fuzzing.runner SUBJECT MATERIALS ROOM FIRST END

The number of an input goes out before it is tried, so that a crash is known by the last number.
"""

import faulthandler
import importlib
import json
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.case import INSIDE, OUTSIDE, SECRET, Case, Room, Subject
from fuzzing.said import complaints_about_output
from fuzzing.watch import Watch, changes, snapshot

# On a busy machine time passes without work; what takes longer hangs.
_HANGS_AFTER_S = 60
_GUARD_BYTES = 12 << 30
_LONGEST_TRACE = 4000
# Where this process tells of itself, whatever is done to stdout while a command runs.
_REPORTS = os.fdopen(os.dup(1), "w")


@dataclass
class Outcome:
    """What became of one input: `code` is None if an exception came out of the command."""

    code: int | None
    trace: str
    stdout: str
    stderr: str
    cpu_s: float
    peak_mb: float


class Runner:
    """Tries inputs one after the other."""

    def __init__(self, subject: Subject, materials: Path, folder: Path) -> None:
        self._subject = subject
        self._materials = materials
        self._folder = folder
        self._watch = Watch()

    def run(self, number: int) -> dict[str, Any]:
        """Tries one input, and returns what is to be told of it."""
        path = self._folder / "room"
        shutil.rmtree(path, ignore_errors=True)
        _furnish(path, self._materials)
        room = Room(path, self._materials, Random(number))
        os.chdir(room.inside)
        case = self._subject.case(number, room)
        before = snapshot(path)
        with self._watch.on(path / OUTSIDE) as touched:
            outcome = _outcome(case, self._folder)
        changed = changes(before, snapshot(path), case)
        return {
            "complaints": [
                *self._complaints_about_output(case, outcome),
                *([outcome.trace] if outcome.trace else []),
                *(f"touched outside: {one}" for one in touched),
                *(f"changed: {name}" for name in changed),
                *(f"left behind: {name}" for name in _unfinished(path, before)),
                *self._complaints_about_cost(outcome),
            ],
            "words": [os.fsencode(word).decode(errors="backslashreplace") for word in case.words],
            "code": outcome.code,
            "said": outcome.stderr[-2000:],
            "cpu_s": round(outcome.cpu_s, 2),
            "peak_mb": round(outcome.peak_mb),
        }

    def _complaints_about_output(self, case: Case, outcome: Outcome) -> Iterator[str]:
        talkative = self._subject.talkative
        said = outcome.stdout, outcome.stderr
        return complaints_about_output(case, outcome.code, *said, talkative=talkative)

    def _complaints_about_cost(self, outcome: Outcome) -> Iterator[str]:
        if outcome.cpu_s > self._subject.cpu_s:
            yield f"it takes {outcome.cpu_s:.1f} s"
        if outcome.peak_mb > self._subject.memory_mb:
            yield f"it takes {outcome.peak_mb:.0f} MB"


def _furnish(room: Path, materials: Path) -> None:
    """Makes a new room, with something outside that nobody is to touch."""
    (room / INSIDE).mkdir(parents=True)
    outside = room / OUTSIDE
    (outside / "set").mkdir(parents=True)
    shutil.copy(materials / SECRET, outside / SECRET)
    (outside / "set" / "set.json").write_text("{}")
    for name in ("0.jpg", "3.jpg", "99.jpg", ".4.jpg.17.part"):
        shutil.copy(outside / SECRET, outside / "set" / name)
    for name in ("manifest.json", "catalog_0.catalog", "config.py", "look.yaml"):
        (outside / name).write_text("{}\n")


def _outcome(case: Case, folder: Path) -> Outcome:
    with _caught(folder / "stdout") as stdout, _caught(folder / "stderr", 2) as stderr:
        _forget_the_peak()
        started_s = _cpu_s()
        code, trace = _call(case)
        cpu_s, peak_mb = _cpu_s() - started_s, _peak_mb()
    return Outcome(code, trace, _text(stdout), _text(stderr), cpu_s, peak_mb)


def _call(case: Case) -> tuple[int | None, str]:
    faulthandler.dump_traceback_later(_HANGS_AFTER_S, exit=True, file=_REPORTS)
    try:
        return _program(case), ""
    except SystemExit as ended:
        return (ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1), ""
    except BaseException:  # noqa: BLE001 - whatever comes out is what is looked for
        return None, traceback.format_exc()[-_LONGEST_TRACE:]
    finally:
        faulthandler.cancel_dump_traceback_later()


def _program(case: Case) -> int:
    words = list(case.words)
    if case.program == "cnnactivations":
        from donkey_activations.cli import cnnactivations

        return cnnactivations.main(words)
    if case.program == "left_overs":
        from donkey_activations.tubs.mosaics import remove_stale_files

        remove_stale_files(Path(words[0]), int(words[1]))
        return 0
    from donkey_activations.cli import main

    return main.main(words)


@contextmanager
def _caught(file: Path, number: int = 1) -> Iterator[Path]:
    """Sends what Python and its libraries write to stdout or stderr into a file."""
    stream = sys.stderr if number == 2 else sys.stdout
    stream.flush()
    kept = os.dup(number)
    with file.open("wb") as opened:
        os.dup2(opened.fileno(), number)
    try:
        yield file
    finally:
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)


def _text(file: Path) -> str:
    return file.read_bytes().decode(errors="backslashreplace")


def _unfinished(room: Path, before: dict[str, Any]) -> list[str]:
    return [name for name in snapshot(room) if name.endswith(".part") and name not in before]


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _forget_the_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main(subject: str, materials: Path, folder: Path, first: int, end: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_GUARD_BYTES, _GUARD_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # As Donkeycar does: what is deep then ends the process and not in an error.
    sys.setrecursionlimit(10**5)
    runner = Runner(importlib.import_module(f"fuzzing.{subject}").SUBJECT, materials, folder)
    for number in range(first, end):
        print(number, end=" ", flush=True, file=_REPORTS)
        print(json.dumps(runner.run(number)), flush=True, file=_REPORTS)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
