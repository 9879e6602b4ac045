"""How far work is, for someone who waits in front of a terminal or reads a log."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from donkey_activations.formatting import printable

_SILENT_S = 1.0
_REDRAW_S = 0.1
_LINE_S = 10.0
_BAR = 24
# Back to the line's begin, and the rest of the line away.
_OVER = "\r\x1b[K"
_LINE_END = "\n"


@contextmanager
def told_when_slow(message: str, after_s: float = _SILENT_S) -> Iterator[None]:
    """Writes a line to stderr if a block takes its time, and nothing if it is quick.

    Args:
        message: What is being done.
        after_s: When it is said.
    """
    timer = threading.Timer(after_s, _tell, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


class ProgressLine:
    """A bar with rate and time left on a terminal, a line now and then elsewhere.

    Nothing is shown of work that is done within a second.
    """

    def __init__(
        self, stream: TextIO, label: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begins to measure now.

        Args:
            stream: Where to write, such as ``sys.stderr``.
            label: What is worked on.
            clock: Tells the time in seconds.
        """
        self._stream = stream
        self._label = label
        self._clock = clock
        self._started_s = clock()
        self._is_terminal = stream.isatty()
        self._shown_s = self._started_s + _SILENT_S - self._period_s
        self._bar_is_shown = False

    def __call__(self, done: int, total: int) -> None:
        """Shows how far the work is, if it is time to.

        Args:
            done: Number of pieces done.
            total: Number of all pieces, 1 or more.
        """
        now_s = self._clock()
        if now_s - self._shown_s < self._period_s:
            return
        self._shown_s = now_s
        rate = done / (now_s - self._started_s)
        left_s = round((total - done) / rate) if rate else 0
        text = f"{done} of {total}  {rate:.0f}/s  {left_s // 60}:{left_s % 60:02d} left"
        if self._is_terminal:
            filled = _BAR * done // total
            text = f"{_OVER}{self._label} [{'#' * filled}{'.' * (_BAR - filled)}] {text}"
            self._bar_is_shown = True
        else:
            text = f"{self._label}: {text}\n"
        self._stream.write(text)
        self._stream.flush()

    def close(self) -> None:
        """Clears the bar, so that what follows begins on an empty line."""
        if self._bar_is_shown:
            self._stream.write(_OVER)
            self._stream.flush()

    @property
    def _period_s(self) -> float:
        return _REDRAW_S if self._is_terminal else _LINE_S


@contextmanager
def progress_line(label: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far work is, unless the user wants no progress.

    Args:
        label: What is worked on.
        quiet: Show nothing.

    Yields:
        What is to be called with the numbers of pieces done and of all.
    """
    line = ProgressLine(sys.stderr, printable(label))
    try:
        yield (lambda *_: None) if quiet else line
    finally:
        line.close()


class Steps:
    """What is done now, of work whose steps are of different kinds.

    On a terminal each step takes the place of the one before; elsewhere it is a line of its own.
    """

    def __init__(self, stream: TextIO) -> None:
        """Shows nothing yet.

        Args:
            stream: Where to write, such as ``sys.stderr``.
        """
        self._stream = stream
        self._over = _OVER if stream.isatty() else ""

    def __call__(self, step: str) -> None:
        """Shows a step, in one line."""
        self._stream.write(f"{self._over}{step}{'' if self._over else _LINE_END}")
        self._stream.flush()

    def close(self) -> None:
        """Clears the last step, so that what follows begins on an empty line."""
        self._stream.write(self._over)
        self._stream.flush()


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
