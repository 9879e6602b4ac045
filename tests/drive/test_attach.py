"""How the part finds its place, in a real Vehicle whose parts stand as a template puts them."""

import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from car_driver import read_records
from donkeycar.config import load_config
from donkeycar.parts.tub_v2 import Tub, TubWriter
from donkeycar.parts.web_controller.web import LocalWebController
from donkeycar.vehicle import Vehicle
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from stock_pilot import StockPilot

from donkey_activations import CnnActivations, Layout, add_activations, open_extractor
from donkey_activations.drive import attach

REGISTER = "from donkey_activations import register\nregister()\n"


class Camera:
    """Gives a new frame every round, in memory that it reuses."""

    def __init__(self, height: int = 120, width: int = 160) -> None:
        self.frame = np.zeros((height, width, 3), np.uint8)
        self.count = 0

    def run(self) -> np.ndarray:
        self.frame[:] = draw_frame(self.count, *self.frame.shape[:2])
        self.count += 1
        return self.frame


class Driver:
    """Records in rounds 3 to 8 of every ten."""

    def __init__(self) -> None:
        self.count = 0

    def run(self) -> tuple[float, float, str, bool]:
        self.count += 1
        return 0.1, 0.2, "user", 3 <= self.count % 10 <= 8


@pytest.fixture(autouse=True)
def stock_vehicle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test begins with the class as Donkeycar ships it."""
    monkeypatch.setattr(Vehicle, "start", Vehicle.start)
    monkeypatch.setattr(attach, "_registered", [])


def make_vehicle(tub: Path, **camera: int) -> Vehicle:
    vehicle = Vehicle()
    vehicle.add(Camera(**camera), outputs=["cam/image_array"])
    vehicle.add(Driver(), outputs=["user/angle", "user/throttle", "user/mode", "recording"])
    inputs, types = list(STOCK_INPUTS), list(STOCK_TYPES)
    writer = TubWriter(str(tub), inputs=inputs, types=types)
    vehicle.add(writer, inputs=inputs, outputs=["tub/num_records"], run_condition="recording")
    return vehicle


def make_config(**keys: Any) -> SimpleNamespace:
    stock = {"CAMERA_TYPE": "PICAM", "IMAGE_W": 160, "IMAGE_H": 120, "IMAGE_DEPTH": 3}
    return SimpleNamespace(**{**stock, "ACTIVATIONS_EVERY_N_FRAMES": 1, **keys})


def drive(vehicle: Vehicle, rounds: int = 20) -> None:
    assert vehicle.start(rate_hz=60, max_loop_count=rounds)[0] == rounds


def own_parts(vehicle: Vehicle) -> list[Any]:
    return [entry["part"] for entry in vehicle.parts if isinstance(entry["part"], CnnActivations)]


def load_car(folder: Path, myconfig: str, **keys: Any) -> Any:
    """Loads a car's configuration as every program of Donkeycar does."""
    folder.mkdir(exist_ok=True)
    stock = vars(make_config(**keys))
    (folder / "config.py").write_text("\n".join(f"{k} = {v!r}" for k, v in stock.items()))
    (folder / "myconfig.py").write_text(myconfig)
    return load_config(str(folder / "config.py"))


def test_one_line_in_manage_py_before_the_tub_is_added_is_enough(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    writer_entry = vehicle.parts.pop()
    add_activations(vehicle, make_config(), str(stock_pilot.tflite))
    vehicle.parts.append(writer_entry)
    drive(vehicle)
    assert [type(entry["part"]).__name__ for entry in vehicle.parts[-2:]] == [
        "CnnActivations",
        "TubWriter",
    ]
    records = read_records(tmp_path / "tub")
    assert len(records) == 12
    references = [record["cnn/activations"] for record in records]
    assert any(references)
    for index, reference in enumerate(references):
        assert reference == "" or reference.endswith(f"/{index}.jpg")
        assert reference == "" or (tmp_path / "tub" / reference).is_file()


def test_one_line_in_myconfig_py_is_enough(stock_pilot: StockPilot, tmp_path: Path) -> None:
    model = f"ACTIVATIONS_MODEL = {str(stock_pilot.tflite)!r}\n"
    load_car(tmp_path / "car", REGISTER + model)
    vehicle = make_vehicle(tmp_path / "tub")
    drive(vehicle)
    assert own_parts(vehicle)[0].made > 0


def test_both_lines_together_add_one_part(stock_pilot: StockPilot, tmp_path: Path) -> None:
    cfg = load_car(tmp_path / "car", REGISTER + REGISTER)
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, cfg, str(stock_pilot.tflite))
    add_activations(vehicle, cfg, str(stock_pilot.tflite))
    drive(vehicle, 2)
    assert len(own_parts(vehicle)) == 1


def test_the_tubs_header_stays_stock_and_the_templates_lists_untouched(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    shared_list = vehicle.parts[-1]["inputs"]
    add_activations(vehicle, make_config(), str(stock_pilot.tflite))
    drive(vehicle, 5)
    assert shared_list == STOCK_INPUTS
    reopened = Tub(str(tmp_path / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    assert reopened.manifest.inputs == STOCK_INPUTS
    reopened.close()


def test_without_the_column_the_pictures_are_there_and_the_records_are_stock(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config(ACTIVATIONS_COLUMN=False), str(stock_pilot.tflite))
    drive(vehicle)
    records = read_records(tmp_path / "tub")
    assert not any("cnn/activations" in record for record in records)
    assert list((tmp_path / "tub").glob("activations/*/*.jpg"))


def test_a_disabled_part_leaves_the_car_as_it_is(stock_pilot: StockPilot, tmp_path: Path) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config(ACTIVATIONS_ENABLED=False), str(stock_pilot.tflite))
    drive(vehicle, 3)
    assert not own_parts(vehicle)


def test_a_model_path_is_relative_to_the_car_where_it_is_not_to_the_shell(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.tflite").write_bytes(stock_pilot.tflite.read_bytes())
    vehicle = make_vehicle(tmp_path / "tub")
    cfg = make_config(CAR_PATH=str(tmp_path), ACTIVATIONS_MODEL="models/own.tflite")
    add_activations(vehicle, cfg)
    drive(vehicle, 2)
    assert own_parts(vehicle)


def test_the_pilot_reads_the_transformed_image_and_so_does_the_part(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    class Pilot:
        def load(self) -> None: ...

        def run(self, _: object) -> tuple[float, float]:
            return 0.0, 0.0

    class Negative:
        def run(self, frame: np.ndarray) -> np.ndarray:
            return 255 - frame

    vehicle = make_vehicle(tmp_path / "tub")
    writer_entry = vehicle.parts.pop()
    vehicle.add(Negative(), inputs=["cam/image_array"], outputs=["cam/image_array_trans"])
    outputs = ["pilot/angle", "pilot/throttle"]
    vehicle.add(Pilot(), inputs=["cam/image_array_trans"], outputs=outputs)
    vehicle.parts.append(writer_entry)
    add_activations(vehicle, make_config(), str(stock_pilot.tflite))
    drive(vehicle, 2)
    assert vehicle.parts[-2]["inputs"][0] == "cam/image_array_trans"


def test_the_drive_page_shows_the_mosaic_where_it_is_asked_for(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    page = LocalWebController()
    page_inputs = ["cam/image_array", "tub/num_records"]
    vehicle.add(page, inputs=page_inputs, outputs=["web/angle"])
    add_activations(vehicle, make_config(ACTIVATIONS_SHOW=True), str(stock_pilot.tflite))
    drive(vehicle, 40)
    assert page.img_arr.shape[1] == Layout().width_px
    assert page.num_records > 0
    assert page_inputs == ["cam/image_array", "tub/num_records"]


@pytest.mark.parametrize("keys", [{}, {"ACTIVATIONS_TRUST_MODEL": True}])
def test_only_a_driver_who_says_so_has_a_pilots_own_code_run(
    keys: dict[str, Any], stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def open_and_note(*arguments: Any, **given: Any) -> Any:
        asked.append(given["trust_model"])
        return open_extractor(*arguments, **given)

    monkeypatch.setattr("donkey_activations.pilots.options.open_extractor", open_and_note)
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config(**keys), str(stock_pilot.tflite))
    drive(vehicle, 2)
    assert asked == [bool(keys)]


def test_a_transformation_that_changes_the_size_is_left_to_the_first_frame(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    resized = {"TRANSFORMATIONS": ["RESIZE"], "RESIZE_WIDTH": 160, "RESIZE_HEIGHT": 120}
    vehicle = make_vehicle(tmp_path / "tub", height=240, width=320)
    cfg = make_config(IMAGE_W=320, IMAGE_H=240, **resized)
    add_activations(vehicle, cfg, str(stock_pilot.tflite))
    drive(vehicle, 10)
    part = own_parts(vehicle)[0]
    assert part.made > 0
    assert part.failed == 0


def test_a_camera_whose_size_was_divided_is_as_good(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    cfg = make_config(IMAGE_W=320 / 2, IMAGE_H=np.int64(120))
    add_activations(vehicle, cfg, str(stock_pilot.tflite))
    assert len(own_parts(vehicle)) == 0, "before the start"
    drive(vehicle, 3)
    assert len(own_parts(vehicle)) == 1


def no_camera(vehicle: Vehicle) -> None:
    del vehicle.parts[0]


def no_tub(vehicle: Vehicle) -> None:
    vehicle.parts.pop()["part"].close()


@pytest.mark.parametrize(
    ("keys", "change", "said"),
    [
        ({"ACTIVATIONS_EVERY_N_FRAMES": "5"}, None, "ACTIVATIONS_EVERY_N_FRAMES: expected"),
        ({"ACTIVATIONS_MODEL": "none.tflite"}, None, "none.tflite: cannot be read"),
        ({"ACTIVATIONS_LAYOUT": "none.yaml"}, None, "none.yaml: cannot be read"),
        ({"ACTIVATIONS_LAYERS": ["conv9"]}, None, "is named conv9"),
        ({"IMAGE_W": 640, "IMAGE_H": 360}, None, "the camera is set to 640x360 RGB"),
        ({"TRANSFORMATIONS": ["CRAP"]}, None, "TRANSFORMATIONS: ['CRAP'] cannot be set up"),
        ({"IMAGE_DEPTH": 1}, None, "the camera is set to 160x120 grey"),
        ({"TRANSFORMATIONS": ["RGB2GRAY"]}, None, "transformations make 160x120 grey of a frame"),
        ({"POST_TRANSFORMATIONS": ["RGB2GRAY"]}, None, "correct TRANSFORMATIONS, POST_TRANSFOR"),
        ({"IMAGE_W": "160"}, None, "IMAGE_W: expected a number of 1 or more, got '160'"),
        ({"ACTIVATIONS_MODEL": "~nobody-of-this-name/x"}, None, "expected a path, got '~nobody-of"),
        ({"ACTIVATIONS_MODEL": "a\0b"}, None, "MODEL: expected None or a path, got 'a\\x00b'"),
        ({}, no_camera, "this car has none"),
        ({}, no_tub, "expected a tub to record into"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_the_car_drives_on(
    keys: dict[str, Any],
    change: Callable[[Vehicle], None] | None,
    said: str,
    *,
    stock_pilot: StockPilot,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    vehicle = make_vehicle(tmp_path / "tub")
    if change is not None:
        change(vehicle)
    parts = list(vehicle.parts)
    add_activations(vehicle, make_config(**keys), str(stock_pilot.tflite))
    if change is no_camera:
        vehicle.parts[-1]["run_condition"] = "never"
    drive(vehicle, 2)
    assert vehicle.parts == parts
    errors = [
        entry
        for entry in caplog.records
        if entry.levelno >= logging.ERROR and "donkey_activations" in entry.name
    ]
    assert len(errors) == 1
    assert said in errors[0].message
    assert errors[0].message.endswith("Driving without mosaics")
    assert "\n" not in errors[0].message


@pytest.mark.parametrize("words", [[], ["drive"], ["drive", "--model"]])
def test_a_car_without_a_pilot_is_told_how_to_name_one(
    words: list[str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", *words])
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config())
    drive(vehicle, 2)
    assert "drive with --model (cv_control has none), or set ACTIVATIONS_MODEL" in caplog.text


@pytest.mark.parametrize("words", [["--model", "{}"], ["--model={}"]])
def test_the_pilot_of_a_template_that_keeps_its_path_nowhere_is_read_off_the_command_line(
    words: list[str], stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [word.format(stock_pilot.tflite) for word in words]
    monkeypatch.setattr("sys.argv", ["manage.py", "drive", *given])
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config())
    drive(vehicle, 2)
    assert own_parts(vehicle)


def test_an_error_of_any_kind_in_ours_leaves_a_car_that_drives(
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("donkey_activations.drive.wiring.CnnActivations.__init__", fail)
    vehicle = make_vehicle(tmp_path / "tub")
    add_activations(vehicle, make_config(), str(stock_pilot.tflite))
    drive(vehicle, 2)
    assert "MemoryError('no room'). Driving without mosaics" in caplog.text


def test_register_outside_of_myconfig_py_says_where_it_belongs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = Vehicle.start
    attach.register()
    assert "belongs into myconfig.py" in caplog.text
    assert Vehicle.start is before


def test_a_second_car_in_one_process_gets_its_own_configuration(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    model = f"ACTIVATIONS_MODEL = {str(stock_pilot.tflite)!r}\n"
    for name, enabled in (("on", True), ("off", False)):
        keys = f"ACTIVATIONS_ENABLED = {enabled}\n"
        load_car(tmp_path / name, REGISTER + model + keys)
        vehicle = make_vehicle(tmp_path / f"tub_{name}")
        drive(vehicle, 2)
        assert len(own_parts(vehicle)) == int(enabled)
