"""What a film takes of memory depends on its size, and not on its length."""

import subprocess
import sys
from pathlib import Path

import pytest
from drawn_frames import write_frame_tub
from stock_pilot import StockPilot

# Both longer than what x264 holds of a film.
SHORT, LONG = 120, 480
# A peak is higher where pictures come faster than they are encoded, which is chance.
TRIES = 3
# A picture takes 2.8 MB.
MOST_GROWTH_MB = 5

MAKE = """
import sys
from pathlib import Path
from donkey_activations.cli.main import main
code = main(sys.argv[1:])
status = Path("/proc/self/status").read_text().splitlines()
print(code, *(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's largest memory")
def test_a_long_film_takes_no_more_memory_than_a_short_one(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    tub = write_frame_tub(tmp_path / "tub", LONG)
    short, long = (
        min(peak_mb(stock_pilot, tub, records, tmp_path) for _ in range(TRIES))
        for records in (SHORT, LONG)
    )
    assert long - short < MOST_GROWTH_MB, (short, long)


def peak_mb(pilot: StockPilot, tub: Path, records: int, folder: Path) -> float:
    """The most memory of a process that makes a film of so many records."""
    words = ["movie", "--model", pilot.tflite, "--tub", tub, "--fps", "20", "--quiet", "--force"]
    words += ["--end", records, "--out", folder / f"{records}.mp4"]
    done = subprocess.run(
        [sys.executable, "-c", MAKE, *map(str, words)], capture_output=True, text=True, check=True
    )
    code, peak_kb = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    return int(peak_kb) / 1024
