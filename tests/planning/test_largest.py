"""Which pilot ``install --resolution auto`` measures with."""

import os
from pathlib import Path

import pytest

from donkey_activations.errors import ConfigError
from donkey_activations.planning.largest import newest_pilot


def test_the_newest_pilot_is_taken_and_the_keras_file_of_one_training(tmp_path: Path) -> None:
    names = ["old.h5", "new.tflite", "new.h5"]
    for number, name in enumerate(names):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (min(number, 1), min(number, 1)))
    assert newest_pilot(tmp_path).name == "new.h5"
    (tmp_path / "newest.savedmodel").mkdir()
    assert newest_pilot(tmp_path).name == "newest.savedmodel"


def test_what_donkeycar_keeps_beside_the_pilots_is_none(tmp_path: Path) -> None:
    for name in ("database.json", "pilot.png", "pilot.trt"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match="expected a trained pilot"):
        newest_pilot(tmp_path)
