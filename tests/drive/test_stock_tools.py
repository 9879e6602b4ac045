"""Donkeycar's own tools work on a tub with mosaics, with the plugin registered and without."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from car_driver import Drive, Step, drive
from donkey_car import DonkeyCar, desk_settings, free_port, run_donkey
from recorded_mosaics import COLUMN, manifest_header, mosaic_paths
from stock_pilot import StockPilot

RECIPE = "complete-user"

with_a_driven_car = pytest.mark.parametrize("recipe_name", [RECIPE])


@pytest.fixture
def car(driven: Drive, tmp_path: Path) -> DonkeyCar:
    """A car of the test's own that has driven and recorded mosaics, with the part registered."""
    shutil.copytree(driven.car.path, tmp_path / "car")
    return replace(driven.car, path=tmp_path / "car", port=free_port())


@with_a_driven_car
@pytest.mark.tensorflow
def test_donkey_train_learns_from_the_tub(car: DonkeyCar) -> None:
    with car.myconfig.open("a") as myconfig:
        myconfig.write("\nMAX_EPOCHS = 1\nBATCH_SIZE = 16\nSHOW_PLOT = False\n")
    before = _files(car.tub)
    done = run_donkey("train", "--tub", "data", "--model", "models/new.h5", cwd=car.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (car.path / "models" / "new.h5").stat().st_size > 0
    assert (car.path / "models" / "new.tflite").stat().st_size > 0
    assert _files(car.tub) == before


@with_a_driven_car
def test_donkey_tubhist_draws_the_tub(car: DonkeyCar) -> None:
    done = run_donkey("tubhist", "--tub", "data", "--out", "hist.png", cwd=car.path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (car.path / "hist.png").stat().st_size > 0


@with_a_driven_car
def test_donkey_tubplot_draws_the_pilots_predictions(
    car: DonkeyCar, stock_pilot: StockPilot
) -> None:
    model = car.path / "models" / "pilot.tflite"
    shutil.copy(stock_pilot.tflite, model)
    done = _tubplot(car, model)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(car.path.rglob("*_pred.png")), done.stdout + done.stderr


@with_a_driven_car
def test_a_stock_drive_goes_on_in_the_tub_and_so_does_one_with_the_plugin(
    driven: Drive, car: DonkeyCar, frame_tub: Path, stock_pilot: StockPilot
) -> None:
    before = driven.records()
    settings = desk_settings(car, frame_tub, 40)
    stock = _drive_on(car, settings, registered=False)
    after_stock = stock.records()
    assert after_stock[: len(before)] == before
    assert len(after_stock) > len(before)
    assert not any(COLUMN in record for record in after_stock[len(before) :])

    settings["ACTIVATIONS_MODEL"] = str(stock_pilot.tflite)
    settings["ACTIVATIONS_EVERY_N_FRAMES"] = 1
    again = _drive_on(car, settings, registered=True).records()
    assert again[: len(after_stock)] == after_stock
    added = again[len(after_stock) :]
    assert all(isinstance(record[COLUMN], str) for record in added)
    named = mosaic_paths([*before, *added])
    assert any(index >= len(after_stock) for index in named)
    assert all((car.tub / path).is_file() for path in named.values())
    assert manifest_header(car.tub) == manifest_header(driven.car.tub)


def _drive_on(car: DonkeyCar, settings: Mapping[str, object], *, registered: bool) -> Drive:
    car.configure(settings, registered=registered)
    done = drive(car, [Step(20, recording=True)])
    assert done.exit_code == 0, done.log
    assert "Traceback" not in done.log
    return done


def _tubplot(car: DonkeyCar, model: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["--tub", "data", "--model", str(model), "--type", "tflite_linear", "--noshow"]
    return run_donkey("tubplot", *arguments, cwd=car.path)


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
