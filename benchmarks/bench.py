"""How much is measured, and how contestants are started in their environments."""

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import Result
from turns import Contestant, Words, take_turns
from workspace import Workspace

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Amount:
    """How much is measured.

    Attributes:
        rounds: Of what is warm, in each of which all take a turn.
        slow_rounds: Of these, for what takes seconds.
        turn_s: Seconds of a turn.
        runs: Of whole processes.
        records: Of the tub that is drawn and filmed.
        peer_images: Of which a peer's loop is measured in each run.
        drive_s: Seconds of driving behind each row.
        drive_rounds: Over which they are spread.
    """

    rounds: int = 15
    slow_rounds: int = 3
    turn_s: float = 0.5
    runs: int = 3
    records: int = 1000
    peer_images: int = 7
    drive_s: float = 60.0
    drive_rounds: int = 3


QUICK = Amount(
    rounds=5,
    slow_rounds=1,
    turn_s=0.3,
    runs=1,
    records=100,
    peer_images=2,
    drive_s=5.0,
    drive_rounds=1,
)


@dataclass(frozen=True)
class Bench:
    """What a row needs.

    Attributes:
        workspace: What it works on.
        amount: How much.
        peers: The peers' Python.
    """

    workspace: Workspace
    amount: Amount
    peers: Path

    def ours(self, name: str, module: str, **case: Any) -> Contestant:
        """Return a contestant of this environment, not yet started."""
        return self._contestant(name, Path(sys.executable), f"ours.{module}", case)

    def peer(self, name: str, peer: str, work: str, **case: Any) -> Contestant:
        """Return a contestant of the peers' environment, not yet started."""
        return self._contestant(
            name, self.peers, "peers.warm", {"peer": peer, "work": work, **case}
        )

    def take_turns(self, contestants: list[Contestant]) -> None:
        """Start all, and let them work in turns."""
        with ExitStack() as stack:
            for contestant in contestants:
                stack.enter_context(contestant)
            amount = self.amount
            take_turns(contestants, amount.rounds, amount.turn_s, amount.slow_rounds)

    @staticmethod
    def environment() -> dict[str, str]:
        """Return what lets a process of either environment find this folder's modules."""
        return {"PYTHONPATH": str(_HERE)}

    def _contestant(self, name: str, python: Path, module: str, case: dict[str, Any]) -> Contestant:
        plain = {
            key: str(value) if isinstance(value, Path) else value for key, value in case.items()
        }
        command: Words = [python, "-P", "-m", module, json.dumps(plain)]
        return Contestant(name, command, self.environment())


def say(words: str) -> None:
    """Return on stderr what is going on."""
    print(words, file=sys.stderr, flush=True)


def outcome(row: str, party: str, contestant: Contestant, **more: Any) -> Result:
    """Return what came of a contestant's turns; ``more`` are fields of the result."""
    return Result(
        row,
        party,
        contestant.name,
        contestant.medians_s(),
        contestant.peak_mb,
        error=contestant.error,
        **more,
    )
