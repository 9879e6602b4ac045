import json
from pathlib import Path

import numpy as np
import pytest
from between_workers import built_once
from json_programs import run_program
from keras_zoo import KerasZoo
from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads what another, or the machine's user, has converted before."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    """Three frames at 160x120."""
    return np.random.default_rng(3).integers(0, 256, (3, 120, 160, 3), np.uint8)


@pytest.fixture(scope="session")
def keras_3_folder(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small pilots as Keras 3 saves them, and what opening each did, in `outcomes.json`."""
    return built_once(tmp_path_factory, "keras_3_zoo", _build_keras_3_zoo)


def _build_keras_3_zoo(folder: Path) -> Path:
    outcomes = run_program("keras_3_zoo", folder, cache=folder / "cache")
    (folder / "outcomes.json").write_text(json.dumps(outcomes))
    return folder


@pytest.fixture(scope="session")
def keras_zoo(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> KerasZoo:
    """Small pilots in every format that Keras saves, and what opening each of them did."""
    return built_once(tmp_path_factory, "keras_zoo", KerasZoo.build)
