"""Which cars the tests drive: every template with a camera and a tub, by user and by pilot."""

import contextlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from car_driver import Drive, Step, drive
from donkey_car import DonkeyCar, desk_settings, make_car
from drawn_frames import STOCK_INPUTS, STOCK_TYPES
from simulator_stand_in import SimulatorStandIn, client_environment

# What `donkey train` writes beside the `.tflite`, and `manage.py` drives with.
TRAINED = ".h5" if importlib.metadata.version("donkeycar").startswith("5.3.") else ".keras"
LOOPS = 100
PAUSE = 20  # loops without recording in the middle of a drive
COLUMN = "cnn/activations"


@dataclass(frozen=True)
class Recipe:
    """How one car is driven.

    Attributes:
        template: Donkeycar's name for the car's parts.
        mode: `user`, or `local` for the autopilot.
        with_model: Whether the pilot is given with `--model`, or by `ACTIVATIONS_MODEL`.
        every: `ACTIVATIONS_EVERY_N_FRAMES`.
        suffix: Which file of the pilot.
    """

    template: str
    mode: str = "user"
    with_model: bool = False
    every: int = 1
    suffix: str = ".tflite"

    @property
    def pauses(self) -> bool:
        """The simulator template records always while its pilot drives."""
        return (self.template, self.mode) != ("simulator", "local")

    @property
    def stock_header(self) -> list[list[str]]:
        """The first two lines of the tub's manifest in stock Donkeycar."""
        if self.template == "cv_control":
            return [["cam/image_array", "steering", "throttle"], ["image_array", "float", "float"]]
        pilots = self.mode == "local" and self.template != "basic"
        inputs = [*STOCK_INPUTS, *(["pilot/angle", "pilot/throttle"] if pilots else [])]
        return [inputs, [*STOCK_TYPES, *(["float", "float"] if pilots else [])]]


RECIPES = {
    "complete-user": Recipe("complete", with_model=True, every=2),
    "complete-pilot": Recipe("complete", mode="local", with_model=True),
    "complete-keras-pilot": Recipe("complete", mode="local", with_model=True, suffix=TRAINED),
    "basic-user": Recipe("basic"),
    "basic-pilot": Recipe("basic", mode="local", with_model=True, every=2),
    "simulator-user": Recipe("simulator"),
    "simulator-pilot": Recipe("simulator", mode="local", with_model=True),
    "cv_control-user": Recipe("cv_control", every=2),
    "cv_control-pilot": Recipe("cv_control", mode="local"),
}


def drive_recipe(
    recipe: Recipe, folder: Path, frames: Path, pilot: Path, more_config: str = ""
) -> Drive:
    """Make the car, record, pause, record until the car ends by itself."""
    car = make_car(folder, recipe.template)
    steps = [
        Step(30, recording=True, mode=recipe.mode),
        Step(PAUSE, recording=False, mode=recipe.mode),
        Step(10, recording=True, mode=recipe.mode),
    ]
    with contextlib.ExitStack() as stack:
        settings = recipe_settings(recipe, car, frames, pilot)
        environment = {}
        if recipe.template == "simulator":
            simulator = stack.enter_context(SimulatorStandIn())
            settings |= {"DONKEY_GYM": True, "DONKEY_SIM_PATH": "remote"}
            settings |= {"SIM_HOST": simulator.host}
            environment = client_environment()
        car.configure(settings, registered=True)
        with car.myconfig.open("a") as lines:
            lines.write(more_config)
        return drive(car, steps, *model_arguments(recipe, pilot), environment=environment)


def recipe_settings(recipe: Recipe, car: DonkeyCar, frames: Path, pilot: Path) -> dict[str, object]:
    """The car's `myconfig.py`."""
    settings = desk_settings(car, frames, LOOPS)
    settings["RECORD_DURING_AI"] = recipe.mode == "local"
    settings["ACTIVATIONS_EVERY_N_FRAMES"] = recipe.every
    if not recipe.with_model:
        settings["ACTIVATIONS_MODEL"] = str(pilot)
    return settings


def model_arguments(recipe: Recipe, pilot: Path) -> list[str]:
    """What stands behind `manage.py drive`."""
    if not recipe.with_model:
        return []
    kind = "tflite_linear" if recipe.suffix == ".tflite" else "linear"
    return ["--model", str(pilot), "--type", kind]
