"""The home folder that the pages of this project speak of, and how their commands are run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from donkey_car import car_environment, make_car
from drawn_frames import draw_frame, write_frame_tub
from PIL import Image
from stock_pilot import StockPilot

_CAR = "mycar"
_RECORDS = 12


@dataclass(frozen=True)
class DocumentedCar:
    """A home folder with ``mycar`` in it, in which the reader of the pages is taken to be.

    Attributes:
        home: The home folder.
        cache: Where conversions of pilots are kept, of all copies of this home.
        package_home: The folder with the package, if it is not this checkout's.
    """

    home: Path
    cache: Path
    package_home: Path | None = None

    @property
    def path(self) -> Path:
        """The car's folder."""
        return self.home / _CAR

    def copy_to(self, home: Path, package_home: Path | None = None) -> "DocumentedCar":
        """The same in another folder, where a command can do no harm to others."""
        shutil.copytree(self.home, home)
        return DocumentedCar(home, self.cache, package_home)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command as a shell would, in the car's folder."""
        return self.call(["bash", "-euc", command])

    def call(self, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a program in the car's folder."""
        scripts = str(Path(sys.executable).parent)
        extra = {"PYTHONPATH": str(self.package_home)} if self.package_home else {}
        environment = {
            **car_environment(extra),
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.cache),
            "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        }
        environment.pop("DISPLAY", None)
        return subprocess.run(
            words,
            cwd=self.path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


def make_documented_car(folder: Path, pilot: StockPilot) -> DocumentedCar:
    """Makes a car with ``donkey createcar``, and puts into it what the pages speak of."""
    home = folder / "home"
    home.mkdir()
    car = make_car(home / _CAR, "complete")
    (car.path / "models").mkdir(exist_ok=True)
    shutil.copy(pilot.keras, car.path / "models" / "mypilot.h5")
    shutil.copy(pilot.tflite, car.path / "models" / "mypilot.tflite")
    write_frame_tub(car.path / "data", _RECORDS)
    photos = car.path / "photos"
    photos.mkdir()
    for index, name in enumerate(("road.jpg", "corner.jpg")):
        Image.fromarray(draw_frame(index, 240, 320)).save(photos / name)
    return DocumentedCar(home, folder / "cache")
