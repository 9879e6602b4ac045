"""The demo from nothing to a contact sheet; each step is left out where its work is done."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from donkey_activations.car import myconfig_block, myconfig_file
from donkey_activations.demo import driving, programs, settings, sheet, training
from donkey_activations.demo.folder import DemoFolder, only_one, open_folder
from donkey_activations.demo.plan import DEFAULT_RESOLUTION, Plan
from donkey_activations.demo.tub import always_the_mean, write_tub
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution


class Progress(Protocol):
    """Shows the user how far the demo is."""

    def begin(self, step: str) -> None:
        """Show that a step begins."""

    def tick(self, status: str) -> None:
        """Show how far it is; called at least once a second."""

    def end(self, result: str) -> None:
        """Show what came of it."""


@dataclass(frozen=True)
class Result:
    """What a demo leaves behind.

    Attributes:
        folder: The car.
        sheet: The contact sheet.
        mosaics: Those of this drive, in order.
    """

    folder: DemoFolder
    sheet: Path
    mosaics: tuple[Path, ...]


def demo(
    path: Path, wanted: Resolution | None, progress: Progress, plan: Plan | None = None
) -> Result:
    """Make what is missing, then drive.

    Args:
        path: The car's folder, new or of an earlier demo.
        wanted: The resolution; None: that of the demo in the folder, or 160x120.
        progress: Is called at each step.
        plan: How much of everything; None: what suits the resolution.

    Returns:
        Where everything lies.

    Raises:
        ConfigError: If the folder is not ours, TensorFlow is missing, or a step fails.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise ConfigError(
            "expected TensorFlow, which trains the demo's pilot, got none; "
            "run: pip install 'donkey-activations[pc]'"
        )
    Plan.at(wanted or DEFAULT_RESOLUTION)
    folder = open_folder(path, wanted, DEFAULT_RESOLUTION)
    plan = plan or Plan.at(folder.resolution)
    with only_one(folder):
        _make_car(folder, plan, progress)
        _draw_tub(folder, plan, progress)
        _train_pilot(folder, progress)
        made = _drive(folder, plan, progress)
        title = (
            f"What {folder.pilot.name} saw on the demo's synthetic course, {folder.resolution}, "
            f"records {made[0].stem} to {made[-1].stem}"
        )
        sheet.write_sheet(folder.sheet, made, title)
    return Result(folder, folder.sheet, tuple(made))


def _make_car(folder: DemoFolder, plan: Plan, progress: Progress) -> None:
    progress.begin("car folder (donkey createcar)")
    path = folder.myconfig
    if not (path.is_file() and settings.has_section(myconfig_file.read(path))):
        words = ("createcar", "--path", str(folder.path), "--template", "complete", "--overwrite")
        programs.run(programs.donkey(*words), folder.path, folder.log("createcar"), progress.tick)
        old = myconfig_file.read(path)
        new = myconfig_block.install(settings.with_section(old, plan), folder.resolution)
        myconfig_file.replace(path, new)
        progress.end(str(folder.path))
        return
    content = myconfig_file.read(path)
    with_block = myconfig_block.install(content, folder.resolution)
    if with_block == content:
        progress.end("already there")
        return
    myconfig_file.replace(path, with_block)
    progress.end(f"already there; its myconfig.py says {folder.resolution} again")


def _draw_tub(folder: DemoFolder, plan: Plan, progress: Progress) -> None:
    progress.begin(f"synthetic drive, {plan.records} records at {folder.resolution}")
    if folder.synthetic_tub.is_dir():
        progress.end("already there")
        return
    write_tub(
        folder.synthetic_tub,
        folder.resolution,
        plan.records,
        plan.seed,
        lambda written: progress.tick(f"record {written}" if written else "painting the course"),
    )
    progress.end(str(folder.synthetic_tub))


def _train_pilot(folder: DemoFolder, progress: Progress) -> None:
    progress.begin("linear pilot (donkey train)")
    if training.has_pilot(folder):
        progress.end("already there")
        return
    loss = training.train(folder, progress.tick)
    mean = always_the_mean(folder.synthetic_tub)
    verdict = f"{mean / loss:.1f} times as much" if loss < mean else "so it has learnt nothing yet"
    progress.end(f"validation loss {loss:.4f}; always the mean: {mean:.4f}, {verdict}")


def _drive(folder: DemoFolder, plan: Plan, progress: Progress) -> list[Path]:
    progress.begin("drive (manage.py drive)")
    made = driving.drive(folder, plan, progress.tick)
    progress.end(f"mosaics {driving.summary(folder) or len(made)}")
    return made
