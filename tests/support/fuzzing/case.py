"""One input: the words of a command, and what it may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

# Where a case is made. The command runs in `inside`; what lies in `outside` is nobody's business.
INSIDE, OUTSIDE = "inside", "outside"
SECRET = "secret.jpg"
_SLOW_PERIOD = 250


@dataclass(frozen=True)
class Case:
    """What a user hands over.

    Attributes:
        words: Behind the program's name.
        may_change: Files and folders below `inside` that may be new or different afterwards; `.`
            is all of it.
        keeps: Those of them that may not.
        program: `activations` for `donkey activations`, `cnnactivations` for Donkeycar's own
            command, `left_overs` for what a drive does with a tub at its start.
    """

    words: Sequence[str]
    may_change: Sequence[str] = ()
    program: str = "activations"
    keeps: Sequence[str] = ()


@dataclass(frozen=True)
class Room:
    """Where one case is made, new for each.

    Attributes:
        path: A folder with `inside` and `outside` in it.
        materials: Pilots, tubs and images to be damaged; never written to.
        chance: What decides, the same for the same number of the input.
    """

    path: Path
    materials: Path
    chance: Random

    @property
    def inside(self) -> Path:
        return self.path / INSIDE

    @property
    def secret(self) -> Path:
        """An image that no file handed over may lead to."""
        return self.path / OUTSIDE / SECRET


MakeCase = Callable[[Room], Case]


@dataclass(frozen=True)
class Subject:
    """Inputs of one kind.

    Attributes:
        fixed: Cases that are always tried, first of all.
        any_other: Makes a case of chance.
        slow: Cases that take seconds to make, of which long runs try one now and then.
        memory_mb: What the process may take at most, with all its libraries.
        cpu_s: What one input may take at most.
        talkative: A library writes pages to stderr by itself.
    """

    fixed: Sequence[MakeCase]
    any_other: MakeCase
    slow: Sequence[MakeCase] = ()
    memory_mb: int = 1024
    cpu_s: float = 10.0
    talkative: bool = False

    def case(self, number: int, room: Room) -> Case:
        """Makes input `number`, always the same."""
        if number < len(self.fixed):
            return self.fixed[number](room)
        if self.slow and number % _SLOW_PERIOD == 0:
            return self.slow[number // _SLOW_PERIOD % len(self.slow)](room)
        return self.any_other(room)
