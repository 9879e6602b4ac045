import os
import subprocess
import sys
from pathlib import Path

import pytest
from between_workers import built_once

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="session")
def materials(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sound pilots, tubs and images that are damaged."""
    return built_once(tmp_path_factory, "materials", _make)


def _make(folder: Path) -> Path:
    paths = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "fuzzing.materials", str(folder)]
    environment = {**os.environ, "PYTHONPATH": paths}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=600)
    return folder
