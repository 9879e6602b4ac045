"""What the faults happen to: pilots, and a Vehicle as Donkeycar ships it."""

from pathlib import Path

import pytest
from donkeycar.vehicle import Vehicle
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations.drive import attach


@pytest.fixture(autouse=True)
def stock_vehicle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test begins with the class as Donkeycar ships it, in a folder without a car."""
    monkeypatch.setattr(Vehicle, "start", Vehicle.start)
    monkeypatch.setattr(attach, "_registered", [])
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaced pilots are noticed within a few rounds of the loop, not within two seconds."""
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.02)


@pytest.fixture
def model(stock_pilot: StockPilot, tmp_path: Path) -> Path:
    """The file that the car drives with."""
    return _copy(stock_pilot.tflite, tmp_path / "first" / "mypilot.tflite")


@pytest.fixture
def other_model(pilot_folder: Path, tmp_path: Path) -> Path:
    """Another pilot of the same input shape, and of the same name."""
    other = build_stock_pilot(pilot_folder, kind="categorical")
    return _copy(other.tflite, tmp_path / "second" / "mypilot.tflite")


@pytest.fixture
def larger_model(pilot_folder: Path, tmp_path: Path) -> Path:
    """A pilot trained at another resolution."""
    larger = build_stock_pilot(pilot_folder, height=128, width=176)
    return _copy(larger.tflite, tmp_path / "larger" / "mypilot.tflite")


def _copy(file: Path, to: Path) -> Path:
    to.parent.mkdir()
    to.write_bytes(file.read_bytes())
    return to
