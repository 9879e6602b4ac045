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


@contextmanager
def note_when_slow(message: str, after_s: float = _SILENT_S) -> Iterator[None]:
    """Write a line to stderr if a block takes its time, and nothing if it is quick.

    Args:
        message: What is being done.
        after_s: When it is written, seconds.
    """
    timer = threading.Timer(after_s, _print_note, [message])
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
        """Begin to measure now.

        Args:
            stream: Where to write, such as ``sys.stderr``.
            label: What is worked on.
            clock: Returns the time in seconds.
        """
        self._stream = stream
        self._label = label
        self._clock = clock
        self._started_s = clock()
        self._is_terminal = stream.isatty()
        self._shown_s = self._started_s + _SILENT_S - self._period_s
        self._bar_is_shown = False

    def __call__(self, done: int, total: int) -> None:
        """Show how far the work is, if it is time to.

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
        """Clear the bar, so that what follows begins on an empty line."""
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

    On a terminal a step moves in one line, and the next takes its place; elsewhere it is a line,
    and one more now and then. The line of a step that ends with a result stays.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Show nothing yet.

        Args:
            stream: Where to write, such as ``sys.stderr``.
            clock: Returns the time in seconds.
        """
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._step = ""
        self._started_s = self._shown_s = 0.0
        self._line_is_open = False

    def begin(self, step: str) -> None:
        """Show a step, in one line."""
        self._step = step
        self._started_s = self._shown_s = self._clock()
        self._show(f"{step} ...")

    def tick(self, status: str) -> None:
        """Show how far the step is, if it is time to; ``status`` can be ""."""
        now_s = self._clock()
        if self._is_terminal or now_s - self._shown_s >= _LINE_S:
            self._shown_s = now_s
            after = f": {status}" if status else ""
            self._show(f"{self._step} ... {now_s - self._started_s:.0f} s{after}")

    def end(self, result: str) -> None:
        """Show what came of the step and how long it took, in a line that stays."""
        self._show(f"{self._step}: {result} ({self._clock() - self._started_s:.1f} s)")
        if self._is_terminal:
            self._stream.write("\n")
            self._line_is_open = False

    def close(self) -> None:
        """Clear a step without a result, so that what follows begins on an empty line."""
        if self._line_is_open:
            self._stream.write(_OVER)
            self._stream.flush()

    def _show(self, text: str) -> None:
        self._stream.write(f"{_OVER}{text}" if self._is_terminal else f"{text}\n")
        self._line_is_open = self._is_terminal
        self._stream.flush()


def _print_note(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
