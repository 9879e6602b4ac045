"""Drives that are ended from outside at random moments while they record.

    python -m killed_drives FOLDER COUNT SEED SIGNALS [PILOT]

One process imports Donkeycar and all that our part needs, opens nothing, and then forks a child
for each drive. The child builds a Vehicle, drives it at 60 Hz and records every round, until it
gets the signals (`SIGKILL`, or `SIGINT,SIGINT`) at a random moment of its first second. A line of
JSON tells what became of each.
"""

import importlib
import json
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

RATE_HZ = 60
_LONGEST_S = 0.8
# Between two signals: within and beyond what a car needs to shut down.
_NEXT_SIGNAL_S = 0.05
_HELPERS = Path(__file__).parent


@dataclass(frozen=True)
class KilledDrive:
    """What became of one drive.

    Attributes:
        tub: Its tub.
        recorded: How many records the TubWriter had written when the drive ended.
        exit_code: As of a process: negative for a signal.
        log: All that it said.
    """

    tub: Path
    recorded: int
    exit_code: int
    log: Path


class Killing:
    """Starts to kill drives, in a process of its own."""

    def __init__(
        self,
        folder: Path,
        count: int,
        pilot: Path | None,
        *,
        signals: Sequence[str] = ("SIGKILL",),
        seed: int = 0,
    ) -> None:
        folder.mkdir()
        words = [str(folder), str(count), str(seed), ",".join(signals)]
        command = [sys.executable, "-m", "killed_drives", *words]
        self._process = subprocess.Popen(
            command if pilot is None else [*command, str(pilot)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{_HELPERS}{os.pathsep}{_HELPERS.parents[1]}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def drives(self) -> list[KilledDrive]:
        """Waits for all of them."""
        out, err = self._process.communicate()
        assert self._process.returncode == 0, err
        found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return [
            KilledDrive(**{**one, "tub": Path(one["tub"]), "log": Path(one["log"])})
            for one in found
        ]


class Counter:
    """A part behind the tub: counts records where another process can read it, even after a kill.

    The first record is told through a pipe.
    """

    def __init__(self, memory: mmap.mmap, pipe: int) -> None:
        self.memory, self.pipe = memory, pipe

    def run(self, count: int) -> None:
        self.memory[:8] = struct.pack("<q", count)
        if count == 1:
            os.write(self.pipe, b"x")


def _kill(folder: Path, count: int, seed: int, signals: str, pilot: Path | None) -> None:
    _import_all()
    chance = random.Random(seed)
    numbers = [signal.Signals[name] for name in signals.split(",")]
    for number in range(count):
        done = _kill_one(folder, number, list(_moments(chance, numbers)), pilot)
        print(json.dumps(asdict(done), default=str), flush=True)


def _moments(chance: random.Random, numbers: Sequence[int]) -> Iterator[tuple[float, int]]:
    longest_s = _LONGEST_S
    for number in numbers:
        yield chance.uniform(0, longest_s), number
        longest_s = _NEXT_SIGNAL_S


def _kill_one(
    folder: Path, number: int, moments: Sequence[tuple[float, int]], pilot: Path | None
) -> KilledDrive:
    tub, log = folder / f"tub{number}", folder / f"log{number}"
    memory = mmap.mmap(-1, 8)
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        _drive(tub, log, pilot, Counter(memory, says))
    os.close(says)
    os.read(hears, 1)
    os.close(hears)
    for wait_s, kind in moments:
        time.sleep(wait_s)  # the random moment is what this is about
        os.kill(child, kind)
    _, status = os.waitpid(child, 0)
    recorded = struct.unpack("<q", memory[:8])[0]
    return KilledDrive(tub, recorded, os.waitstatus_to_exitcode(status), log)


def _drive(tub: Path, log: Path, pilot: Path | None, counter: Counter) -> NoReturn:
    """Drives until the signals come; where they let the drive end, Python ends as `manage.py`'s."""
    from faulted_drives import make_vehicle

    file = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    make_vehicle(tub, pilot, last=counter).start(rate_hz=RATE_HZ)
    sys.exit()


def _import_all() -> None:
    """So that a child is quick: what a drive imports is there, and nothing is opened."""
    for name in (
        "faulted_drives",
        "donkey_activations.drive.wiring",
        "donkey_activations.extractors.engines",
        "donkeycar.parts.file_watcher",
        "donkeycar.parts.web_controller.web",
        "cv2",
        "simplejpeg",
    ):
        importlib.import_module(name)


if __name__ == "__main__":
    folder, count, seed, signals, *pilot = sys.argv[1:]
    _kill(Path(folder), int(count), int(seed), signals, Path(pilot[0]) if pilot else None)
