"""Drives that end with SIGKILL at a random moment while they record, with our part and without.

Donkeycar itself does not keep every tub whole through that: about one in a hundred cannot be
read to its end. So what is asked is that ours are not worse than those of the same run without us.
`pytest -s` shows the table; `FAULT_KILLS` sets how many there are of each.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from pathlib import Path

import pytest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import STOCK_INPUTS, STOCK_TYPES
from faulted_drives import COLUMN, is_whole
from killed_drives import KilledDrive, Killing
from stock_pilot import StockPilot

from donkey_activations.cli.main import main
from donkey_activations.tubs.records import read_tub

pytestmark = [pytest.mark.timeout(1200), pytest.mark.alone]

# An even number.
KILLS = int(os.environ.get("FAULT_KILLS", "200"))
# How often the comparison may be wrong where there is no difference.
ERROR_PROBABILITY = 1e-5


@dataclass(frozen=True)
class Tale:
    """What stock Donkeycar finds behind a kill.

    Attributes:
        reads: The tub opens, and all its records can be read.
        whole: They are as many as were written, each once, each with a whole image.
        records_on: The tub opens to be recorded into.
        loses: It reads, and a record that had been written is not in it.
    """

    reads: bool
    whole: bool
    records_on: bool
    loses: bool


def tell(drive: KilledDrive) -> Tale:
    records = _read(drive.tub)
    indexes = [record["_index"] for record in records or ()]
    images = [drive.tub / "images" / record["cam/image_array"] for record in records or ()]
    # The one that was being written may be there, too.
    whole = indexes in (list(range(drive.recorded)), list(range(drive.recorded + 1)))
    return Tale(
        reads=records is not None,
        whole=whole and all(is_whole(image.read_bytes()) for image in images),
        records_on=_records_on(drive.tub),
        loses=records is not None and not set(range(drive.recorded)) <= set(indexes),
    )


def _read(path: Path) -> list[dict[str, object]] | None:
    try:
        tub = Tub(str(path), read_only=True)
        records = list(tub)
        tub.close()
    except Exception:  # noqa: BLE001 - however stock Donkeycar fails at it
        return None
    return records


def _records_on(path: Path) -> bool:
    try:
        Tub(str(path), inputs=STOCK_INPUTS, types=STOCK_TYPES).close()
    except Exception:  # noqa: BLE001 - however stock Donkeycar fails at it
        return False
    return True


@dataclass(frozen=True)
class Killed:
    """The drives of one kind."""

    drives: list[KilledDrive]
    tales: list[Tale]

    def count(self, what: Callable[[Tale], bool]) -> int:
        return sum(map(what, self.tales))


@pytest.fixture(scope="module")
def killed(stock_pilot: StockPilot, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Killed]:
    """Both kinds at once, so that what else happens on the machine meets them alike.

    Two drives of each at a time leave two cores half idle, for most of a drive is waiting.
    """
    folder = tmp_path_factory.mktemp("killed")
    pilots = {"ours": stock_pilot.tflite, "stock": None}
    killings = [
        (name, Killing(folder / f"{name}{seed}", KILLS // 2, pilot, seed=seed))
        for seed in range(2)
        for name, pilot in pilots.items()
    ]
    drives = {name: [] for name in pilots}
    for name, killing in killings:
        drives[name] += killing.drives()
    found = {name: Killed(drives[name], list(map(tell, drives[name]))) for name in drives}
    print(f"\n{KILLS} kills each     reads  whole  records on  loses a record  records")
    for name, one in found.items():
        counts = [
            one.count(lambda tale, key=key: getattr(tale, key))
            for key in ("reads", "whole", "records_on", "loses")
        ]
        records = sum(drive.recorded for drive in one.drives)
        print(f"{name:>14} {counts[0]:10} {counts[1]:6} {counts[2]:11} {counts[3]:15} {records:8}")
    return found


def chance_of_as_many(bad: int, bad_without: int, of: int) -> float:
    """Fisher's exact test, one-sided, of two groups of one size.

    The probability that, of all bad ones, at least so many are in the first group, if it is chance
    alone in which group one is.
    """
    all_bad = bad + bad_without
    ways = sum(comb(all_bad, k) * comb(2 * of - all_bad, of - k) for k in range(bad, all_bad + 1))
    return ways / comb(2 * of, of)


@pytest.mark.parametrize("what", ["reads", "whole", "records_on"])
def test_a_killed_drive_leaves_a_tub_no_worse_than_without_us(
    what: str, killed: dict[str, Killed]
) -> None:
    bad = [killed[name].count(lambda tale: not getattr(tale, what)) for name in ("ours", "stock")]
    assert chance_of_as_many(*bad, of=KILLS) > ERROR_PROBABILITY, bad


def test_every_drive_was_killed_while_it_recorded(killed: dict[str, Killed]) -> None:
    for one in killed.values():
        assert [drive.exit_code for drive in one.drives] == [-9] * KILLS
        assert all(drive.recorded > 0 for drive in one.drives)


def test_no_record_that_was_written_is_lost(killed: dict[str, Killed]) -> None:
    assert killed["ours"].count(lambda tale: tale.loses) == 0


def test_after_a_kill_no_picture_is_torn_and_none_is_missing_once_the_tubs_are_drawn_again(
    stock_pilot: StockPilot, killed: dict[str, Killed]
) -> None:
    tubs = [drive.tub for drive in killed["ours"].drives]
    pictures = [picture for tub in tubs for picture in tub.glob("activations/*/*.jpg")]
    assert len(pictures) > KILLS
    assert [picture for picture in pictures if not is_whole(picture.read_bytes())] == []
    words = ["tub", "--model", str(stock_pilot.tflite), "--workers", "1", "--quiet", "--tub"]
    assert main([*words, *map(str, tubs)]) in (0, 1)
    for tub in tubs:
        for record in read_tub(tub).records:
            reference = record.values[COLUMN]
            assert reference == "" or is_whole((tub / str(reference)).read_bytes())
        drawn = {picture.stem for picture in tub.glob("activations/*/*.jpg")}
        assert drawn >= {str(record.index) for record in read_tub(tub).records}
        assert list(tub.glob("activations/*/.*")) == []


def test_the_comparison_tells_a_difference_from_chance() -> None:
    # 1 of 2 and 1 of 4 drawn without regard to group; worked out by counting by hand.
    assert chance_of_as_many(1, 0, of=1) == 0.5
    assert chance_of_as_many(2, 0, of=2) == pytest.approx(1 / 6)
    assert chance_of_as_many(2, 2, of=200) > 0.6
    assert chance_of_as_many(20, 0, of=200) < ERROR_PROBABILITY
