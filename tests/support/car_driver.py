"""Drives a real car: starts its `manage.py` and commands it through its drive page's websocket.

A command is repeated until the asked number of vehicle loops has taken it, one answer from the
car for each, so that a drive's course does not depend on how fast the machine is.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from donkey_car import DonkeyCar, car_environment
from donkeycar.parts.tub_v2 import Tub
from tornado.websocket import WebSocketClientConnection, websocket_connect


@dataclass(frozen=True)
class Step:
    """So many vehicle loops with recording on or off, driven by the user or by the pilot."""

    loops: int
    recording: bool
    mode: str = "user"

    def command(self, turn: int) -> str:
        angle = (turn % 20 - 10) / 10
        state = {"angle": angle, "throttle": 0.3, "drive_mode": self.mode}
        return json.dumps({**state, "recording": self.recording})


@dataclass(frozen=True)
class Drive:
    """What is left of a drive."""

    car: DonkeyCar
    exit_code: int
    log: str
    steps_done: int
    seconds: float

    def records(self) -> list[dict[str, object]]:
        return read_records(self.car.tub)


class CarStoppedError(Exception):
    """The car ended, or did not answer, before it had driven all steps."""


def drive(
    car: DonkeyCar,
    steps: Sequence[Step],
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    seconds: float = 120,
) -> Drive:
    """Run `manage.py drive` with these arguments, drive the steps, wait for the car's own end."""
    log_path = car.path / "drive.log"
    start = time.monotonic()
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "drive", *arguments],
            cwd=car.path,
            env=car_environment({**(environment or {}), "XDG_CACHE_HOME": str(car.path / "cache")}),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            commander = _Commander(car.port, process, start + seconds)
            asyncio.run(commander.command(steps))
            process.wait(max(1.0, start + seconds - time.monotonic()))
        finally:
            process.kill()
            process.wait()
    took = time.monotonic() - start
    return Drive(car, process.returncode, log_path.read_text(), commander.steps_done, took)


class _Commander:
    """The user at the drive page."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], deadline: float) -> None:
        self.url = f"ws://127.0.0.1:{port}/wsDrive"
        self.process = process
        self.deadline = deadline
        self.steps_done = 0

    async def command(self, steps: Sequence[Step]) -> None:
        """Drive all steps, or as many as the car lets us."""
        if not steps:
            return
        try:
            page = await self._open_page()
            for step in steps:
                await self._drive(page, step)
                self.steps_done += 1
        except CarStoppedError:
            return

    async def _open_page(self) -> WebSocketClientConnection:
        """Wait until the car's web server answers."""
        while self.process.poll() is None and time.monotonic() < self.deadline:
            try:
                return await websocket_connect(self.url, connect_timeout=5)
            except OSError:
                await asyncio.sleep(0.05)
        raise CarStoppedError

    async def _drive(self, page: WebSocketClientConnection, step: Step) -> None:
        for turn in range(step.loops):
            await page.write_message(step.command(turn))
            while "recording" not in await self._answer(page):
                pass

    async def _answer(self, page: WebSocketClientConnection) -> dict[str, object]:
        try:
            left = max(0.1, self.deadline - time.monotonic())
            message = await asyncio.wait_for(page.read_message(), left)
        except TimeoutError as error:
            raise CarStoppedError from error
        if message is None:
            raise CarStoppedError
        return dict(json.loads(message))


def read_records(path: Path) -> list[dict[str, object]]:
    """All records of a tub, read by stock Donkeycar."""
    tub = Tub(str(path), read_only=True)
    records = list(tub)
    tub.close()
    return records
