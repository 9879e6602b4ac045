"""Vehicles with parts of people's own making, whose pilot notes each frame that it is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from car_driver import read_records
from donkeycar.parts.tub_v2 import TubWriter
from donkeycar.vehicle import Vehicle
from drawn_frames import draw_frame
from numpy.typing import NDArray

from donkey_activations import CnnActivations, add_activations, render_mosaic

Frame = NDArray[np.uint8]
RATE_HZ = 1000
COLUMN = "cnn/activations"


class Camera:
    """Frame 0, 1, 2, ... in memory that is used again, and a user who steers or lets drive."""

    def __init__(self, modes: str, size: tuple[int, int] = (120, 160)) -> None:
        self.modes, self.count = modes, -1
        self.memory = np.zeros((*size, 3), np.uint8)

    def run(self) -> tuple[Frame, float, float, str, bool]:
        self.count += 1
        self.memory[:] = draw_frame(self.count, *self.memory.shape[:2])
        mode = "local" if self.modes[self.count % len(self.modes)] == "p" else "user"
        return self.memory, 0.1, 0.2, mode, mode != "user"


class Part:
    """A part that is a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.run = function


@dataclass
class Runner:
    """Runs a network, as a part of somebody's own making: no ``load()``; notes what it is given."""

    given: dict[int, Frame] = field(default_factory=dict)
    camera: Any = None

    def __hash__(self) -> int:
        return id(self)

    def run(self, *values: Any) -> tuple[float, float]:
        images = [value for value in values if getattr(value, "ndim", 0) > 1]
        self.given[self.camera.count] = images[0].copy()
        return 0.3, 0.4


@dataclass(frozen=True)
class Driven:
    """What is left of a drive.

    Attributes:
        tub: The tub's folder.
        given: By round, which is the record's index, what the pilot was given.
        drawn: By index, the frame in the mosaic that the record names.
        part: Ours.
    """

    tub: Path
    given: dict[int, Frame]
    drawn: dict[int, Frame]
    part: CnnActivations | None

    def references(self) -> dict[int, str]:
        records = read_records(self.tub)
        return {int(str(one["_index"])): str(one[COLUMN]) for one in records if one.get(COLUMN)}


class ProbedCar:
    """A car to be put together part by part; records every round."""

    def __init__(
        self,
        tub: Path,
        *,
        image: str = "cam/image_array",
        modes: str = "p",
        size: tuple[int, int] = (120, 160),
    ) -> None:
        self.vehicle, self.path, self.image = Vehicle(), tub, image
        self.camera = Camera(modes, size)
        self.runner = Runner(camera=self.camera)
        self.names = ["cam/image_array", "user/angle", "user/throttle", "user/mode"]
        outputs = [image, *self.names[1:], "run_pilot"]
        self.vehicle.add(self.camera, outputs=outputs)

    def add(self, function: Callable[..., Any], inputs: list[str], outputs: list[str]) -> None:
        self.vehicle.add(Part(function), inputs=inputs, outputs=outputs)

    def add_pilot(
        self, *inputs: str, steering: str = "pilot/angle", pilot: Any = None, threaded: bool = False
    ) -> None:
        """Adds the runner, or another part that is one."""
        self.vehicle.add(
            pilot or self.runner,
            list(inputs),
            [steering, "pilot/throttle"],
            threaded=threaded,
            run_condition="run_pilot",
        )

    def add_tub(self) -> None:
        types = ["image_array", "float", "float", "str"]
        writer = TubWriter(str(self.path), inputs=list(self.names), types=types)
        inputs = [self.image, *self.names[1:]]
        self.vehicle.add(writer, inputs=inputs, outputs=["tub/num_records"])

    def drive(
        self, model: Path, monkeypatch: pytest.MonkeyPatch, rounds: int = 12, **keys: Any
    ) -> Driven:
        """Drives, and notes which frames are drawn.

        The worker works at the end of each round, so that no frame is skipped on a busy machine.
        """
        drawn: list[Frame] = []

        def note(frame: Frame, *arguments: Any, **named: Any) -> Frame:
            drawn.append(frame.copy())
            return render_mosaic(frame, *arguments, **named)

        monkeypatch.setattr(Vehicle, "start", Vehicle.start)
        monkeypatch.setattr("donkey_activations.pilots.pilot.render_mosaic", note)
        monkeypatch.setattr("donkey_activations.drive.wiring.WorkerThread.start", lambda _: None)
        self.vehicle.add(Part(self._work))
        camera = {"CAMERA_TYPE": "PICAM", "IMAGE_W": 160, "IMAGE_H": 120, "IMAGE_DEPTH": 3}
        settings = SimpleNamespace(**{**camera, "ACTIVATIONS_EVERY_N_FRAMES": 1, **keys})
        add_activations(self.vehicle, settings, str(model))
        assert self.vehicle.start(rate_hz=RATE_HZ, max_loop_count=rounds)[0] == rounds
        references = [str(one.get(COLUMN, "")) for one in read_records(self.path)]
        indices = [index for index, reference in enumerate(references) if reference]
        # The first is the black one before the drive.
        frames = dict(zip(indices, drawn[1:], strict=True))
        return Driven(self.path, self.runner.given, frames, self.part)

    @property
    def part(self) -> CnnActivations | None:
        """Ours, if the car has it."""
        found = (entry["part"] for entry in self.vehicle.parts)
        return next((one for one in found if isinstance(one, CnnActivations)), None)

    def _work(self) -> None:
        if self.part is not None:
            self.part._worker.work_once()
