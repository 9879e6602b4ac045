"""Drives a real Vehicle with Donkeycar's own rnn or 3d pilot, between user and autopilot.

In a process of its own, because the pilot part needs TensorFlow. A frame is recorded each round.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from numpy.typing import NDArray

MODES = ["user"] * 8 + ["local"] * 10 + ["user"] * 8 + ["local"] * 6
SIZE = (80, 112)


@dataclass(frozen=True)
class SequenceDrive:
    """What is left of a drive.

    Attributes:
        frames_kept: By round, what the pilot part held when it had run; the rounds in which it
            ran only.
        drawn: By `_index` of the record, the frames that the part's mosaic was computed of.
        differences: By `_index`, the largest absolute difference between the maps of that mosaic
            and those of `expected_frames` in a new extractor.
    """

    frames_kept: dict[int, NDArray[np.uint8]]
    drawn: dict[int, NDArray[np.uint8]]
    differences: dict[int, float]


def drive_sequence_pilot(model: Path, kind: str, folder: Path, looked_into: Path) -> SequenceDrive:
    """Drives with one pilot and looks into the same or another one."""
    folder.mkdir(parents=True)
    command = [sys.executable, __file__, str(model), kind, str(folder), str(looked_into)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"the drive failed:\n{done.stdout}\n{done.stderr}")
    with np.load(folder / "drive.npz") as found:
        kept = dict(zip(found["kept_rounds"].tolist(), found["kept"], strict=True))
        drawn = dict(zip(found["drawn_indices"].tolist(), found["drawn"], strict=True))
        differences = dict(zip(drawn, found["differences"].tolist(), strict=True))
    return SequenceDrive(kept, drawn, differences)


def rolling_history(index: int, length: int) -> NDArray[np.uint8]:
    """The newest frames of the camera in a round, the first one standing for missing ones."""
    newest = range(index - length + 1, index + 1)
    return np.stack([draw_frame(max(0, number), *SIZE) for number in newest])


class Camera:
    """Frame 0, 1, 2, ..., and who drives."""

    def __init__(self) -> None:
        self.count = -1

    def run(self) -> tuple[NDArray[np.uint8], float, float, str]:
        self.count += 1
        return draw_frame(self.count, *SIZE), 0.0, 0.0, MODES[self.count]


class Witness:
    """Copies what the pilot keeps, right behind it."""

    def __init__(self, pilot: Any) -> None:
        self.pilot = pilot
        self.kept: dict[int, NDArray[np.uint8]] = {}
        self.count = -1

    def run(self, run_pilot: bool) -> None:
        self.count += 1
        if run_pilot:
            self.kept[self.count] = np.array(self.pilot.img_seq)


def _drive(model: str, kind: str, folder: str, looked_into: str) -> None:
    import pytest
    from car_driver import read_records
    from donkeycar.parts.interpreter import TfLite
    from donkeycar.parts.tub_v2 import TubWriter
    from donkeycar.vehicle import Vehicle
    from stock_pilot import make_pilot
    from watched_extractor import watch_extractors

    from donkey_activations import add_activations

    watched = watch_extractors(pytest.MonkeyPatch())
    pilot = make_pilot(kind, (*SIZE, 3), interpreter=TfLite())
    pilot.load(model)
    witness = Witness(pilot)
    vehicle = Vehicle()
    vehicle.add(Camera(), outputs=STOCK_INPUTS)
    vehicle.add(_RunPilot(), inputs=["user/mode"], outputs=["run_pilot"])
    outputs = ["pilot/angle", "pilot/throttle"]
    vehicle.add(pilot, inputs=STOCK_INPUTS[:1], outputs=outputs, run_condition="run_pilot")
    vehicle.add(witness, inputs=["run_pilot"])
    inputs, types = list(STOCK_INPUTS), list(STOCK_TYPES)
    tub = TubWriter(f"{folder}/tub", inputs=inputs, types=types)
    vehicle.add(tub, inputs=inputs, outputs=["tub/n"])
    height, width = SIZE
    camera = {"CAMERA_TYPE": "PICAM", "IMAGE_W": width, "IMAGE_H": height, "IMAGE_DEPTH": 3}
    keys: dict[str, Any] = {"ACTIVATIONS_EVERY_N_FRAMES": 1}
    if looked_into != model:
        keys["ACTIVATIONS_MODEL"] = looked_into
    add_activations(vehicle, SimpleNamespace(**camera, **keys), model)
    vehicle.start(rate_hz=15, max_loop_count=len(MODES))
    records = read_records(Path(folder) / "tub")
    indices = [int(str(record["_index"])) for record in records if record["cnn/activations"]]
    follows = looked_into == model
    _save(
        folder,
        witness.kept,
        indices,
        list(_with_differences(watched[0], witness, indices, follows)),
    )


def _with_differences(
    watched: Any, witness: Witness, indices: list[int], follows: bool
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    length = watched.sequence_length
    answers = zip(watched.asked[1:], watched.answered[1:], strict=True)  # the first was black
    for index, (frames, maps) in zip(indices, answers, strict=True):
        kept = witness.kept.get(index) if follows else None
        expected = watched.extractor(rolling_history(index, length) if kept is None else kept)
        yield frames, max(np.abs(a - b).max() for a, b in zip(maps, expected, strict=True))


def _save(
    folder: str,
    kept: dict[int, NDArray[np.uint8]],
    indices: list[int],
    drawn: list[tuple[NDArray[np.uint8], float]],
) -> None:
    np.savez(
        f"{folder}/drive.npz",
        kept_rounds=list(kept),
        kept=np.stack(list(kept.values())),
        drawn_indices=indices,
        drawn=np.stack([frames for frames, _ in drawn]),
        differences=[difference for _, difference in drawn],
    )


class _RunPilot:
    def run(self, mode: str) -> bool:
        return mode != "user"


if __name__ == "__main__":
    _drive(*sys.argv[1:])
