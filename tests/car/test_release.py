"""With a Donkeycar that cannot work, everything of ours says so in one line."""

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import donkeycar
import pytest
from donkeycar.vehicle import Vehicle

from donkey_activations import add_activations, register
from donkey_activations.car.release import (
    FIRST,
    FIRST_UNKNOWN,
    refuse_unknown_donkeycar,
)
from donkey_activations.cli.main import main
from donkey_activations.errors import ConfigError

OTHERS = ["4.5.1", "5.2.0", "5.2.dev5", "6.0.0", "10.1"]


@pytest.mark.parametrize("version", ["5.3.0", "5.4.0", "5.4.dev2", "5.10.1", "unknown"])
def test_these_work(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(donkeycar, "__version__", version)
    refuse_unknown_donkeycar()


@pytest.mark.parametrize("version", OTHERS)
def test_a_verb_is_one_line_and_exit_code_2(
    version: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(donkeycar, "__version__", version)
    assert main(["layers", "--model", "no.tflite"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("donkey activations layers: expected Donkeycar 5.3 ")
    assert f"found {version};" in line
    assert "pip install 'donkeycar>=5.3,<6'" in line


def test_a_program_that_has_not_loaded_donkeycar_says_the_same(tmp_path: Path) -> None:
    info = tmp_path / "donkeycar-6.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: donkeycar\nVersion: 6.0.0\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "donkey_activations", "layers", "--model", "no.tflite"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "found 6.0.0;" in line


@pytest.mark.parametrize("version", OTHERS)
def test_a_car_drives_without_mosaics_and_its_vehicle_is_stock(
    version: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(donkeycar, "__version__", version)
    stock_start = Vehicle.start
    cfg = object()

    def load_config() -> None:
        assert cfg is not None  # the name that register() looks for
        register()

    load_config()
    add_activations(Vehicle(), cfg)
    assert Vehicle.start is stock_start
    assert len(caplog.messages) == 2
    for line in caplog.messages:
        assert f"found {version};" in line
        assert line.endswith(". Driving without mosaics")
        assert "\n" not in line


def test_pip_is_told_the_same() -> None:
    config = ConfigParser(interpolation=None)
    config.read(Path(__file__).parents[2] / "setup.cfg", encoding="utf-8")
    (pin,) = re.findall(r"^donkeycar>=(\S+),<(\S+)$", config["options"]["install_requires"], re.M)
    as_numbers = [tuple(map(int, part.split("."))) for part in pin]
    assert as_numbers == [FIRST, FIRST_UNKNOWN[:1]]


def test_the_error_is_one_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(donkeycar, "__version__", "6.0.0")
    with pytest.raises(ConfigError):
        refuse_unknown_donkeycar()
