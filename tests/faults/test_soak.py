"""The soak of `make soak`, cut short: its table and its verdicts."""

import subprocess
import sys
from pathlib import Path

import pytest
from stock_pilot import StockPilot, build_stock_pilot

pytestmark = pytest.mark.timeout(1200)

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"
ROUNDS = 2000


@pytest.mark.alone
def test_a_short_soak_leaks_nothing_and_slows_nothing_down(
    stock_pilot: StockPilot, pilot_folder: Path
) -> None:
    build_stock_pilot(pilot_folder, kind="categorical")
    words = ["--rounds", str(ROUNDS), "--pilots", str(stock_pilot.tflite.parent)]
    done = subprocess.run(
        [sys.executable, str(SOAK), *words], capture_output=True, text=True, check=False
    )
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(("ok", "FAIL"))]
    assert len(verdicts) == 6, done.stderr
    assert [line for line in verdicts if line.startswith("FAIL")] == []
    assert done.returncode == 0
