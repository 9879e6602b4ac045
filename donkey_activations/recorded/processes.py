"""Several processes that draw one tub."""

import json
import os
import pickle
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from donkey_activations.errors import TubError
from donkey_activations.recorded.drawing import Block, Look, Outcome

_WORKER = [sys.executable, "-P", "-m", "donkey_activations.recorded.worker"]
_CHUNK_BYTES = 65536


class Crew:
    """Workers that draw blocks at the same time.

    Processes of a program of their own and not of ``multiprocessing``: that would run the program
    of the user, ``donkey``, once more in each of them.

    Attributes:
        deaths: One sentence for each worker that died with its work undone.
    """

    def __init__(self, look: Look) -> None:
        """Starts nothing yet.

        Args:
            look: How to draw.
        """
        self.deaths: list[str] = []
        self._look = look

    def draw(self, blocks: Sequence[Block]) -> Iterator[Outcome]:
        """Draws each block in a process of its own, one record an element, in any order.

        Args:
            blocks: The blocks; of those that a dead worker has left, records are missing.

        Raises:
            TubError: A worker cannot go on, such as for a full disk.
        """
        with _started(self._look, blocks) as workers, selectors.DefaultSelector() as selector:
            for worker in workers:
                selector.register(worker.reports, selectors.EVENT_READ, worker)
            while selector.get_map():
                for key, _ in selector.select():
                    worker = key.data
                    yield from worker.read()
                    if worker.ended:
                        selector.unregister(worker.reports)
                        self._bury(worker)

    def _bury(self, worker: "_Worker") -> None:
        if not worker.done:
            self.deaths.append(f"a worker died ({_last_words(worker.process.wait())})")


class _Worker:
    """One process, and what it has reported."""

    def __init__(self) -> None:
        self.ended = self.done = False
        # A group of its own: Ctrl-C is for the parent, which ends its workers in order.
        self.process = subprocess.Popen(
            _WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        self._unread = b""

    def give(self, look: Look, block: Block) -> None:
        # If it died at once, that shows when its reports end.
        with suppress(BrokenPipeError), _stream(self.process.stdin) as work:
            work.write(pickle.dumps((look, block)))

    @property
    def reports(self) -> IO[bytes]:
        return _stream(self.process.stdout)

    def read(self) -> Iterator[Outcome]:
        chunk = os.read(self.reports.fileno(), _CHUNK_BYTES)
        self.ended = not chunk
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        for line in lines:
            report = json.loads(line)
            if "error" in report:
                raise TubError(report["error"])
            self.done = self.done or "done" in report
            yield from (Outcome(*outcome) for outcome in report["outcomes"])


@contextmanager
def _started(look: Look, blocks: Sequence[Block]) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        for _ in blocks:
            workers.append(_Worker())
        for worker, block in zip(workers, blocks, strict=True):
            worker.give(look, block)
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.wait()
            worker.reports.close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TubError("expected a pipe to a worker, the system gave none; use --workers 1")
    return stream


def _last_words(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
