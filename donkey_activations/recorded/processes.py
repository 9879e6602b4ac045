"""Other processes of this machine, as an executor."""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ParamSpec, TypeVar

from donkey_activations.errors import ActivationsError

_WORKER = [sys.executable, "-P", "-m", "donkey_activations.recorded.worker"]

_MOST_ENDING_S = 2.0

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


class WorkerDiedError(ActivationsError):
    """A worker process that ended before its work was done."""


class ProcessExecutor(Executor):
    """Runs calls in processes of a program of their own.

    ``ProcessPoolExecutor`` would run the program of the user, ``donkey``, once more in each of its
    processes, and lose all calls when one process dies. Here a process that dies costs its one
    call, and the next call gets a new process.
    """

    def __init__(self, workers: int) -> None:
        """Start nothing yet; each process starts with its first call.

        Args:
            workers: Number of processes, 1 or more.
        """
        # Each thread has one process, and waits for it.
        self._threads = ThreadPoolExecutor(workers)
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._is_ending = False

    def submit(
        self,
        fn: Callable[Arguments, Returned],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Returned]:
        """Schedule a call; it, its result and what it raises must be picklable.

        The future raises ``WorkerDiedError`` if the process ends before the call does.
        """
        return self._threads.submit(self._run, pickle.dumps((fn, args, kwargs)))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, after the calls that are scheduled unless these are cancelled.

        Args:
            wait: Return when the processes have ended; without it they end with this program, or
                when nothing refers to the executor any more.
            cancel_futures: End calls that are under way, too.
        """
        if cancel_futures:
            self._end_processes()
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            self._end_processes()

    def __exit__(self, exc_type: type[BaseException] | None, *_: object) -> None:
        """End the processes; what was interrupted is not waited for."""
        self.shutdown(cancel_futures=exc_type is not None)

    def _end_processes(self) -> None:
        with self._lock:
            self._is_ending = True
            ending, self._processes = self._processes, []
        for process in ending:
            process.terminate()
        for process in ending:
            try:
                process.wait(_MOST_ENDING_S)
            except subprocess.TimeoutExpired:  # stopped, or in a call that does not end
                process.kill()
                process.wait()

    def _run(self, call: bytes) -> Any:
        process = self._process()
        try:
            assert process.stdin is not None and process.stdout is not None
            pickle.dump(call, process.stdin)
            process.stdin.flush()
            answer = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._own.process = None
            raise WorkerDiedError(f"a worker died ({_exit_reason(process.wait())})") from error
        succeeded, result = pickle.loads(answer)
        if not succeeded:
            raise result
        return result

    def _process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is not None:
            return process
        with self._lock:
            if self._is_ending:
                raise WorkerDiedError("a worker was ended before it began")
            # A group of its own: Ctrl-C is for the parent, which ends its workers in order.
            process = subprocess.Popen(
                _WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
            )
            self._processes.append(process)
        self._own.process = process
        return process


def _exit_reason(exit_code: int) -> str:
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


def processes(workers: int) -> AbstractContextManager[ProcessExecutor | None]:
    """Return an executor for that many processes; None within its block for one, which is this.

    Args:
        workers: 1 or more.
    """
    return ProcessExecutor(workers) if workers > 1 else nullcontext()
