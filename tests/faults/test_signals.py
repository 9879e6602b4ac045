"""Drives that are ended by a signal: Ctrl-C, a closed ssh, a shutdown of the machine."""

import signal
from pathlib import Path

import pytest
from donkeycar.parts.tub_v2 import Tub
from faulted_drives import COLUMN, is_whole
from killed_drives import KilledDrive, Killing
from stock_pilot import StockPilot

from donkey_activations.cli.main import main

# Both what a drive gets and how many there are of it; what a process ends with, in stock, too.
SIGNALS = {
    ("SIGTERM",): (4, {-signal.SIGTERM}),
    ("SIGHUP",): (4, {-signal.SIGHUP}),
    ("SIGINT",): (6, {0}),
    # The second may come while Donkeycar shuts down, or when it has done so already. A worker
    # that is then still at work in C++ would have the process aborted, one time in twenty.
    ("SIGINT", "SIGINT"): (20, {0, -signal.SIGINT}),
}


# Ctrl-C in the middle of Donkeycar's own writing leaves a manifest without its last line: in 1 of
# 300 drives of stock, and in 3 of 300 with us, which chance alone makes of one rate in a third of
# cases. More than two more of 20 it makes in one of some thousand.
MOST_MORE_TORN = 2


@pytest.mark.parametrize("signals", SIGNALS, ids="+".join)
def test_a_signal_ends_the_drive_as_in_stock_and_leaves_a_whole_tub(
    signals: tuple[str, ...], stock_pilot: StockPilot, tmp_path: Path
) -> None:
    count, ends = SIGNALS[signals]
    ours = Killing(tmp_path / "ours", count, stock_pilot.tflite, signals=signals)
    stock = Killing(tmp_path / "stock", count, None, signals=signals)
    stock_drives = stock.drives()
    assert {one.exit_code for one in stock_drives} <= ends
    drives = ours.drives()
    assert {one.exit_code for one in drives} <= ends
    # SIGTERM and SIGHUP end stock as SIGKILL does, which one tub in some hundred does not survive
    # with us or without; whether ours are more is for test_kills to tell, from 200 of each.
    if signals[0] == "SIGINT":
        opened = [drive for drive in drives if _opens(drive)]
        torn_in_stock = sum(not _opens(drive) for drive in stock_drives)
        assert len(drives) - len(opened) <= torn_in_stock + MOST_MORE_TORN
        for drive in opened:
            _assert_whole(drive, closed=signals == ("SIGINT",))
    words = ["tub", "--model", str(stock_pilot.tflite), "--workers", "1", "--quiet", "--tub"]
    main([*words, *(str(drive.tub) for drive in drives)])
    for drive in drives:
        pictures = list(drive.tub.glob("activations/*/*.jpg"))
        assert len(pictures) >= drive.recorded
        assert all(is_whole(picture.read_bytes()) for picture in pictures)


def _opens(drive: KilledDrive) -> bool:
    try:
        Tub(str(drive.tub), read_only=True).close()
    except ValueError:  # as stock Donkeycar reads a manifest that is cut short
        return False
    return True


def _assert_whole(drive: KilledDrive, *, closed: bool) -> None:
    tub = Tub(str(drive.tub), read_only=True)
    records = list(tub)
    tub.close()
    assert len(records) in (drive.recorded, drive.recorded + 1)
    for record in records:
        picture = drive.tub / record[COLUMN]
        assert record[COLUMN] == "" or not picture.is_file() or is_whole(picture.read_bytes())
    log = drive.log.read_text()
    assert "Traceback" not in log or not closed
    assert ("sessions" in tub.manifest.manifest_metadata) or not closed
    if closed and "are left out" not in log:
        missing = [r[COLUMN] for r in records if not (drive.tub / r[COLUMN]).exists()]
        assert missing == []
        assert list(drive.tub.glob("activations/*/.*")) == []
