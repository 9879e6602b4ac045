"""Full and read-only disks, with a small file system of their own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from car_driver import read_records
from donkeycar.parts.tub_v2 import Tub, TubWriter
from donkeycar.vehicle import Vehicle
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from stock_pilot import StockPilot

from donkey_activations import CnnActivations, TubError, add_activations
from donkey_activations.drive import recorder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


class Desk:
    """Camera and driver in one, who records every round."""

    def __init__(self) -> None:
        self.count = 0

    def run(self) -> tuple[object, float, float, str]:
        self.count += 1
        return draw_frame(self.count), 0.1, 0.2, "user"


class Settings:
    CAMERA_TYPE = "PICAM"
    IMAGE_W, IMAGE_H, IMAGE_DEPTH = 160, 120, 3
    ACTIVATIONS_EVERY_N_FRAMES = 1


def test_on_a_disk_too_full_for_mosaics_the_car_records_as_in_stock(
    stock_pilot: StockPilot, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    vehicle = Vehicle()
    vehicle.add(Desk(), outputs=STOCK_INPUTS)
    writer = TubWriter(str(small_disk / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    vehicle.add(writer, inputs=STOCK_INPUTS, outputs=["tub/num_records"])
    add_activations(vehicle, Settings(), str(stock_pilot.tflite))
    assert vehicle.start(rate_hz=60, max_loop_count=10)[0] == 10
    assert len(read_records(small_disk / "tub")) == 10
    assert "expected at least 256 MB of free disk" in caplog.text


def test_a_disk_that_fills_up_while_mosaics_are_written_leaves_no_torn_file(
    stock_pilot: StockPilot,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(recorder, "MIN_FREE_BYTES", 0)
    tub = Tub(str(small_disk / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    with suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(bytes(4096)):
            pass
    for index in range(3):
        part.run(draw_frame(index), True)
    tub.close()
    assert (part.made, part.failed) == (0, 3)
    assert caplog.text.count("a mosaic failed, the drive goes on") == 1
    assert [file.name for file in small_disk.glob("tub/activations/*/*")] == ["set.json"]


def test_a_read_only_disk_is_a_tub_error_that_names_the_folder(
    stock_pilot: StockPilot, small_disk: Path
) -> None:
    tub = Tub(str(small_disk / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    tub.write_record(dict(zip(STOCK_INPUTS, Desk().run(), strict=True)))
    tub.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    tub = Tub(str(small_disk / "tub"), read_only=True)
    with pytest.raises(TubError, match=r"tub/activations/.*Read-only file system"):
        CnnActivations(stock_pilot.tflite, tub)
    tub.close()
