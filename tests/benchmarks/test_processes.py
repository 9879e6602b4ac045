"""What the benchmarks say of a process is that process's own."""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MB = 1 << 20
# A process that is large itself has a child that takes some 60 MB, and a bare one.
MEASURE = f"""
import json, sys
from processes import ProcessError, run
held = b"x" * (400 * {MB})
runs = [run([sys.executable, "-c", code], {{}}) for code in sys.argv[1:3]]
try:
    run([sys.executable, "-c", sys.argv[3]], {{}})
except ProcessError as error:
    said = str(error)
print(json.dumps([[one.peak_mb, one.output.decode()] for one in runs] + [said]))
"""


def test_memory_and_output_are_those_of_the_process_whoever_started_it() -> None:
    codes = [f"held = b'x' * (60 * {MB}); print('large')", "print('bare')", "1 / 0"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *codes],
        env={"PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        check=True,
    )
    (large_mb, said_large), (bare_mb, said_bare), failed = json.loads(done.stdout)
    assert (said_large, said_bare) == ("large\n", "bare\n")
    assert 50 < large_mb - bare_mb < 70
    assert bare_mb < 60
    assert failed == "ZeroDivisionError: division by zero"


def test_a_process_tells_its_own_largest_memory() -> None:
    child = f"from turns import peak_mb; held = b'x' * (60 * {MB}); del held; print(peak_mb())"
    parent = f"""
import subprocess, sys
held = b"x" * (400 * {MB})
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", parent, child],
        env={"PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 60 < float(done.stdout) < 130
