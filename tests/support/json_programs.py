"""Programs of this folder that need a process of their own, and tell what they found as JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def run_program(name: str, *words: str | Path, cache: Path) -> Any:
    """Runs a program of this folder and returns what the last line of its output holds.

    Args:
        name: Its file's name without the suffix.
        words: What it is given.
        cache: Where converted pilots are kept.
    """
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])
