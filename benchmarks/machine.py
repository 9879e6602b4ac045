"""The machine and the versions that a run was measured with."""

import datetime
import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_OURS = ("donkey-activations", "donkeycar", "ai-edge-litert", "tensorflow", "numpy")
_OURS_TOO = ("simplejpeg", "av")
_PEERS = ("donkeycar", "keract", "tf-explain", "tf-keras-vis", "tensorflow", "numpy", "matplotlib")
_PEERS_TOO = ("moviepy",)
_ASK = (
    "import json, sys; from importlib.metadata import version;"
    "print(json.dumps([version(name) for name in sys.argv[1:]]))"
)


def describe(peers: Path, load_before: float) -> list[str]:
    """Return what must be known beside figures, a line each.

    Args:
        peers: The peers' Python.
        load_before: The system's load average before the run.
    """
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    load = f"{load_before:.1f} before, {os.getloadavg()[0]:.1f} at the end"
    ours = [f"{name} {version(name)}" for name in (*_OURS, *_OURS_TOO)]
    return [
        f"Date: {today}; commit {_commit()}",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_memory_gb()}, {platform.platform()}",
        f"Load average over a minute: {load}",
        f"Ours: Python {platform.python_version()}, {', '.join(ours)}, {_opencv()}",
        f"Peers: {', '.join(_of_peers(peers))}",
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GB"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _opencv() -> str:
    for name in ("opencv-python-headless", "opencv-contrib-python-headless", "opencv-python"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return "OpenCV of the system"


def _of_peers(python: Path) -> list[str]:
    names = (*_PEERS, *_PEERS_TOO)
    done = subprocess.run([python, "-c", _ASK, *names], capture_output=True, check=True)
    return [f"{name} {number}" for name, number in zip(names, json.loads(done.stdout), strict=True)]
