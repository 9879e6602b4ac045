"""The set of mosaics that a drive begins is the one that ``activations tub`` goes on with."""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from donkeycar.parts.image_transformations import ImageTransformations
from donkeycar.parts.tub_v2 import TubWriter
from donkeycar.vehicle import Vehicle
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from stock_pilot import StockPilot

from donkey_activations import add_activations
from donkey_activations.cli.main import main
from donkey_activations.drive import attach

KEYS: dict[str, Any] = {
    "CAMERA_TYPE": "PICAM",
    "IMAGE_W": 160,
    "IMAGE_H": 120,
    "IMAGE_DEPTH": 3,
    "ACTIVATIONS_EVERY_N_FRAMES": 1,
    "TRANSFORMATIONS": ["RGB2HSV"],
    "POST_TRANSFORMATIONS": ["HSV2BGR"],
}
BOTH = ["RGB2HSV", "HSV2BGR"]


class Camera:
    def run(self) -> tuple[np.ndarray, float, float, str, bool]:
        return draw_frame(1), 0.1, 0.2, "user", True


class Pilot:
    def load(self) -> None: ...

    def run(self, _: object) -> tuple[float, float]:
        return 0.0, 0.0


@pytest.fixture(autouse=True)
def stock_vehicle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with the class as Donkeycar ships it."""
    monkeypatch.setattr(Vehicle, "start", Vehicle.start)
    monkeypatch.setattr(attach, "_registered", [])
    yield


def drive(tub: Path, model: Path, pilot_reads: str | None, keys: dict[str, Any]) -> Path:
    """Drives as a template does whose pilot reads this channel, and returns the set's folder."""
    cfg = SimpleNamespace(**deepcopy(keys))
    vehicle = Vehicle()
    recorded = [*STOCK_INPUTS, "recording"]
    vehicle.add(Camera(), outputs=recorded)
    if pilot_reads == "cam/image_array_trans":
        part = ImageTransformations(cfg, "TRANSFORMATIONS", "POST_TRANSFORMATIONS")
        vehicle.add(part, inputs=["cam/image_array"], outputs=[pilot_reads])
    if pilot_reads is not None:
        vehicle.add(Pilot(), inputs=[pilot_reads], outputs=["pilot/angle", "pilot/throttle"])
    writer = TubWriter(str(tub), inputs=list(STOCK_INPUTS), types=list(STOCK_TYPES))
    vehicle.add(writer, inputs=list(STOCK_INPUTS), run_condition="recording")
    add_activations(vehicle, cfg, str(model))
    vehicle.start(rate_hz=60, max_loop_count=3)
    (folder,) = tub.glob("activations/*")
    return folder


@pytest.mark.parametrize(
    ("pilot_reads", "expected"),
    [("cam/image_array_trans", BOTH), ("cam/image_array", []), (None, BOTH)],
)
def test_a_set_names_what_was_done_to_the_frames(
    stock_pilot: StockPilot, tmp_path: Path, pilot_reads: str | None, expected: list[str]
) -> None:
    folder = drive(tmp_path / "tub", stock_pilot.tflite, pilot_reads, KEYS)
    assert json.loads((folder / "set.json").read_text())["transformations"] == expected


@pytest.mark.parametrize("post", [["HSV2BGR"], ("HSV2BGR",), [], None])
def test_a_tub_is_drawn_into_the_set_of_its_drive(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, post: Any
) -> None:
    keys = {**KEYS, "POST_TRANSFORMATIONS": post}
    if post is None:
        del keys["POST_TRANSFORMATIONS"]
    tub = tmp_path / "tub"
    begun = drive(tub, stock_pilot.tflite, "cam/image_array_trans", keys)
    shutil.copytree(begun, tmp_path / "begun")
    for picture in begun.glob("*.jpg"):
        picture.unlink()
    config = "".join(f"{key} = {value!r}\n" for key, value in keys.items())
    (tmp_path / "config.py").write_text(config)
    monkeypatch.chdir(tmp_path)
    assert main(["tub", "--model", str(stock_pilot.tflite), "--tub", str(tub)]) == 0
    assert [folder.name for folder in tub.glob("activations/*")] == [begun.name]
    # Records from the camera are not what the tub's JPEG gives back, so the content may differ.
    drawn, drove = (sorted(x.name for x in y.iterdir()) for y in (begun, tmp_path / "begun"))
    assert set(drove) <= set(drawn)
