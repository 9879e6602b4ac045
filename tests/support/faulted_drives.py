"""Real vehicles on whose way something goes wrong, and what must be left of them all the same."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from donkeycar.parts.tub_v2 import Tub, TubWriter
from donkeycar.vehicle import Vehicle
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from PIL import Image

from donkey_activations import CnnActivations, add_activations
from donkey_activations.cli.main import main
from donkey_activations.tubs.records import read_tub

RATE_HZ = 60
COLUMN = "cnn/activations"

# Wide enough for a shared machine; what waits for our worker is far beyond, or never ends.
_LONGER_ROUND_S = 0.5
_SLOWER_DRIVE = 1.5

# So that a drive whose script goes wrong ends nevertheless.
_MOST_ROUNDS = 50_000
_PATIENCE = 2000

Script = Callable[[Any], Iterator[None]]


@dataclass(frozen=True)
class Driven:
    """What is left of a drive.

    Attributes:
        tub: The tub's folder; every round was to be recorded.
        rounds: How many the loop began.
        ended: Whether the loop came to its own end, and was not stopped by an error.
        periods_s: From each round's beginning to the next one's.
        part: Ours; None where the car drove without.
    """

    tub: Path
    rounds: int
    ended: bool
    periods_s: list[float]
    part: CnnActivations | None

    def records(self) -> list[dict[str, Any]]:
        """All records, read by stock Donkeycar."""
        tub = Tub(str(self.tub), read_only=True)
        try:
            return list(tub)
        finally:
            tub.close()

    def references(self) -> list[str]:
        return [record[COLUMN] for record in self.records()]


class Desk:
    """Camera and driver in one, who records every round."""

    def __init__(self, frame_of: Callable[[int], Any]) -> None:
        self.frame_of = frame_of
        self.count = 0

    def run(self) -> tuple[Any, float, float, str]:
        frame = self.frame_of(self.count)
        self.count += 1
        return frame, 0.1, 0.2, "user"


_ENDED = object()


class Fate:
    """Does the script's next step at the beginning of each round, and ends the drive with it."""

    def __init__(self, script: Script | None) -> None:
        self.script = script
        self.steps: Iterator[None] | None = None
        self.began_s: list[float] = []
        self.vehicle: Vehicle

    def run(self) -> None:
        self.began_s.append(time.perf_counter())
        if self.script is not None:
            self.steps = self.steps or self.script(part_of(self.vehicle))
            self.vehicle.on = next(self.steps, _ENDED) is not _ENDED


def rounds(count: int) -> Iterator[None]:
    """So many rounds of a script in which nothing else happens."""
    yield from repeat(None, count)


def until(reached: Callable[[], bool]) -> Iterator[None]:
    """As many rounds as it takes; on a machine with much else to do, that can be many."""
    for _ in range(_PATIENCE):
        if reached():
            return
        yield
    raise TimeoutError("it never came to that")


def part_of(vehicle: Vehicle) -> CnnActivations | None:
    """Our part, if the vehicle has it."""
    parts = (entry["part"] for entry in vehicle.parts)
    return next((part for part in parts if isinstance(part, CnnActivations)), None)


def make_vehicle(
    tub: Path,
    pilot: Path | None,
    frame_of: Callable[[int], Any] = draw_frame,
    first: Any = None,
    last: Any = None,
    **keys: Any,
) -> Vehicle:
    """A car that records every round, with our part on every frame where a pilot is given.

    Args:
        tub: The tub's folder.
        pilot: The pilot to look into; None leaves our part out.
        frame_of: What the camera gives in a round.
        first: A part before all others.
        last: A part behind all others, which gets the number of records.
        **keys: Settings of the car.
    """
    vehicle = Vehicle()
    if first is not None:
        vehicle.add(first)
    vehicle.add(Desk(frame_of), outputs=STOCK_INPUTS)
    inputs, types = list(STOCK_INPUTS), list(STOCK_TYPES)
    writer = TubWriter(str(tub), inputs=inputs, types=types)
    vehicle.add(writer, inputs=inputs, outputs=["tub/num_records"])
    if last is not None:
        vehicle.add(last, inputs=["tub/num_records"])
    if pilot is not None:
        camera = {"CAMERA_TYPE": "PICAM", "IMAGE_W": 160, "IMAGE_H": 120, "IMAGE_DEPTH": 3}
        settings = SimpleNamespace(**{**camera, "ACTIVATIONS_EVERY_N_FRAMES": 1, **keys})
        add_activations(vehicle, settings, str(pilot))
    return vehicle


def drive(
    tub: Path,
    pilot: Path | None,
    script: Script | None = None,
    *,
    rounds: int = _MOST_ROUNDS,
    rate_hz: float = RATE_HZ,
    frame_of: Callable[[int], Any] = draw_frame,
    last: Any = None,
    **keys: Any,
) -> Driven:
    """Drives once.

    Args:
        tub: The tub's folder.
        pilot: The pilot to look into; None leaves our part out.
        script: What happens, a step at the beginning of each round; the last step ends the drive.
            Called with our part.
        rounds: How many there are without a script.
        rate_hz: Donkeycar's own.
        frame_of: What the camera gives in a round.
        last: A part behind all others.
        **keys: Settings of the car.
    """
    fate = Fate(script)
    fate.vehicle = make_vehicle(tub, pilot, frame_of, fate, last, **keys)
    ended = fate.vehicle.start(rate_hz=rate_hz, max_loop_count=rounds) is not None
    periods_s = np.diff(fate.began_s).tolist()
    return Driven(tub, len(fate.began_s), ended, periods_s, part_of(fate.vehicle))


def assert_the_car_came_first(ours: Driven, stock: Driven) -> None:
    """The loop ran all its rounds, in time, and stock Donkeycar has every record."""
    assert ours.ended
    assert stock.ended
    assert max(ours.periods_s) < max(stock.periods_s) + _LONGER_ROUND_S
    assert np.median(ours.periods_s) < np.median(stock.periods_s) * _SLOWER_DRIVE
    assert [record["_index"] for record in ours.records()] == list(range(ours.rounds))
    reopened = Tub(str(ours.tub), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    assert len(reopened) == ours.rounds
    reopened.close()


def assert_no_record_points_to_a_torn_picture(
    ours: Driven, *pilots: Path, first: int | None = None
) -> None:
    """Neither as the drive has left it, nor when the tub was drawn again.

    Args:
        ours: The drive.
        *pilots: Those that drew on the way, all of one name.
        first: How many records to draw again; None is all.
    """
    references = ours.references()
    torn = [reference for reference in references if _is_torn(ours.tub, reference)]
    assert not torn
    for pilot in pilots:
        assert_drawn_whole(ours.tub, pilot, first)
    for reference in filter(None, references[:first]):
        assert is_whole((ours.tub / reference).read_bytes())


def assert_drawn_whole(tub: Path, pilot: Path, first: int | None = None) -> None:
    """Every record with a frame has a whole picture once the tub has been drawn again."""
    words = ["tub", "--model", str(pilot), "--tub", str(tub), "--workers", "1", "--quiet"]
    main(words if first is None else [*words, "--end", str(first)])
    files = [file for file in tub.glob("activations/*/*") if file.name != "set.json"]
    assert [file for file in files if not is_whole(file.read_bytes())] == []
    drawn = {file.stem for file in files if file.parent.name.startswith(f"{pilot.stem}-")}
    records = [record for record in read_tub(tub).records[:first] if record.image_path is not None]
    assert {str(record.index) for record in records} <= drawn


def is_whole(jpeg: bytes) -> bool:
    """Whether Pillow can decode all of it."""
    try:
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.load()
    except OSError:
        return False
    return jpeg.endswith(b"\xff\xd9")


def _is_torn(tub: Path, reference: str) -> bool:
    file = tub / reference
    return bool(reference) and file.is_file() and not is_whole(file.read_bytes())
