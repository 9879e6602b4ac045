"""One process that draws a block of records: the work on stdin, what became of it on stdout."""

import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from donkey_activations.errors import ActivationsError
from donkey_activations.extractors import announcements
from donkey_activations.recorded.drawing import Block, Look, Outcome, Studio

_REPORT_EVERY_S = 0.1

Report = dict[str, Any]


def main() -> None:
    """Draws the block; ends early when nobody reads its reports any more."""
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library or a car's configuration prints, the reports stay clean.
    os.dup2(2, 1)
    announcements.withhold()
    look, block = pickle.load(sys.stdin.buffer)  # our own parent's words
    try:
        _draw(look, block, lambda report: _send(reports, report))
    except BrokenPipeError:
        return
    except (ActivationsError, OSError) as error:
        _send(reports, {"error": str(error)})


def _draw(look: Look, block: Block, send: Callable[[Report], None]) -> None:
    outcomes: list[Outcome] = []
    sent_s = time.monotonic()
    for outcome in Studio(look).draw(block):
        outcomes.append(outcome)
        if time.monotonic() - sent_s > _REPORT_EVERY_S:
            send(_report(outcomes))
            outcomes.clear()
            sent_s = time.monotonic()
    send({**_report(outcomes), "done": True})


def _report(outcomes: list[Outcome]) -> Report:
    return {"outcomes": [[one.index, one.resized, one.reason] for one in outcomes]}


def _send(reports: BinaryIO, report: Report) -> None:
    reports.write(json.dumps(report).encode() + b"\n")


if __name__ == "__main__":
    main()
