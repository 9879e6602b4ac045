"""A distribution of somebody else's in this very process: a folder on the import path."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from donkey_activations import extensions
from donkey_activations.cli.main import VERBS
from donkey_activations.extractors.openers import OPENERS
from donkey_activations.mosaic.arrangement import PANEL_MODULES


def write_distribution(folder: Path, distribution: str, entry_point: str, group: str) -> None:
    """Add one entry point to a distribution, which is made where it is not there yet."""
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    with (info / "entry_points.txt").open("a") as file:
        file.write(f"[{group}]\n{entry_point}\n")


@contextmanager
def on_the_path(folder: Path) -> Iterator[None]:
    """Have what is in a folder installed while the block runs, and forgotten after it."""
    sys.path.insert(0, str(folder))
    forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        forget()


def forget() -> None:
    """Have all extensions of others looked up anew, as a new process does."""
    extensions._installed.cache_clear()
    extensions._entry_points.cache_clear()
    for point in (VERBS, PANEL_MODULES, OPENERS):
        vars(point).pop("others", None)
        vars(point)["_loaded"].clear()
