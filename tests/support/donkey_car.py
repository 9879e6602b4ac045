"""Car folders made by `donkey createcar`, set up so that they drive on a desk."""

import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import donkey_activations

REGISTER = textwrap.dedent("""
    try:
        from donkey_activations import register
        register()
    except Exception as error:
        print("This car drives without mosaics:", error)
    """)


@dataclass(frozen=True)
class DonkeyCar:
    """A car folder and the port of its drive page."""

    path: Path
    template: str
    port: int

    @property
    def tub(self) -> Path:
        return self.path / "data"

    @property
    def myconfig(self) -> Path:
        return self.path / "myconfig.py"

    def configure(self, settings: Mapping[str, object], *, registered: bool) -> None:
        """Replace `myconfig.py` by these settings, with or without the registration."""
        lines = [f"{key} = {value!r}" for key, value in settings.items()]
        self.myconfig.write_text("\n".join(lines) + "\n" + (REGISTER if registered else ""))


def make_car(path: Path, template: str) -> DonkeyCar:
    """Make a car folder with the real command."""
    done = run_donkey("createcar", "--path", str(path), "--template", template)
    if not (path / "manage.py").exists():
        raise RuntimeError(f"donkey createcar made no car:\n{done.stdout}\n{done.stderr}")
    return DonkeyCar(path, template, free_port())


def desk_settings(car: DonkeyCar, frames: Path, loops: int) -> dict[str, object]:
    """What lets a template drive without hardware: frames from a tub, no motors, no joystick."""
    return {
        "CAMERA_TYPE": "IMAGE_LIST",
        "PATH_MASK": str(frames / "images" / "*.jpg"),
        "IMAGE_W": 160,
        "IMAGE_H": 120,
        "DRIVE_TRAIN_TYPE": "MOCK",
        "USE_JOYSTICK_AS_DEFAULT": False,
        "WEB_CONTROL_PORT": car.port,
        "DRIVE_LOOP_HZ": 20,
        "MAX_LOOPS": loops,
    }


def car_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a car's processes: this package importable, no window, no GPU."""
    package_home = str(Path(donkey_activations.__file__).parents[1])
    settings = {
        "PYTHONPATH": package_home,
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    for name, value in (extra or {}).items():
        settings[name] = f"{value}{os.pathsep}{settings[name]}" if name in settings else value
    return {**os.environ, **settings}


def run_donkey(
    *arguments: str, cwd: Path | None = None, seconds: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run the `donkey` that belongs to this Python."""
    command = [str(Path(sys.executable).with_name("donkey")), *arguments]
    return subprocess.run(
        command,
        cwd=cwd,
        env=car_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


def free_port() -> int:
    """A port on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
