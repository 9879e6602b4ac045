"""Questions that tests ask of a tub, importable in every process that answers them."""

import os
import signal

from donkey_activations import Seen


class BrightestCells:
    """The largest value of the first layer, and the records that were observed."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.indexes: set[int] = set()

    def observe(self, seen: Seen) -> None:
        self.largest = max(self.largest, float(seen.maps[0].max()))
        self.indexes.add(seen.record.index)

    def merge(self, other: "BrightestCells") -> None:
        assert not self.indexes & other.indexes
        self.largest = max(self.largest, other.largest)
        self.indexes |= other.indexes

    def result(self) -> float:
        return self.largest


class DiesAtRecord70(BrightestCells):
    def observe(self, seen: Seen) -> None:
        if seen.record.index == 70:
            os.kill(os.getpid(), signal.SIGKILL)
        super().observe(seen)


class OddError(Exception):
    """What cannot be pickled: its arguments are not those that it is made with."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def raise_odd_error(one: str, other: str) -> None:
    raise OddError(one, other)


def end(status: int) -> None:
    raise SystemExit(status)
