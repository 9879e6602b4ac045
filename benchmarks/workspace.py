"""What all rows work on: pilots, frames, maps and tubs, made anew for each run."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from turns import QUIET, Words

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
with contextlib.redirect_stdout(io.StringIO()):  # Donkeycar greets on import
    from drawn_frames import draw_frame, write_frame_tub
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor

Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((120, 160), (360, 640))
_FRAMES = 20


def describe(size: Size) -> str:
    """Return ``(height, width)`` as people write it."""
    return f"{size[1]}x{size[0]}"


@dataclass
class Workspace:
    """A folder with all of it, made when it is first asked for.

    Attributes:
        folder: Where.
        peers: The peers' Python.
        records: Of the tub.
    """

    folder: Path
    peers: Path
    records: int

    def pilot(self, size: Size) -> StockPilot:
        """Return Donkeycar's linear pilot with random weights."""
        return build_stock_pilot(self.folder, *size)

    def frames(self, size: Size) -> Path:
        """Return a file of frames, uint8 ``(frame, height, width, 3)``."""
        path = self.folder / f"frames-{describe(size)}.npy"
        if not path.exists():
            np.save(path, np.stack([draw_frame(index, *size) for index in range(_FRAMES)]))
        return path

    def maps(self, size: Size) -> Path:
        """Return a file of the maps of the first frame by layer."""
        path = self.folder / f"maps-{describe(size)}.npz"
        if not path.exists():
            extractor = open_extractor(self.pilot(size).tflite)
            maps = extractor(np.load(self.frames(size))[0])
            names = [layer.name for layer in extractor.layers]
            by_name: dict[str, Any] = dict(zip(names, maps, strict=True))
            np.savez(path, **by_name)
        return path

    @cached_property
    def image(self) -> Path:
        """A camera's image."""
        path = self.folder / "frame.jpg"
        Image.fromarray(draw_frame(1)).save(path, quality=95)
        return path

    @cached_property
    def tub(self) -> Path:
        """A tub, 160x120."""
        with contextlib.redirect_stdout(io.StringIO()):
            return write_frame_tub(self.folder / "tub", self.records)

    @cached_property
    def car(self) -> Path:
        """A car's folder, which Donkeycar's commands want."""
        path = self.folder / "car"
        command: Words = [self.peers.with_name("donkey"), "createcar", "--path", path]
        environment = {**os.environ, **QUIET}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
        return path

    def fresh(self, name: str) -> Path:
        """Return an empty folder."""
        number = len(list(self.folder.glob(f"{name}-*")))
        path = self.folder / f"{name}-{number}"
        path.mkdir()
        return path
