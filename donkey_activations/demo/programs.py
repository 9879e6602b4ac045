"""Runs Donkeycar's own programs for the demo: output into a log, a sign of life meanwhile."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from donkey_activations.errors import ConfigError

TICK_S = 0.5
_GRACE_S = 8.0
_SHOWN_LINES = 3
_PR_SET_PDEATHSIG = 1

Tick = Callable[[str], None]


def donkey(*words: str) -> list[str]:
    """Return the command line of ``donkey`` in this environment."""
    script = Path(sys.executable).with_name("donkey")
    if script.is_file():
        return [str(script), *words]
    found = shutil.which("donkey")
    if found is not None:
        return [found, *words]
    raise ConfigError(
        f"expected Donkeycar's command 'donkey' beside {sys.executable}, got none; "
        "run: pip install 'donkeycar[pc]'"
    )


@contextlib.contextmanager
def running(
    command: list[str], cwd: Path, log: Path, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a program and see to it that it has ended when the block is left.

    Args:
        command: Program and arguments.
        cwd: Where it runs.
        log: The file that takes its output; written anew.
        environment: Variables besides those of this process.

    Yields:
        The process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    variables = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "Agg",
        **(environment or {}),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; the program is asked once, in _end
            preexec_fn=_ends_with_us(),  # noqa: PLW1509 - one system call, no lock
        )
    try:
        yield process
    finally:
        _end(process)


def run(
    command: list[str],
    cwd: Path,
    log: Path,
    tick: Tick,
    status: Callable[[str], str] = lambda _: "",
) -> None:
    """Run a program to its end.

    Args:
        command: Program and arguments.
        cwd: Where it runs.
        log: The file that takes its output.
        tick: Called twice a second with how far the program says it is.
        status: Finds that in the program's output.

    Raises:
        ConfigError: If it fails; with the end of its output and the log's path.
    """
    with running(command, cwd, log) as process:
        while (code := wait_a_tick(process)) is None:
            tick(status(tail(log)))
    if code != 0:
        raise failure(f"expected '{' '.join(command[:2])}' to succeed, got exit code {code}", log)


def wait_a_tick(process: "subprocess.Popen[bytes]") -> int | None:
    """Wait half a second for the end of a program; its exit code, or None if it still runs."""
    try:
        return process.wait(TICK_S)
    except subprocess.TimeoutExpired:
        return None


def tail(log: Path, size: int = 1 << 16) -> str:
    """Return the end of a log, as text."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - size))
        return file.read().decode("utf-8", "replace")


def failure(what: str, log: Path) -> ConfigError:
    """Return the error of a program that did not do its work: last lines and the log's path."""
    lines = [line.strip() for line in tail(log).splitlines() if line.strip()]
    last = " | ".join(lines[-_SHOWN_LINES:]) or "no output"
    return ConfigError(f"{what}: {last}; the whole output is in {log}")


def _ends_with_us() -> Callable[[], object] | None:
    """Have the kernel end the new process when this one is killed; it calls this first."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_S)
        return
    process.kill()
    process.wait()
