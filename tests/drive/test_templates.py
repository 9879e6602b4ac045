"""Cars made from Donkeycar's templates, driven by their own `manage.py`, record mosaics."""

import hashlib
import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pilot_probe
import pytest
from car_driver import Drive, Step, drive, read_records
from donkey_car import desk_settings, make_car, run_donkey
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import draw_frame
from drive_recipes import LOOPS, PAUSE, RECIPES, drive_recipe
from recorded_mosaics import (
    COLUMN,
    manifest_header,
    measure_belonging,
    mosaic_paths,
    read_picture,
)
from stock_pilot import StockPilot

SUPPORT = Path(__file__).parents[1] / "support"


def _named(name: str) -> Any:
    """A recipe, marked if its pilot drives with TensorFlow."""
    with_keras = RECIPES[name].suffix != ".tflite"
    return pytest.param(name, marks=[pytest.mark.tensorflow] if with_keras else [])


every_recipe = pytest.mark.parametrize("recipe_name", list(map(_named, RECIPES)))


@every_recipe
def test_the_car_drives_all_its_loops_and_ends_well(driven: Drive) -> None:
    assert driven.exit_code == 0, driven.log
    assert f"Vehicle executed {LOOPS} steps" in driven.log
    assert "Traceback" not in driven.log
    assert driven.steps_done == 3


@every_recipe
def test_recording_pauses_when_the_user_switches_it_off(recipe_name: str, driven: Drive) -> None:
    times = [int(str(record["_timestamp_ms"])) for record in driven.records()]
    longest = max(after - before for before, after in pairwise(times))
    if RECIPES[recipe_name].pauses:
        assert LOOPS // 2 < len(times) <= LOOPS - PAUSE
        assert longest > PAUSE * 50 / 2
    else:
        assert len(times) > LOOPS - PAUSE


@every_recipe
def test_every_record_names_its_mosaic_or_says_that_it_has_none(
    recipe_name: str, driven: Drive
) -> None:
    records = driven.records()
    assert all(isinstance(record.get(COLUMN), str) for record in records)
    paths = mosaic_paths(records)
    turns = [
        record for record in records if int(str(record["_index"])) % RECIPES[recipe_name].every == 0
    ]
    assert len(turns) / 4 <= len(paths) <= len(turns), driven.log


@every_recipe
def test_the_summary_counts_what_the_tub_holds(recipe_name: str, driven: Drive) -> None:
    records = driven.records()
    summary = re.search(r"mosaics: (\d+) made, (\d+) skipped .*, (\d+) failed", driven.log)
    assert summary, driven.log
    made, skipped, failed = map(int, summary.groups())
    assert (made, failed) == (len(mosaic_paths(records)), 0)
    turns = [
        record for record in records if int(str(record["_index"])) % RECIPES[recipe_name].every == 0
    ]
    assert made + skipped == len(turns)


@every_recipe
def test_every_named_mosaic_is_a_whole_picture_under_its_records_index(driven: Drive) -> None:
    for index, path in mosaic_paths(driven.records()).items():
        folder, mosaic_set, name = path.split("/")
        assert (folder, name) == ("activations", f"{index}.jpg")
        assert (driven.car.tub / folder / mosaic_set / "set.json").is_file()
        assert read_picture(driven.car.tub / path).ndim == 3


@every_recipe
def test_the_tub_holds_no_other_file_than_records_mosaics_and_their_set(driven: Drive) -> None:
    named = set(mosaic_paths(driven.records()).values())
    files = [path for path in (driven.car.tub / "activations").rglob("*") if path.is_file()]
    pictures = {str(path.relative_to(driven.car.tub)) for path in files if path.suffix == ".jpg"}
    assert pictures == named
    assert [path.name for path in files if path.suffix != ".jpg"] == ["set.json"]


@every_recipe
def test_every_mosaic_belongs_to_its_record(
    recipe_name: str,
    driven: Drive,
    stock_pilot: StockPilot,
    record_property: Callable[[str, object], None],
) -> None:
    pilot = stock_pilot.file(RECIPES[recipe_name].suffix)
    found = measure_belonging(driven.car.tub, driven.records(), pilot)
    worst_own = max(belonging.own for belonging in found)
    best_other = min(belonging.nearest_other for belonging in found)
    record_property("own_at_most", round(worst_own, 2))
    record_property("others_at_least", round(best_other, 2))
    print(f"{recipe_name}: {len(found)} mosaics, own {worst_own:.2f}, others {best_other:.2f}")
    strays = [belonging for belonging in found if belonging.own >= belonging.nearest_other]
    assert not strays


@every_recipe
def test_the_tubs_header_is_stock(recipe_name: str, driven: Drive) -> None:
    assert manifest_header(driven.car.tub) == RECIPES[recipe_name].stock_header


@every_recipe
def test_the_tub_opens_and_grows_in_stock_donkeycar(
    recipe_name: str, driven: Drive, tmp_path: Path
) -> None:
    copy = tmp_path / "tub"
    shutil.copytree(driven.car.tub, copy)
    before = driven.records()
    inputs, types = RECIPES[recipe_name].stock_header
    values = {"image_array": draw_frame(3), "float": 0.5, "str": "user"}
    with_stock = Tub(str(copy), inputs=inputs, types=types)
    with_stock.write_record({key: values[kind] for key, kind in zip(inputs, types, strict=True)})
    with_stock.close()
    after = read_records(copy)
    assert after[:-1] == before
    assert after[-1]["_index"] == before[-1]["_index"] + 1


@every_recipe
def test_the_set_says_which_pilot_it_shows(
    recipe_name: str, driven: Drive, stock_pilot: StockPilot
) -> None:
    pilot = stock_pilot.file(RECIPES[recipe_name].suffix)
    (description,) = (driven.car.tub / "activations").glob("*/set.json")
    content = description.read_text()
    assert pilot.name in content
    assert hashlib.sha256(pilot.read_bytes()).hexdigest() in content


@pytest.mark.parametrize("name", [_named(name) for name in RECIPES if name.endswith("-pilot")])
def test_the_frame_in_a_mosaic_is_bit_for_bit_the_one_that_the_pilot_was_given(
    name: str, tmp_path: Path, frame_tub: Path, stock_pilot: StockPilot
) -> None:
    pilot = stock_pilot.file(RECIPES[name].suffix)
    probe = pilot_probe.lines_for_myconfig(tmp_path)
    done = drive_recipe(RECIPES[name], tmp_path / "car", frame_tub, pilot, probe)
    given, drawn = pilot_probe.noted(tmp_path)
    assert len(drawn) >= 10, done.log
    assert drawn.keys() == mosaic_paths(done.records()).keys()
    for index, frame in drawn.items():
        np.testing.assert_array_equal(frame, given[index])


def test_a_car_without_a_camera_says_so_once_and_drives_on(
    tmp_path: Path, frame_tub: Path, stock_pilot: StockPilot
) -> None:
    car = make_car(tmp_path / "car", "arduino_drive")
    settings = desk_settings(car, frame_tub, 30) | {"ACTIVATIONS_MODEL": str(stock_pilot.tflite)}
    car.configure(settings | {"JOYSTICK_DEVICE_FILE": "/dev/no-joystick"}, registered=True)
    done = drive(car, [], environment={"PYTHONPATH": str(SUPPORT / "arduino_board")})
    assert done.exit_code == 0
    assert "Vehicle executed 30 steps" in done.log
    assert "Traceback" not in done.log
    assert len(_loud_lines(done)) == 1, done.log


def test_a_car_without_a_tub_drives_on(
    tmp_path: Path, frame_tub: Path, stock_pilot: StockPilot
) -> None:
    car = make_car(tmp_path / "car", "path_follow")
    settings = desk_settings(car, frame_tub, 40) | {"ACTIVATIONS_MODEL": str(stock_pilot.tflite)}
    car.configure(settings, registered=True)
    done = drive(car, [Step(20, recording=True)])
    assert done.exit_code == 0
    assert "Vehicle executed 40 steps" in done.log
    assert "Traceback" not in done.log
    assert len(_loud_lines(done)) == 1, done.log
    assert not (car.tub / "activations").exists()


def test_donkey_update_keeps_the_registration(
    tmp_path: Path, frame_tub: Path, stock_pilot: StockPilot
) -> None:
    car = make_car(tmp_path / "car", "basic")
    settings = desk_settings(car, frame_tub, 40) | {"ACTIVATIONS_MODEL": str(stock_pilot.tflite)}
    car.configure(settings | {"ACTIVATIONS_EVERY_N_FRAMES": 1}, registered=True)
    (car.path / "manage.py").write_text("an old manage.py, to be replaced")
    assert run_donkey("update", "--template", "basic", cwd=car.path).returncode == 0
    done = drive(car, [Step(20, recording=True)])
    assert done.exit_code == 0, done.log
    assert mosaic_paths(done.records())


def _loud_lines(done: Drive) -> list[str]:
    """Warnings and errors of this package."""
    lines = done.log.splitlines()
    loud = [line for line in lines if "WARNING" in line or "ERROR" in line or "CRITICAL" in line]
    return [line for line in loud if "activations" in line.lower()]
