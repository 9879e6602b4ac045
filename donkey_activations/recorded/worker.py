"""A process that runs calls: they come pickled on stdin, their results go pickled to stdout.

Each message is the pickle of a pickle, so that what cannot be unpickled is a result like any other.
"""

import os
import pickle
import queue
import sys
import threading
from contextlib import suppress

from donkey_activations.extractors import announcements


def main() -> None:
    """Run one call after the other, and end with the process that sends them."""
    results = os.fdopen(os.dup(1), "wb")
    # Whatever a library or a car's configuration prints, the results stay clean.
    os.dup2(2, 1)
    announcements.withhold()
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(calls,), daemon=True).start()
    try:
        while True:
            pickle.dump(_answer(calls.get()), results)
            results.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        # The other thread reads and cannot be ended, as Python would like to at its own end.
        os._exit(1)


def _answer(call: bytes) -> bytes:
    try:
        function, arguments, keywords = pickle.loads(call)
        return pickle.dumps((True, function(*arguments, **keywords)))
    # Also of a car's own code, which may end the program. It is raised where the call came from.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return pickle.dumps((False, _as_it_travels(error)))


def _as_it_travels(error: BaseException) -> Exception:
    """Return the error, or what it says if it is of a kind that cannot be pickled."""
    if isinstance(error, Exception):
        with suppress(Exception):
            pickle.loads(pickle.dumps(error))
            return error
    return RuntimeError(f"{type(error).__name__}: {error}")


def _receive(calls: queue.SimpleQueue[bytes]) -> None:
    """Read calls while another runs, so that the end of the sender is noticed at once."""
    while True:
        try:
            calls.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)


if __name__ == "__main__":
    main()
