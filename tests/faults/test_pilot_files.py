"""A pilot's file that is not there, not whole, or not the one before."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulted_drives import (
    Driven,
    assert_no_record_points_to_a_torn_picture,
    assert_the_car_came_first,
    drive,
    rounds,
    until,
)
from stock_pilot import StockPilot

from donkey_activations import CnnActivations

UNFIT = {
    "missing": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "cut short": lambda file, _: file.write_bytes(file.read_bytes()[:100_000]),
    "cut at its end": lambda file, _: file.write_bytes(file.read_bytes()[:-1000]),
    "zeros behind the header": lambda file, _: file.write_bytes(
        file.read_bytes()[:64] + bytes(200_000)
    ),
    "text": lambda file, _: file.write_text("not a pilot"),
    "a folder": lambda file, _: (file.unlink(), file.mkdir()),
    "a loop of links": lambda file, _: (file.unlink(), file.symlink_to(file)),
    "trained at another size": lambda file, larger: file.write_bytes(larger.read_bytes()),
}
# There is no file to open, and one may come.
NEVER_OPENED = {"missing", "a folder", "a loop of links"}


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.ERROR]


@pytest.mark.parametrize("fault", UNFIT)
def test_with_an_unfit_pilot_the_car_drives_without_mosaics_and_says_why(
    fault: str, model: Path, larger_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    UNFIT[fault](model, larger_model)
    ours = drive(tmp_path / "ours", model, rounds=30)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=30))
    assert ours.part is None
    assert len(errors(caplog)) == 1
    assert errors(caplog)[0].endswith("Driving without mosaics")
    assert not list((tmp_path / "ours").glob("activations/*/*.jpg"))


@pytest.mark.usefixtures("quick_looks")
@pytest.mark.parametrize("fault", UNFIT)
def test_a_pilot_spoilt_on_the_way_leaves_the_loop_its_rounds_and_the_mosaics_as_they_were(
    fault: str, model: Path, larger_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = model.read_bytes()

    def script(part: CnnActivations) -> Iterator[None]:
        yield from until(lambda: part.made > 2)
        first = part._worker.pilot
        UNFIT[fault](model, larger_model)
        if fault == "trained at another size":
            yield from until(lambda: part._worker.pilot is not first)
        elif fault not in NEVER_OPENED:
            yield from until(lambda: bool(errors(caplog)))
        else:
            yield from rounds(30)
        yield from rounds(10)
        _restore(model, whole)
        yield from until(lambda made=part.made: part.made > made + 2)

    ours = drive(tmp_path / "ours", model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert_no_record_points_to_a_torn_picture(ours, model)
    assert ours.part is not None
    assert ours.part.failed == 0
    assert len(errors(caplog)) == (0 if fault in NEVER_OPENED else 1)
    assert len(_sets(ours)) == 1


@pytest.mark.usefixtures("quick_looks")
def test_pilots_that_take_turns_on_the_way_draw_each_into_its_own_set(
    model: Path, other_model: Path, tmp_path: Path
) -> None:
    contents = [other_model.read_bytes(), model.read_bytes()]

    def script(part: CnnActivations) -> Iterator[None]:
        for turn in range(6):
            before = part._worker.pilot
            model.write_bytes(contents[turn % 2])
            yield from until(lambda before=before: part._worker.pilot is not before)
            yield from until(lambda made=part.made: part.made > made + 2)

    ours = drive(tmp_path / "ours", model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert_no_record_points_to_a_torn_picture(ours, model, other_model)
    assert len(_sets(ours)) == 2
    assert ours.part is not None
    assert ours.part.failed == 0


@pytest.mark.usefixtures("quick_looks")
def test_a_pilot_that_never_comes_to_rest_costs_no_mosaic(
    model: Path, other_model: Path, tmp_path: Path
) -> None:
    one, other = model.read_bytes(), other_model.read_bytes()

    def script(part: CnnActivations) -> Iterator[None]:
        for number in range(60):
            model.write_bytes((one, other)[number % 2][: 5000 * (number + 1)])
            yield
        model.write_bytes(one)
        yield from until(lambda made=part.made: part.made > made + 2)

    ours = drive(tmp_path / "ours", model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert_no_record_points_to_a_torn_picture(ours, model, other_model)
    assert ours.part is not None
    assert ours.part.failed == 0


@pytest.mark.usefixtures("quick_looks")
def test_a_keras_pilot_whose_conversion_cannot_be_kept_leaves_tensorflow_out_of_the_car(
    *,
    model: Path,
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # All that a process can do whose result nobody can keep.
    monkeypatch.setattr("donkey_activations.drive.conversion._CONVERT", "pass")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def script(part: CnnActivations) -> Iterator[None]:
        model.write_bytes(stock_pilot.keras.read_bytes())
        yield from until(lambda: bool(errors(caplog)))
        yield from until(lambda made=part.made: part.made > made + 2)

    was_there = "tensorflow" in sys.modules
    ours = drive(tmp_path / "ours", model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert ("tensorflow" in sys.modules) == was_there
    assert "make that folder writable" in errors(caplog)[0]
    model.write_bytes(stock_pilot.tflite.read_bytes())
    assert_no_record_points_to_a_torn_picture(ours, model)


def _sets(ours: Driven) -> set[str]:
    return {reference.split("/")[1] for reference in ours.references() if reference}


def _restore(model: Path, content: bytes) -> None:
    if model.is_dir():
        model.rmdir()
    model.unlink(missing_ok=True)
    model.write_bytes(content)
