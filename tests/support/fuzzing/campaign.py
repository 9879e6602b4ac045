"""Has the inputs of a subject tried in processes of their own, and gathers what became of them.

python -m fuzzing.campaign SUBJECT MATERIALS INPUTS
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SUPPORT = Path(__file__).parents[1]
# A process that goes on for longer than this would hide what slowly grows in it.
_INPUTS_A_PROCESS = 500
_MOST_DEATHS = 10


@dataclass
class Campaign:
    """What became of the inputs of one subject."""

    tried: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    longest_cpu_s: float = 0.0
    largest_peak_mb: int = 0
    complaints: list[str] = field(default_factory=list)
    deaths: int = 0

    def add(self, number: int, report: dict[str, Any]) -> None:
        """Counts one input."""
        self.tried += 1
        self.codes[report["code"]] += 1
        self.longest_cpu_s = max(self.longest_cpu_s, report["cpu_s"])
        self.largest_peak_mb = max(self.largest_peak_mb, report["peak_mb"])
        if report["complaints"]:
            about = f"{report['words']} -> {report['code']}"
            said = "\n  ".join(report["complaints"])
            self.complaints.append(f"input {number}: {about}\n  {said}\n  said: {report['said']}")

    def __str__(self) -> str:
        codes = ", ".join(f"{count} ended with {code}" for code, count in self.codes.most_common())
        cost = f"at most {self.longest_cpu_s:.1f} s of a core and {self.largest_peak_mb} MB"
        return f"{self.tried} inputs: {codes}; {cost}; {len(self.complaints)} complaints"


def run(subject: str, materials: Path, inputs: int, first: int = 0) -> Campaign:
    """Tries inputs `first` to `first + inputs`."""
    campaign = Campaign()
    number, end = first, first + inputs
    while number < end and campaign.deaths < _MOST_DEATHS:
        last = min(end, number + _INPUTS_A_PROCESS)
        with tempfile.TemporaryDirectory(prefix="fuzzing-") as folder:
            words = [subject, str(materials), folder, str(number), str(last)]
            done = _run_process(words, Path(folder))
        number = _gather(done, number, campaign)
    return campaign


def _run_process(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_SUPPORT), os.environ.get("PYTHONPATH", "")]),
        # As on a terminal of today, whatever the machine's locale.
        "PYTHONIOENCODING": "utf-8:strict",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    environment.pop("DISPLAY", None)
    return subprocess.run(
        [sys.executable, "-m", "fuzzing.runner", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _gather(done: subprocess.CompletedProcess[str], first: int, campaign: Campaign) -> int:
    """Counts what one process has told, and returns the number to go on with."""
    number = first
    for line in done.stdout.splitlines():
        told, _, report = line.partition(" ")
        if not told.isdecimal() or not report.startswith("{"):
            break
        campaign.add(int(told), json.loads(report))
        number = int(told) + 1
    if done.returncode:
        campaign.deaths += 1
        last_words = f"{done.stdout[-3000:].rpartition('}')[2]}\n{done.stderr[-3000:]}"
        campaign.complaints.append(
            f"input {number} ended the process: {done.returncode}\n{last_words}"
        )
        number += 1
    return number


if __name__ == "__main__":
    made = run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int((sys.argv[4:] or ["0"])[0]))
    print("\n\n".join([*made.complaints, str(made)]))
