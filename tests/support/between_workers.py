"""What the workers of pytest-xdist share: things that are built once, and the machine.

Locks are held by processes, so what a killed worker held is free at once.
"""

import fcntl
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pytest

T = TypeVar("T")

_LOCKS = Path(tempfile.gettempdir())
_NAME = f"donkey-activations-tests-{os.getuid()}"


@contextmanager
def locked(file: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock, which no other process, and no other thread, has at the same time."""
    with file.open("w") as handle:
        fcntl.flock(handle, how)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def machine(*, alone: bool) -> Iterator[None]:
    """Let tests run beside each other, and a test that measures without any other.

    Who waits to be alone keeps the turnstile, so that nobody else starts meanwhile.
    """
    with (_LOCKS / f"{_NAME}.machine").open("w") as handle:
        with locked(_LOCKS / f"{_NAME}.turnstile"):
            fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)


def folder_of_the_run(factory: "pytest.TempPathFactory") -> Path:
    """Return the temporary folder that all workers of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def built_once(factory: "pytest.TempPathFactory", name: str, build: Callable[[Path], T]) -> T:
    """Build something in a folder of that name, once a run; other workers get the same."""
    folder = folder_of_the_run(factory) / name
    kept = folder / "built.pickle"
    with locked(folder.with_suffix(".lock")):
        if not kept.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that could not build it
            folder.mkdir()
            kept.write_bytes(pickle.dumps(build(folder)))
        result: T = pickle.loads(kept.read_bytes())
    return result
