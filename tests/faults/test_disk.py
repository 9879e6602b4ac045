"""Disks that are full, read-only or gone, in whole or in part."""

import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from faulted_drives import (
    assert_no_record_points_to_a_torn_picture,
    assert_the_car_came_first,
    drive,
    rounds,
    until,
)
from limited_drives import drive_with_limits

from donkey_activations import CnnActivations, TubError
from donkey_activations.drive import recorder


@contextmanager
def file_system(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own in a folder, where this machine lets us have one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system of its own may not be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with file_system(tmp_path / "disk", "4m") as disk:
        yield disk


@pytest.fixture
def small_pictures(tmp_path: Path) -> Iterator[Path]:
    """A tub whose records have room, and whose mosaics lie on a small disk."""
    with file_system(tmp_path / "ours" / "activations", "2m"):
        yield tmp_path / "ours"


def fill(folder: Path) -> Path:
    """Writes a file until the disk is full."""
    ballast = folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return ballast


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.ERROR]


def test_on_a_disk_too_full_for_mosaics_the_car_records_as_in_stock(
    model: Path, small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours = drive(small_disk / "tub", model, rounds=30)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=30))
    assert ours.part is None
    assert "expected at least 256 MB of free disk" in caplog.text


def test_a_disk_that_is_full_for_a_while_costs_the_mosaics_of_that_while(
    model: Path,
    small_pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(recorder, "MIN_FREE_BYTES", 0)

    def script(part: CnnActivations) -> Iterator[None]:
        yield from until(lambda: part.made > 2)
        ballast = fill(small_pictures / "activations")
        yield from until(lambda failed=part.failed: part.failed > failed + 10)
        files = list(small_pictures.glob("activations/*/.*"))
        assert len(files) <= 1, "unfinished pictures are left"
        ballast.unlink()
        for old in small_pictures.glob("activations/*/*.jpg"):
            old.unlink()
        yield from until(lambda made=part.made: part.made > made + 3)

    ours = drive(small_pictures, model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert len(failures(caplog)) == 1
    assert "No space left" in failures(caplog)[0]
    subprocess.run(["mount", "-o", "remount,size=200m", small_pictures / "activations"], check=True)
    assert_no_record_points_to_a_torn_picture(ours, model)


def test_a_disk_that_turns_read_only_for_a_while_costs_the_mosaics_of_that_while(
    model: Path,
    small_pictures: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(recorder, "MIN_FREE_BYTES", 0)
    disk = str(small_pictures / "activations")

    def is_remounted(how: str) -> bool:
        # It is busy while a picture is being written.
        return subprocess.run(["mount", "-o", f"remount,{how}", disk], check=False).returncode == 0

    def script(part: CnnActivations) -> Iterator[None]:
        yield from until(lambda: part.made > 2)
        yield from until(lambda: is_remounted("ro"))
        yield from until(lambda failed=part.failed: part.failed > failed + 10)
        assert is_remounted("rw,size=200m")
        yield from until(lambda made=part.made: part.made > made + 3)

    ours = drive(small_pictures, model, script)
    # Mounting is the test's own work, and its rounds are no one else's.
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert len(failures(caplog)) == 1
    assert "Read-only file system" in failures(caplog)[0]
    assert_no_record_points_to_a_torn_picture(ours, model)


def test_a_read_only_disk_is_a_tub_error_that_names_the_folder(
    model: Path, small_disk: Path
) -> None:
    tub = Tub(str(small_disk / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    values = [draw_frame(0), 0.1, 0.2, "user"]
    tub.write_record(dict(zip(STOCK_INPUTS, values, strict=True)))
    tub.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    tub = Tub(str(small_disk / "tub"), read_only=True)
    with pytest.raises(TubError, match=r"tub/activations/.*Read-only file system"):
        CnnActivations(model, tub)
    tub.close()


def _move(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def _delete(folder: Path) -> None:
    # In one step, whatever is written into it at this moment.
    _move(folder)
    shutil.rmtree(folder.with_name("elsewhere"))


def _put_a_file_there(folder: Path) -> None:
    _move(folder)
    folder.write_text("a file")


def _put_a_dead_link_there(folder: Path) -> None:
    _move(folder)
    folder.symlink_to(folder.with_name("nowhere"))


@pytest.mark.parametrize("loss", [_delete, _move, _put_a_file_there, _put_a_dead_link_there])
@pytest.mark.parametrize("depth", ["activations", "activations/*"])
def test_a_folder_of_mosaics_that_is_lost_on_the_way_costs_mosaics_and_one_line(
    *,
    loss: Callable[[Path], None],
    depth: str,
    model: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tub = tmp_path / "ours"

    def script(part: CnnActivations) -> Iterator[None]:
        yield from until(lambda: part.made > 2)
        (pictures,) = tub.glob(depth)
        loss(pictures)
        yield from until(lambda failed=part.failed: part.failed > failed + 10)

    ours = drive(tub, model, script)
    assert_the_car_came_first(ours, drive(tmp_path / "stock", None, rounds=ours.rounds))
    assert len(failures(caplog)) == 1
    assert "a mosaic failed, the drive goes on" in failures(caplog)[0]
    for left in (tub / "activations", *tub.glob("activations/*")):
        if left.is_symlink() or left.is_file():
            left.unlink()
    shutil.rmtree(tub / "elsewhere", ignore_errors=True)
    shutil.rmtree(tub / "activations" / "elsewhere", ignore_errors=True)
    assert_no_record_points_to_a_torn_picture(ours, model)


@pytest.mark.parametrize("loss", [_delete, _move])
def test_a_tub_that_is_lost_on_the_way_ends_the_drive_no_sooner_than_in_stock_and_is_not_made_again(
    loss: Callable[[Path], None], model: Path, tmp_path: Path
) -> None:
    found = {}
    for name, pilot in (("ours", model), ("stock", None)):
        tub = tmp_path / name / "tub"
        tub.parent.mkdir()

        def script(_: object, tub: Path = tub) -> Iterator[None]:
            yield from rounds(20)
            loss(tub)
            yield from rounds(20)

        found[name] = drive(tub, pilot, script)
    assert found["ours"].rounds == found["stock"].rounds
    assert found["ours"].ended == found["stock"].ended
    for name in found:
        left = [path.name for path in (tmp_path / name).iterdir()]
        assert left == ([] if loss is _delete else ["elsewhere"])


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [("file size", "File too large"), ("descriptors", "Too many open files")],
)
def test_a_limit_reached_for_a_while_costs_the_mosaics_of_that_while(
    limit: str, complaint: str, model: Path, tmp_path: Path
) -> None:
    limited = drive_with_limits(limit, model, tmp_path)
    assert_the_car_came_first(limited.ours, limited.stock)
    assert limited.failed > 0
    assert limited.log.count("a mosaic failed") == 1
    assert complaint in limited.log
    assert_no_record_points_to_a_torn_picture(limited.ours, model)
