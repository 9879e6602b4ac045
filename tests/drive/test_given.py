"""The mosaics are of what the pilot was given, whatever the car does before, behind and around."""

import json
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from donkeycar.parts.image_transformations import ImageTransformations
from drawn_frames import draw_frame
from probed_cars import Driven, Part, ProbedCar
from recorded_mosaics import as_recorded
from sequence_drive import SIZE, rolling_history
from stock_pilot import StockPilot, build_stock_pilot
from watched_extractor import watch_extractors

from donkey_activations import open_extractor, render_mosaic
from donkey_activations.mosaic.controls import known_controls

CAM = "cam/image_array"


def edges(image: np.ndarray) -> np.ndarray:
    return np.repeat(cv2.Canny(np.asarray(image), 100, 200)[..., None], 3, 2)


def draw_box(image: np.ndarray) -> np.ndarray:
    cv2.rectangle(image, (20, 20), (140, 100), (0, 255, 0), 6)
    return image


def sets(driven: Driven) -> dict[str, Any]:
    """The description of each set that records name."""
    names = {reference.split("/")[1] for reference in driven.references().values()}
    folder = driven.tub / "activations"
    return {name: json.loads((folder / name / "set.json").read_text()) for name in names}


def assert_drawn_as_given(driven: Driven, first: int = 0) -> None:
    """Each mosaic is drawn of the very bits that the pilot had in that round; none is missing."""
    due = [index for index in driven.given if index >= first]
    assert len(due) >= 4
    assert driven.drawn.keys() >= set(due)
    for index in due:
        np.testing.assert_array_equal(driven.drawn[index], driven.given[index])


def given_channels(driven: Driven) -> list[str | None]:
    return [description["given"] for description in sets(driven).values()]


def a_channel_of_its_own(car: ProbedCar) -> None:
    car.add(edges, [CAM], ["prepro/edges"])
    car.add_pilot("prepro/edges")
    car.add_tub()


def a_chain_of_parts(car: ProbedCar) -> None:
    car.add(lambda image: 255 - image, [CAM], ["a"])
    car.add(edges, ["a"], ["b"])
    car.add_pilot("b", steering="pilot/steering")
    car.add(lambda image: image[::-1].copy(), ["b"], ["b"])
    car.add_tub()


def a_box_in_place(car: ProbedCar) -> None:
    car.add_pilot(CAM)
    car.add(draw_box, [CAM], [CAM])
    car.add_tub()


def a_box_anew(car: ProbedCar) -> None:
    car.add_pilot(CAM)
    car.add(lambda image: draw_box(image.copy()), [CAM], [CAM])
    car.add_tub()


def a_box_that_nobody_announces(car: ProbedCar) -> None:
    car.add_pilot(CAM)
    car.add(lambda image: draw_box(image) is None, [CAM], ["signs/seen"])
    car.add_tub()


def parts_before_between_and_behind(car: ProbedCar) -> None:
    car.add(lambda image: cv2.GaussianBlur(np.asarray(image), (5, 5), 0), [CAM], [CAM])
    car.add(lambda image: image[:, ::-1].copy(), [CAM], ["flipped"])
    car.add(lambda image: draw_box(image.copy()), [CAM], [CAM])
    car.add_pilot("flipped", steering="ai/steering")
    car.add(lambda image: draw_box(image) is None, ["flipped"], ["signs/seen"])
    car.add_tub()


def a_pilot_that_draws_on_its_frame(car: ProbedCar) -> None:
    def run(image: np.ndarray) -> tuple[float, float]:
        car.runner.run(image)
        draw_box(image)
        return 0.1, 0.2

    car.add_pilot(CAM, pilot=Part(run))
    car.add_tub()


def other_inputs_first(car: ProbedCar) -> None:
    car.add(lambda: [0.1] * 6, [], ["imu/array"])
    car.add(lambda: np.zeros((8, 8), np.float32), [], ["lidar/grid"])
    car.add(edges, [CAM], ["seen"])
    car.add_pilot("imu/array", "seen", "lidar/grid")
    car.add_tub()


OWN_CARS = {
    a_channel_of_its_own: ["prepro/edges"],
    a_chain_of_parts: ["b"],
    a_box_in_place: [CAM],
    a_box_anew: [CAM],
    a_box_that_nobody_announces: [CAM],
    parts_before_between_and_behind: ["flipped"],
    a_pilot_that_draws_on_its_frame: [CAM],
    other_inputs_first: ["seen"],
}


@pytest.mark.parametrize("build", OWN_CARS, ids=lambda build: build.__name__)
def test_the_frame_in_the_mosaic_is_the_one_that_the_pilot_was_given(
    build: Callable[[ProbedCar], None],
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    build(car)
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    assert_drawn_as_given(driven)
    assert given_channels(driven) == OWN_CARS[build]


@pytest.mark.parametrize("build", [a_channel_of_its_own, a_box_in_place])
def test_the_picture_in_the_tub_is_that_of_the_frame_that_the_pilot_was_given(
    build: Callable[[ProbedCar], None],
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    build(car)
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    extractor = open_extractor(stock_pilot.tflite)
    for index, reference in driven.references().items():
        frame = driven.given[index]
        controls = {"user/angle": 0.1, "user/throttle": 0.2}
        expected = render_mosaic(
            frame, extractor.layers, extractor(frame), controls=known_controls(controls)
        )
        written = cv2.imread(str(driven.tub / reference))[:, :, ::-1]
        assert np.abs(written.astype(int) - as_recorded(expected)).mean() < 1


def test_what_is_recorded_as_the_pilot_had_it_is_in_the_set_that_can_be_made_again(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = ProbedCar(tmp_path / "tub", image="front/image")
    car.add_pilot("front/image")
    car.add(lambda image: image, ["front/image"], ["front/image"])
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    assert_drawn_as_given(driven)
    assert given_channels(driven) == [None]


def test_only_frames_that_were_drawn_on_leave_the_set_of_the_recorded_ones(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = ProbedCar(tmp_path / "tub")
    car.add_pilot(CAM)
    car.add(lambda image: draw_box(image) if car.camera.count % 2 else image, [CAM], [CAM])
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch, 16)
    assert_drawn_as_given(driven)
    given = {name: one["given"] for name, one in sets(driven).items()}
    assert sorted(given.values(), key=str) == [None, CAM]
    for index, reference in driven.references().items():
        assert given[reference.split("/")[1]] == (CAM if index % 2 else None)


def test_while_the_user_drives_the_frame_is_that_of_the_pilots_place(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = ProbedCar(tmp_path / "tub", modes="uuup")
    car.add(edges, [CAM], ["prepro/edges"])
    car.add_pilot("prepro/edges")
    car.add(lambda image: draw_box(image) is None, ["prepro/edges"], ["signs/seen"])
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch, 16)
    assert_drawn_as_given(driven)
    assert len(driven.drawn) == 16
    for index, frame in driven.drawn.items():
        np.testing.assert_array_equal(frame, edges(draw_frame(index)))


def test_of_several_pilots_the_one_that_names_the_file_is_followed(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Part(lambda _: (0.0, 0.0))
    other.load = lambda: None  # type: ignore[attr-defined]
    car = ProbedCar(tmp_path / "tub")
    car.add(edges, [CAM], ["prepro/edges"])
    car.add_pilot(CAM, pilot=other)
    car.runner.network = Part(print)  # type: ignore[attr-defined]
    car.runner.network.invoke, car.runner.network.file = print, str(stock_pilot.tflite)
    car.add_pilot("prepro/edges")
    car.add_tub()
    assert_drawn_as_given(car.drive(stock_pilot.tflite, monkeypatch))


def test_a_pilot_in_a_thread_of_its_own_is_followed(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = ProbedCar(tmp_path / "tub")
    car.runner.update = lambda: None  # type: ignore[attr-defined]
    car.runner.run_threaded = car.runner.run  # type: ignore[attr-defined]
    car.add(edges, [CAM], ["prepro/edges"])
    car.add_pilot("prepro/edges", threaded=True)
    car.add_tub()
    assert_drawn_as_given(car.drive(stock_pilot.tflite, monkeypatch))


def test_behind_donkeycars_transformations_a_box_is_noticed_too(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = ProbedCar(tmp_path / "tub")
    keys = {"TRANSFORMATIONS": ["RGB2BGR"]}
    part = ImageTransformations(type("Config", (), keys)(), "TRANSFORMATIONS")
    car.vehicle.add(part, inputs=[CAM], outputs=["cam/image_array_trans"])
    car.add_pilot("cam/image_array_trans")
    car.add(lambda image: draw_box(image) if car.camera.count % 2 else image, [CAM], [CAM])
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch, 16, **keys)
    assert_drawn_as_given(driven)
    found = sets(driven).values()
    assert sorted((one["given"] for one in found), key=str) == [None, "cam/image_array_trans"]
    assert [one["transformations"] for one in found] == [["RGB2BGR"]] * 2


def test_beside_a_pilot_with_a_camera_of_its_own_the_cars_camera_is_shown(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = Part(lambda: (0.1, 0.2))
    pilot.load = lambda: None  # type: ignore[attr-defined]
    car = ProbedCar(tmp_path / "tub")
    car.add_pilot(pilot=pilot)
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    assert len(driven.drawn) == 12
    for index, frame in driven.drawn.items():
        np.testing.assert_array_equal(frame, draw_frame(index))


def test_a_cropped_channel_is_judged_by_its_own_size(
    pilot_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pilot = build_stock_pilot(pilot_folder, 80, 112)
    car = ProbedCar(tmp_path / "tub")
    car.add(lambda image: image[40:, 24:136], [CAM], ["prepro/cropped"])
    car.add_pilot("prepro/cropped")
    car.add_tub()
    assert_drawn_as_given(car.drive(pilot.tflite, monkeypatch))
    assert "IMAGE_" not in caplog.text


def test_a_frame_that_a_part_changes_in_the_cameras_channel_is_judged_as_it_is(
    pilot_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = build_stock_pilot(pilot_folder, 80, 112)
    car = ProbedCar(tmp_path / "tub")
    car.add(lambda image: image[40:, 24:136], [CAM], [CAM])
    car.add_tub()
    driven = car.drive(pilot.tflite, monkeypatch)
    assert len(driven.drawn) == 12
    assert {frame.shape for frame in driven.drawn.values()} == {(80, 112, 3)}


def said(caplog: pytest.LogCaptureFixture) -> str:
    """The only line that was said."""
    (line,) = [one.message for one in caplog.records if one.levelno >= logging.ERROR]
    return line


def test_a_camera_that_does_not_keep_to_its_size_is_named_as_such(
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = ProbedCar(tmp_path / "tub", size=(240, 424))
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    assert not driven.drawn
    line = said(caplog)
    assert "gives 424x240 RGB though IMAGE_W, IMAGE_H, IMAGE_DEPTH are 160, 120, 3" in line
    assert "set IMAGE_W" not in line


def test_a_channel_that_does_not_fit_is_named_and_nobody_is_sent_to_the_camera(
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    car.add(lambda image: image[60:], [CAM], ["prepro/half"])
    car.add_pilot("prepro/half")
    car.add_tub()
    assert not car.drive(stock_pilot.tflite, monkeypatch).drawn
    assert "takes 160x120 RGB, it is given 160x60 RGB in prepro/half" in said(caplog)
    assert "IMAGE_" not in said(caplog)


def test_frames_that_are_no_bytes_are_refused_instead_of_drawn_black(
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    car.add(lambda image: image.astype(np.float32) / 255, [CAM], ["prepro/scaled"])
    car.add_pilot("prepro/scaled")
    car.add_tub()
    driven = car.drive(stock_pilot.tflite, monkeypatch)
    assert not driven.drawn
    assert "whole numbers from 0 to 255 in prepro/scaled, got others (float32)" in said(caplog)


def test_a_pilot_behind_the_tub_is_told_where_to_stand(
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    car.add_tub()
    car.add(edges, [CAM], ["prepro/edges"])
    car.add_pilot("prepro/edges")
    assert car.drive(stock_pilot.tflite, monkeypatch).part is None
    assert "expected the pilot, which reads prepro/edges, before the TubWriter" in said(caplog)


@pytest.mark.parametrize(
    "function",
    [
        "given.GivenFrames.take",
        "given.GivenFrames._copy",
        "given.GivenFrames.claim",
        "given.Given.is_recorded",
        "part.CnnActivations._may_be_due",
        "part.CnnActivations._job",
        "source.FrameSource.image",
    ],
)
@pytest.mark.parametrize("error", [RuntimeError, MemoryError, SystemExit])
def test_what_fails_at_the_pilots_place_costs_mosaics_and_no_round(
    function: str,
    error: type[BaseException],
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car = ProbedCar(tmp_path / "tub")
    a_channel_of_its_own(car)
    owner, name = f"donkey_activations.drive.{function}".rsplit(".", 1)
    module, kind = owner.rsplit(".", 1)
    whole = getattr(__import__(module, fromlist=[kind]), kind).__dict__[name]

    def fail_at_first(*arguments: Any, **named: Any) -> Any:
        if car.camera.count < 6:
            raise error("out of order")
        return whole(*arguments, **named)

    monkeypatch.setattr(f"{owner}.{name}", fail_at_first)
    driven = car.drive(stock_pilot.tflite, monkeypatch, 14)
    assert min(driven.drawn) == 6
    assert_drawn_as_given(driven, first=6)


class Sequence:
    """Keeps its last frames as Donkeycar's sequence pilots do: the very arrays that it is given."""

    def __init__(self, car: ProbedCar) -> None:
        self.car, self.img_seq = car, deque(maxlen=3)
        self.seen: dict[int, np.ndarray] = {}

    def load(self) -> None: ...

    def run(self, image: np.ndarray) -> tuple[float, float]:
        image = image.copy()  # the camera uses its memory again
        self.img_seq.extend([image] * (3 - len(self.img_seq) or 1))
        self.seen[self.car.camera.count] = np.array(self.img_seq)
        return 0.1, 0.2


def test_a_sequence_pilots_frames_are_those_that_it_drove_by_and_not_what_became_of_them(
    pilot_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_stock_pilot(pilot_folder, *SIZE, kind="rnn").tflite
    monkeypatch.setattr("sys.argv", ["manage.py", "--model", str(model)])
    watched = watch_extractors(monkeypatch)
    car = ProbedCar(tmp_path / "tub", size=SIZE, modes="uupppp")
    pilot = Sequence(car)
    car.add_pilot(CAM, pilot=pilot)
    car.add(lambda image: draw_box(image) is None, [CAM], ["signs/seen"])
    car.vehicle.add(
        Part(lambda: draw_box(pilot.img_seq[-1]) is None), outputs=["x"], run_condition="run_pilot"
    )
    car.add_tub()
    driven = car.drive(model, monkeypatch, 16, IMAGE_W=SIZE[1], IMAGE_H=SIZE[0])
    asked = dict(zip(driven.drawn, watched[0].asked[1:], strict=True))
    by_pilot = asked.keys() & pilot.seen.keys()
    assert len(by_pilot) == 10
    assert len(asked) == 16
    for index, frames in asked.items():
        expected = rolling_history(index, 3) if index not in by_pilot else pilot.seen[index]
        np.testing.assert_array_equal(frames, expected)
    assert given_channels(driven) == [CAM]
