import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations.planning.drive_loop import LoopTimes, TrialDrive
from donkey_activations.planning.latency import Latency

FRAMES = [draw_frame(index, 120, 160) for index in range(5)]


def times(median_ms: float, p99_ms: float) -> LoopTimes:
    return LoopTimes(Latency(median_ms, p99_ms, 100))


@pytest.mark.parametrize(
    ("median_ms", "p99_ms", "holds", "nearly"),
    [(10, 50, True, True), (10, 50.1, False, True), (50, 90, False, True), (51, 90, False, False)],
)
def test_20_hz_is_held_where_99_of_100_rounds_fit_into_50_ms(
    median_ms: float, p99_ms: float, holds: bool, nearly: bool
) -> None:
    drive = times(median_ms, p99_ms)
    assert (drive.holds(20.0), drive.nearly_holds(20.0)) == (holds, nearly)


def test_the_rate_is_that_of_the_median_round() -> None:
    assert times(40.0, 60.0).rate_hz == 25.0


def test_a_drive_runs_the_pilot_and_makes_the_mosaics_that_are_due(
    stock_pilot: StockPilot, capfd: pytest.CaptureFixture[str]
) -> None:
    drive = TrialDrive(stock_pilot.tflite.read_bytes(), FRAMES, threads=1)
    without, with_mosaics = drive.without_and_with_mosaics(every_n_frames=10)
    assert (without.mosaics_due, without.mosaics_made) == (0, 0)
    for drove in (without, with_mosaics):
        assert 100 <= drove.round.runs <= 1000
        assert 0 < drove.round.median_ms <= drove.round.p99_ms
    # Ten rounds of warming up have a record each, too.
    assert with_mosaics.mosaics_due == -(-(with_mosaics.round.runs + 10) // 10)
    assert 1 <= with_mosaics.mosaics_made <= with_mosaics.mosaics_due
    assert capfd.readouterr().out == ""


def test_nothing_of_a_drive_is_left_on_the_disk(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    TrialDrive(stock_pilot.tflite.read_bytes(), FRAMES, threads=1).with_mosaics(every_n_frames=5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "channels"), [("linear", 1), ("rnn", 3), ("categorical", 3)])
def test_grey_pilots_and_sequences_drive_as_well(
    kind: str, channels: int, pilot_folder: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, 100, 140, kind, channels).tflite
    frames = [np.ascontiguousarray(draw_frame(index, 100, 140)) for index in range(3)]
    with contextlib.redirect_stderr(io.StringIO()):
        drove = TrialDrive(pilot.read_bytes(), frames, threads=1).with_mosaics(every_n_frames=20)
    assert drove.mosaics_made >= 1
