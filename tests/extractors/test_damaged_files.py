"""Thousands of damaged `.tflite` files: each opens or is refused, and none ends the process."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SUPPORT = Path(__file__).parents[1] / "support"
COPIES = 1200
PILOTS = ["residual", "kinds_of_convolution"]


@pytest.fixture(scope="module")
def small_pilots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small_pilots")
    kinds = ",".join(PILOTS).replace("_", " ")
    words = [str(folder), "--kinds", kinds, "--formats", ".tflite"]
    command = [sys.executable, str(SUPPORT / "pilot_kinds.py"), *words]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return folder


@pytest.mark.parametrize("pilot", PILOTS)
def test_a_damaged_file_opens_or_is_refused_and_never_ends_the_process(
    pilot: str, small_pilots: Path
) -> None:
    command = [sys.executable, str(SUPPORT / "mutated_files.py")]
    words = [str(small_pilots / f"{pilot}.tflite"), "0", str(COPIES)]
    done = subprocess.run(
        [*command, *words], capture_output=True, text=True, check=False, timeout=900
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"died of number {lines[-1]}: {done.stderr}"
    assert len(lines) == COPIES
    fates = Counter(line.split(" ", 1)[1] for line in lines)
    assert set(fates) == {"opened", "refused"}, fates
    assert fates["refused"] > COPIES / 4
