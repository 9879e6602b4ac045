"""Trains the demo's pilot with ``donkey train``."""

import json
import re
import shutil
import tempfile
from pathlib import Path

from donkey_activations.demo import programs
from donkey_activations.demo.folder import DemoFolder

_UNFINISHED = ".unfinished-"
_EPOCH = re.compile(r"Epoch (\d+/\d+)\s")
_STEP = re.compile(r"(\d+/\d+) \[[^\]]*\][^\r\n\x08]*?loss: ([0-9.e+-]+)")


def has_pilot(folder: DemoFolder) -> bool:
    """Whether a training has come to its end here."""
    return folder.pilot.is_file() and folder.pilot.with_suffix(".h5").is_file()


def train(folder: DemoFolder, tick: programs.Tick) -> float:
    """Train the pilot; it appears under its name only when training and conversion are done.

    Args:
        folder: A demo with its tub.
        tick: Called twice a second with how far the training is.

    Returns:
        The pilot's loss on records that it was not trained on.

    Raises:
        ConfigError: If the training fails.
    """
    models = folder.pilot.parent
    for left_over in models.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=models))
    log = folder.log("train")
    try:
        command = programs.donkey(
            *("train", "--tub", str(folder.synthetic_tub)),
            *("--model", str(work / "pilot.h5"), "--type", "linear"),
            *("--config", str(folder.path / "config.py")),
        )
        programs.run(command, folder.path, log, tick, _how_far)
        if not all((work / name).is_file() for name in ("pilot.h5", "pilot.tflite")):
            raise programs.failure("expected pilot.h5 and pilot.tflite from 'donkey train'", log)
        for name in ("pilot.tflite", "pilot.h5"):
            (work / name).replace(models / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return _validation_loss(models / "database.json", log)


def _how_far(text: str) -> str:
    epochs, steps = _EPOCH.findall(text), _STEP.findall(text)
    if not steps:
        return f"epoch {epochs[-1]}" if epochs else ""
    epoch = f"epoch {epochs[-1]}, " if epochs else ""
    return f"{epoch}step {steps[-1][0]}, loss {steps[-1][1]}"


def _validation_loss(database: Path, log: Path) -> float:
    try:
        newest = json.loads(database.read_text(encoding="utf-8"))[-1]
        return float(min(newest["History"]["val_loss"]))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise programs.failure(f"expected the training's history in {database}", log) from error
