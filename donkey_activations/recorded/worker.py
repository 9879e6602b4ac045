"""A process that runs calls: they come pickled on stdin, their results go pickled to stdout.

Each message is the pickle of a pickle, so that what cannot be unpickled is a result like any other.
"""

import os
import pickle
import queue
import sys
import threading

from donkey_activations.extractors import announcements


def main() -> None:
    """Run one call after the other, and end with the process that sends them."""
    results = os.fdopen(os.dup(1), "wb")
    # Whatever a library or a car's configuration prints, the results stay clean.
    os.dup2(2, 1)
    announcements.withhold()
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(calls,), daemon=True).start()
    while True:
        answer = _answer(calls.get())
        try:
            pickle.dump(answer, results)
            results.flush()
        except BrokenPipeError:
            return


def _answer(call: bytes) -> bytes:
    try:
        function, arguments, keywords = pickle.loads(call)
        return pickle.dumps((True, function(*arguments, **keywords)))
    except Exception as error:  # noqa: BLE001 - it is raised again where the call came from
        return pickle.dumps((False, error))


def _receive(calls: queue.SimpleQueue[bytes]) -> None:
    """Read calls while another runs, so that the end of the sender is noticed at once."""
    while True:
        try:
            calls.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(0)


if __name__ == "__main__":
    main()
