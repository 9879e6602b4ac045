"""Words on stderr while work takes its time."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SOON_S = 1.0


@contextmanager
def told_when_slow(message: str, after_s: float = SOON_S) -> Iterator[None]:
    """Writes a line to stderr if a block takes its time, and nothing if it is quick.

    Args:
        message: What is being done.
        after_s: When it is said.
    """
    timer = threading.Timer(after_s, _write, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


class Progress:
    """Counts steps, and tells about it once a second, after the first one."""

    def __init__(self, total: int, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Starts the clock.

        Args:
            total: Number of steps.
            what: What a step is, in the plural.
            clock: Seconds from any start.
        """
        self._total = total
        self._what = what
        self._clock = clock
        self._told_at = clock()
        self._done = 0

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = self._clock()
        if now - self._told_at >= SOON_S and self._done < self._total:
            self._told_at = now
            _write(f"{self._done} of {self._total} {self._what}")


def _write(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
