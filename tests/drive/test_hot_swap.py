"""The pilot's file is replaced while the car drives."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from recorded_mosaics import as_recorded
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import CnnActivations, open_extractor, render_mosaic
from donkey_activations.drive.pilot_watch import PilotWatch


@pytest.fixture(scope="module")
def other_pilot(pilot_folder: Path) -> StockPilot:
    """Another pilot of the same input shape."""
    return build_stock_pilot(pilot_folder, kind="categorical")


@pytest.fixture(scope="module")
def larger_pilot(pilot_folder: Path) -> StockPilot:
    """A pilot trained at another resolution."""
    return build_stock_pilot(pilot_folder, height=128, width=176)


@pytest.fixture
def tub(tmp_path: Path) -> Iterator[Tub]:
    opened = Tub(str(tmp_path / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    yield opened
    opened.close()


@pytest.fixture
def model(stock_pilot: StockPilot, tmp_path: Path) -> Path:
    """The file that the car drives with."""
    path = tmp_path / "mypilot.tflite"
    path.write_bytes(stock_pilot.tflite.read_bytes())
    return path


@pytest.fixture(autouse=True)
def every_round_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of the loop stands for the second between two looks at the file."""
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.0)


class Car:
    """Records a frame a round."""

    def __init__(self, part: CnnActivations, tub: Tub, size: tuple[int, int] = (120, 160)) -> None:
        self.part, self.tub, self.size = part, tub, size
        self.references: list[str] = []

    def drive(self, rounds: int, *, worker: bool = True) -> list[str]:
        for _ in range(rounds):
            frame = draw_frame(len(self.references), *self.size)
            run = self.part.run if worker else self.part.run_threaded
            self.references.append(run(frame, True)[0])
            values = [frame, 0.1, 0.2, "user"]
            self.tub.write_record(dict(zip(STOCK_INPUTS, values, strict=True)))
        return self.references[-rounds:]

    def is_drawn_by(self, index: int, pilot: Path) -> bool:
        frame, extractor = draw_frame(index, *self.size), open_extractor(pilot)
        expected = as_recorded(render_mosaic(frame, extractor.layers, extractor(frame)))
        written = cv2.imread(str(Path(self.tub.base_path) / self.references[index]))[:, :, ::-1]
        return bool(np.abs(written.astype(int) - expected).mean() < 1)


def sets(references: list[str]) -> list[str]:
    """The sets that records refer to, in order."""
    return list(dict.fromkeys(reference.split("/")[1] for reference in references if reference))


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.ERROR]


def test_a_replaced_pilot_draws_from_then_on_into_a_set_of_its_own(
    model: Path, stock_pilot: StockPilot, other_pilot: StockPilot, tub: Tub
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    car.drive(2)
    model.write_bytes(other_pilot.tflite.read_bytes())
    car.drive(2)
    assert len(sets(car.references)) == 1
    car.drive(2)
    assert len(sets(car.references[:4])) == len(sets(car.references[4:])) == 1
    assert len(sets(car.references)) == 2
    assert all(car.is_drawn_by(index, stock_pilot.tflite) for index in range(4))
    assert all(car.is_drawn_by(index, other_pilot.tflite) for index in (4, 5))
    assert car.part.failed == 0


def test_a_frame_that_waits_during_the_swap_is_drawn_by_the_pilot_its_record_names(
    model: Path, stock_pilot: StockPilot, other_pilot: StockPilot, tub: Tub
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    car.drive(1, worker=False)
    model.write_bytes(other_pilot.tflite.read_bytes())
    car.drive(3)  # each draws the frame before
    assert len(sets(car.references[:3])) == 1
    thread = Thread(target=car.part.update, daemon=True)
    thread.start()
    car.part.shutdown()
    thread.join(10)
    assert car.is_drawn_by(2, stock_pilot.tflite)
    assert car.is_drawn_by(3, other_pilot.tflite)
    assert all((Path(tub.base_path) / reference).is_file() for reference in car.references)


def test_a_file_that_is_still_being_written_is_waited_for(
    model: Path, other_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    content = other_pilot.tflite.read_bytes()
    model.write_bytes(b"")
    for start in range(0, len(content), len(content) // 5):
        car.drive(1)
        with model.open("ab") as file:
            file.write(content[start : start + len(content) // 5])
    assert len(sets(car.drive(2))) == 1
    assert car.drive(1)[0].split("/")[1] not in sets(car.references[:-1])
    assert not errors(caplog)
    assert car.part.made == len(car.references)


def test_a_broken_file_is_said_once_keeps_the_maps_and_is_tried_again_when_it_changes(
    model: Path,
    stock_pilot: StockPilot,
    other_pilot: StockPilot,
    tub: Tub,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    content = other_pilot.tflite.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    car.drive(6)
    assert len(errors(caplog)) == 1
    assert "the mosaics stay those of the pilot before" in errors(caplog)[0]
    assert "mypilot.tflite" in errors(caplog)[0]
    assert all(car.is_drawn_by(index, stock_pilot.tflite) for index in range(6))
    model.write_bytes(content)
    car.drive(3)
    assert car.is_drawn_by(8, other_pilot.tflite)
    assert len(errors(caplog)) == 1


def test_a_file_that_is_gone_keeps_the_maps_until_it_is_back(
    model: Path, other_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    model.unlink()
    assert len(sets(car.drive(4))) == 1
    model.write_bytes(other_pilot.tflite.read_bytes())
    car.drive(3)
    assert car.is_drawn_by(6, other_pilot.tflite)
    assert not errors(caplog)


def test_a_pilot_of_another_size_says_what_it_takes_and_draws_when_it_gets_it(
    model: Path, larger_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    part = CnnActivations(model, tub, every_n_frames=1)
    Car(part, tub).drive(1)
    model.write_bytes(larger_pilot.tflite.read_bytes())
    assert [bool(reference) for reference in Car(part, tub).drive(4)] == [True, True, False, False]
    assert part.input_shape == (128, 176, 3)
    assert len(errors(caplog)) == 1
    assert "takes 176x128 RGB, the camera gives 160x120 RGB" in errors(caplog)[0]
    reference = Car(part, tub, size=(128, 176)).drive(1)[0]
    assert (Path(tub.base_path) / reference).is_file()
    assert part.failed == 0


def test_a_touched_file_goes_on_in_the_same_set(model: Path, tub: Tub) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    car.drive(1)
    model.write_bytes(model.read_bytes())
    assert len(sets([*car.references, *car.drive(4)])) == 1


@pytest.mark.tensorflow
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_keras_pilot_is_converted_outside_of_the_car_while_mosaics_go_on(
    *,
    suffix: str,
    stock_pilot: StockPilot,
    other_pilot: StockPilot,
    tub: Tub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    model = tmp_path / f"mypilot{suffix}"
    model.write_bytes(stock_pilot.tflite.read_bytes())
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    before = "tensorflow" in sys.modules
    whole = other_pilot.file(suffix).read_bytes()
    model.write_bytes(whole[: len(whole) // 2])
    drive_until(car, lambda: bool(errors(caplog)))
    assert str(model) in errors(caplog)[0]
    model.write_bytes(whole)
    drive_until(car, lambda: len(sets(car.references)) == 2)
    assert car.is_drawn_by(len(car.references) - 1, other_pilot.file(suffix))
    assert len(errors(caplog)) == 1
    assert all(car.references)
    assert (car.part.made, car.part.failed) == (len(car.references), 0)
    assert ("tensorflow" in sys.modules) == before


def test_a_conversion_under_way_ends_with_the_drive(
    stock_pilot: StockPilot, tub: Tub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.conversion._CONVERT", "input()")
    processes = []
    popen = subprocess.Popen

    def start(*arguments: Any, **keys: Any) -> Any:
        processes.append(popen(*arguments, **{**keys, "stdin": subprocess.PIPE}))
        return processes[-1]

    monkeypatch.setattr("donkey_activations.drive.conversion.subprocess.Popen", start)
    model = tmp_path / "mypilot.h5"
    model.write_bytes(stock_pilot.tflite.read_bytes())
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    model.write_bytes(stock_pilot.keras.read_bytes())
    drive_until(car, lambda: bool(processes))
    assert processes[0].poll() is None
    thread = Thread(target=car.part.update, daemon=True)
    thread.start()
    car.part.shutdown()
    thread.join(10)
    assert processes[0].poll() is not None
    processes[0].stdin.close()


def drive_until(car: Car, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 200
    while not reached():
        assert time.monotonic() < deadline
        car.drive(1)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("model", "part_of_it"),
    [
        ("pilot.savedmodel", "pilot.savedmodel/variables/variables.index"),
        ("pilot.json", "pilot.weights"),
    ],
)
def test_a_pilot_of_several_files_is_new_when_any_of_them_is(
    model: str, part_of_it: str, tmp_path: Path
) -> None:
    changing = tmp_path / part_of_it
    changing.parent.mkdir(parents=True, exist_ok=True)
    changing.write_text("one")
    if model.endswith(".json"):
        (tmp_path / model).write_text("{}")
    opened = object()
    watch = PilotWatch(
        SimpleNamespace(pilot=SimpleNamespace(model_path=tmp_path / model), open=lambda **_: opened)
    )  # type: ignore[arg-type]
    looks = [watch.new_pilot() for _ in range(2)]
    changing.write_text("another")
    looks += [watch.new_pilot() for _ in range(4)]
    assert looks == [None, None, None, opened, None, None]


def test_a_pilot_that_changes_while_it_is_opened_is_opened_again(
    model: Path, other_pilot: StockPilot, tub: Tub, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    model.write_bytes(other_pilot.tflite.read_bytes())
    opened = []

    def open_while_it_is_written(path: Path, *arguments: object, **keys: object) -> object:
        opened.append(path)
        if len(opened) == 1:
            path.write_bytes(other_pilot.tflite.read_bytes() + b" ")
        return open_extractor(path, *arguments, **keys)  # type: ignore[arg-type]

    monkeypatch.setattr(
        "donkey_activations.pilots.options.open_extractor", open_while_it_is_written
    )
    assert len(sets(car.drive(3))) == 1
    car.drive(2)
    assert len(opened) == 2
    assert len(sets(car.references)) == 2


def test_between_looks_the_file_is_left_alone(
    model: Path, other_pilot: StockPilot, tub: Tub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 1.0)
    seconds = 100.0
    clock = "donkey_activations.drive.pilot_watch.time.monotonic"
    monkeypatch.setattr(clock, lambda: seconds)
    car = Car(CnnActivations(model, tub, every_n_frames=1), tub)
    model.write_bytes(other_pilot.tflite.read_bytes())
    sets_seen = []
    for _ in range(5):
        seconds += 0.6
        sets_seen.append(car.drive(2)[-1].split("/")[1])
    # Looks at 101.2 and 102.4 s: seen as new, then as lying still.
    assert [name == sets_seen[0] for name in sets_seen] == [True, True, True, False, False]
