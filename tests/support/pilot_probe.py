"""Notes in a car's own process what its pilot is given, and what its mosaics are drawn of.

A car's ``myconfig.py`` installs it; at the end of the drive it writes what it has noted.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SUPPORT = Path(__file__).parent
_NOTES = "noted.npz"


def lines_for_myconfig(folder: Path) -> str:
    """Returns what to append to a car's `myconfig.py`."""
    path = [f"import sys; sys.path.insert(0, {str(SUPPORT)!r})"]
    return "\n".join([*path, f"import pilot_probe; pilot_probe.install({str(folder)!r})", ""])


def noted(folder: Path) -> tuple[dict[int, NDArray[Any]], dict[int, NDArray[Any]]]:
    """Returns what the pilot was given and what was drawn, each by the record's index."""
    with np.load(folder / _NOTES) as found:
        given = dict(zip(found["given_indices"].tolist(), found["given"], strict=True))
        return given, dict(zip(found["drawn_indices"].tolist(), found["drawn"], strict=True))


def install(folder: str) -> None:
    """Wraps Donkeycar's pilots, our worker, and the start of the vehicle."""
    from donkeycar.parts.keras import KerasPilot
    from donkeycar.parts.line_follower import LineFollower
    from donkeycar.parts.tub_v2 import TubWriter
    from donkeycar.vehicle import Vehicle

    from donkey_activations.drive.worker import MosaicWorker
    from donkey_activations.mosaic.render import render_mosaic
    from donkey_activations.pilots import pilot as drive_pilot

    tubs: list[Any] = []
    given: dict[int, Any] = {}
    drawn: dict[int, Any] = {}
    jobs: list[Any] = [None]

    def seeing(run: Any) -> Any:
        @functools.wraps(run)
        def noting(self: Any, image: Any, *others: Any) -> Any:
            # Where nothing is recorded the index stays, and the next frame takes this one's place.
            given[tubs[0].manifest.current_index] = np.array(image)
            return run(self, image, *others)

        return noting

    def starting(start: Any) -> Any:
        @functools.wraps(start)
        def noting(self: Any, *arguments: Any, **keys: Any) -> Any:
            parts = [entry["part"] for entry in self.parts]
            tubs.extend(part.tub for part in parts if isinstance(part, TubWriter))
            try:
                return start(self, *arguments, **keys)
            finally:
                np.savez(
                    Path(folder) / _NOTES,
                    given_indices=list(given),
                    given=np.stack(list(given.values())),
                    drawn_indices=list(drawn),
                    drawn=np.stack(list(drawn.values())),
                )

        return noting

    def working(work: Any) -> Any:
        def noting(self: Any, job: Any) -> None:
            jobs[0] = job
            work(self, job)

        return noting

    def rendering(render: Any) -> Any:
        def noting(frame: Any, *arguments: Any, **keys: Any) -> Any:
            if jobs[0] is not None and jobs[0].index is not None:
                drawn[jobs[0].index] = np.array(frame)
            return render(frame, *arguments, **keys)

        return noting

    KerasPilot.run = seeing(KerasPilot.run)
    LineFollower.run = seeing(LineFollower.run)
    Vehicle.start = starting(Vehicle.start)
    MosaicWorker._work = working(MosaicWorker._work)  # type: ignore[method-assign]
    drive_pilot.render_mosaic = rendering(render_mosaic)  # type: ignore[attr-defined]
