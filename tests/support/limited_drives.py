"""Drives in a process of their own, because what happens to them would happen to all of it.

python -m limited_drives LIMIT PILOT FOLDER
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, SupportsIndex

from faulted_drives import Driven, drive, rounds, until

_HELPERS = Path(__file__).parent
# More than any file of Donkeycar's in such a short drive, less than a mosaic.
_LARGEST_FILE_BYTES = 24_000
_MOST_DESCRIPTORS = 64
_JUMPS_S = (3600, -7200, 10**8, -(10**8), 0.5, -0.5, -(10**9), 10**9)


@dataclass(frozen=True)
class LimitedDrives:
    """What is left of two drives, with our part and without.

    Attributes:
        ours: With our part; only what can be told of it afterwards.
        stock: Without.
        made: Mosaics.
        failed: Mosaics that failed.
        log: All that the process said.
    """

    ours: Driven
    stock: Driven
    made: int
    failed: int
    log: str


def drive_with_limits(limit: str, pilot: Path, folder: Path) -> LimitedDrives:
    """Drives twice in another process."""
    done = subprocess.run(
        [sys.executable, "-m", "limited_drives", limit, str(pilot), str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{_HELPERS}{os.pathsep}{_HELPERS.parents[1]}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    ours, stock = (_driven(folder / name, *told[name]) for name in ("ours", "stock"))
    return LimitedDrives(ours, stock, told["made"], told["failed"], done.stderr)


def _driven(tub: Path, rounds: int, ended: bool, periods_s: list[float]) -> Driven:
    return Driven(tub, rounds, ended, periods_s, None)


@contextmanager
def _limited(kind: int, most: int) -> Iterator[None]:
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def _file_size(part: Any) -> Iterator[None]:
    yield from until(lambda: part.made > 2)
    with _limited(resource.RLIMIT_FSIZE, _LARGEST_FILE_BYTES):
        yield from until(lambda: part.failed > 5)
    made = part.made
    yield from until(lambda: part.made > made + 3)


class _Hog:
    """Takes all file descriptors between the rounds, when only our worker is at work."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.on = False

    def run(self, _: int) -> None:
        with suppress(OSError):
            while self.on:
                self.taken.append(os.open(os.devnull, os.O_RDONLY))

    def let_go(self) -> None:
        while self.taken:
            os.close(self.taken.pop())


_hog = _Hog()


def _descriptors(part: Any) -> Iterator[None]:
    yield from until(lambda: part.made > 2)
    with _limited(resource.RLIMIT_NOFILE, _MOST_DESCRIPTORS):
        _hog.on = True
        while part.failed <= 5:
            _hog.let_go()
            yield
        _hog.on = False
        _hog.let_go()
    made = part.made
    yield from until(lambda: part.made > made + 3)


def _wall_clock(part: Any) -> Iterator[None]:
    """The clock jumps while the loop sleeps: in its rounds Donkeycar's own timing depends on it."""
    clock, sleep = time.time, time.sleep
    jumps, offset_s, over = cycle(_JUMPS_S), 0.0, False

    def sleep_and_jump(seconds: SupportsIndex | float, /) -> None:
        nonlocal offset_s
        sleep(seconds)
        if over:
            time.time, time.sleep = clock, sleep
        else:
            offset_s += next(jumps)

    time.time, time.sleep = (lambda: clock() + offset_s), sleep_and_jump
    yield from rounds(60)
    yield from until(lambda: part.made > 5)
    over = True
    yield


_SCRIPTS: dict[str, Callable[[Any], Iterator[None]]] = {
    "file size": _file_size,
    "descriptors": _descriptors,
    "wall clock": _wall_clock,
}


def _drive(limit: str, pilot: Path, folder: Path) -> None:
    ours = drive(folder / "ours", pilot, _SCRIPTS[limit], last=_hog)
    stock = drive(folder / "stock", None, rounds=ours.rounds)
    assert ours.part is not None
    told = {
        "ours": [ours.rounds, ours.ended, ours.periods_s],
        "stock": [stock.rounds, stock.ended, stock.periods_s],
        "made": ours.part.made,
        "failed": ours.part.failed,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    _drive(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
