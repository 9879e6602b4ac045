"""Drives the demo's car with its ``manage.py``, and switches recording on as a browser would."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from donkey_activations.demo import programs
from donkey_activations.demo.folder import DemoFolder
from donkey_activations.demo.plan import Plan
from donkey_activations.errors import ConfigError
from donkey_activations.tubs.recorded_sets import recorded_sets

START_LIMIT_S = 120.0
DRIVE_LIMIT_FACTOR = 5.0
_AUTOPILOT = {"angle": 0.0, "throttle": 0.0, "drive_mode": "local", "recording": True}
_SUMMARY = re.compile(r"mosaics: (\d+ made.*)")
_REASON = re.compile(r"activations: |donkey-activations does not work")


def mosaics(folder: DemoFolder) -> set[Path]:
    """Return the mosaics in the drive's tub, of all pilots."""
    return {
        recorded.picture_path(index)
        for recorded in recorded_sets(folder.drive_tub)
        for index in recorded.indexes()
    }


def drive(folder: DemoFolder, plan: Plan, tick: programs.Tick) -> list[Path]:
    """Let the pilot drive for ``plan.rounds`` rounds of the loop, recording.

    Args:
        folder: A demo with its pilot.
        plan: How long.
        tick: Called twice a second with how far the drive is.

    Returns:
        The mosaics of this drive, in the order of their records.

    Raises:
        ConfigError: If the car does not drive, or drives without drawing a mosaic.
    """
    before = mosaics(folder)
    log = folder.log("drive")
    port = _free_port()
    command = [sys.executable, "manage.py", "drive"]
    command += [f"--model={folder.pilot}", "--type=tflite_linear"]
    environment = {"WEB_CONTROL_PORT": str(port)}
    with programs.running(command, folder.path, log, environment) as car:
        _switch_on(car, port, log, tick)
        _wait_for_the_end(car, plan, log, tick)
    if car.returncode != 0:
        raise programs.failure(f"expected a drive, got exit code {car.returncode}", log)
    made = sorted(mosaics(folder) - before, key=lambda path: int(path.stem))
    if not made:
        raise _no_mosaic(log)
    return made


def summary(folder: DemoFolder) -> str:
    """Return what the part said of its work when the car stopped, or "" if it said nothing."""
    log = folder.log("drive")
    said = _SUMMARY.findall(programs.tail(log)) if log.is_file() else []
    return said[-1].strip() if said else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _switch_on(car: "subprocess.Popen[bytes]", port: int, log: Path, tick: programs.Tick) -> None:
    start = time.monotonic()
    while time.monotonic() - start < START_LIMIT_S:
        if programs.wait_a_tick(car) is not None:
            raise programs.failure("expected a car that drives, got one that stopped", log)
        tick("starting")
        if asyncio.run(_press_the_buttons(port)):
            return
    raise programs.failure(f"expected the drive page on port {port}, got no answer", log)


async def _press_the_buttons(port: int) -> bool:
    """Autopilot on, recording on; False while nobody listens."""
    from tornado.websocket import WebSocketError, websocket_connect

    try:
        page = await websocket_connect(f"ws://127.0.0.1:{port}/wsDrive", connect_timeout=2.0)
        await page.write_message(json.dumps(_AUTOPILOT))
        # the page answers with what it took over; closed earlier, it would never read the message
        await asyncio.wait_for(page.read_message(), 5.0)
        page.close()
    except (OSError, TimeoutError, WebSocketError):
        return False
    return True


def _wait_for_the_end(
    car: "subprocess.Popen[bytes]", plan: Plan, log: Path, tick: programs.Tick
) -> None:
    expected_s = plan.rounds / 20
    start = time.monotonic()
    while programs.wait_a_tick(car) is None:
        driven_s = time.monotonic() - start
        if driven_s > START_LIMIT_S + DRIVE_LIMIT_FACTOR * expected_s:
            raise programs.failure(
                f"expected the drive to end after {expected_s:.0f} s by MAX_LOOPS in myconfig.py, "
                f"got none after {driven_s:.0f} s",
                log,
            )
        recorded = re.findall(r"recorded (\d+) records", programs.tail(log))
        tick(f"{recorded[-1]} records" if recorded else "")


def _no_mosaic(log: Path) -> ConfigError:
    lines = programs.tail(log, 1 << 20).splitlines()
    said = [line.strip() for line in lines if _REASON.search(line)]
    if not said:
        return programs.failure("expected mosaics in the drive's tub, got none", log)
    return ConfigError(
        f"expected mosaics in the drive's tub, got none: {said[-1]}; the whole output is in {log}"
    )
