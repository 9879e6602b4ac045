"""Tubs whose `activations` folder is hostile: links that lead out, and what is no file."""

import os
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from fuzzing.case import OUTSIDE, Case, Room, Subject
from fuzzing.damage import mkfifo, sparse

_TUB = Path("tub")


@lru_cache(maxsize=1)
def _name_of_the_set(pilot: Path) -> str:
    """The set that our pilot draws into, as a stranger who has the pilot knows it."""
    from donkey_activations import open_extractor
    from donkey_activations.mosaic.layout import Layout
    from donkey_activations.tubs.mosaics import mosaic_set

    return mosaic_set(_TUB, pilot, open_extractor(pilot), Layout()).name


def _fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "x").touch()


def _put(path: Path, room: Room, *, file: bool) -> None:
    """Puts something at a place where a file or a folder of ours is due."""
    chance = room.chance
    outside = room.path / OUTSIDE
    kinds: dict[str, Callable[[], Any]] = {
        "nothing": lambda: None,
        "a folder": path.mkdir,
        "a full folder": lambda: _fill(path),
        "an empty file": path.touch,
        "garbage": lambda: path.write_bytes(chance.randbytes(50) + b"\xff\xd9"),
        "a pipe": lambda: mkfifo(path),
        "a huge file": lambda: sparse(path),
        "a loop": lambda: path.symlink_to(path.name),
        "a link to nowhere": lambda: path.symlink_to("nowhere"),
        "a link to the images": lambda: path.symlink_to(os.path.relpath("tub/images", path.parent)),
        "a link to the tub": lambda: path.symlink_to(_TUB.absolute()),
        "a link to a device": lambda: path.symlink_to("/dev/zero"),
        "a link out": lambda: path.symlink_to(outside / ("secret.jpg" if file else "set")),
        "a relative link out": lambda: path.symlink_to(os.path.relpath(outside, path.parent)),
        "a link to nothing outside": lambda: path.symlink_to(outside / "new"),
    }
    kinds[chance.choice(list(kinds))]()


def any_set(room: Room) -> Case:
    """A hostile folder, and one of those who work in it."""
    chance = room.chance
    pilot = room.materials / "pilots" / "small.tflite"
    shutil.copytree(room.materials / "tub", _TUB)
    folder = _TUB / "activations"
    this_set = folder / _name_of_the_set(pilot)
    depth = chance.randrange(6)
    if depth == 0:
        _put(folder, room, file=False)
    elif depth == 1:
        folder.mkdir()
        _put(this_set, room, file=False)
    else:
        this_set.mkdir(parents=True)
        (this_set / "set.json").write_text("{}")
        names = ["set.json", "0.jpg", "1.jpg", "5.jpg", "99.jpg", f".3.jpg.{os.getpid()}.part"]
        names += [".1.jpg.17.part", ".set.json.9.part", f".set.json.{os.getpid()}.part", "x.jpg"]
        for name in chance.sample(names, chance.randrange(1, 5)):
            (this_set / name).unlink(missing_ok=True)
            _put(this_set / name, room, file=True)
    if chance.random() < 0.25:
        return Case([str(_TUB), "3"], ["tub/activations"], "left_overs")
    words = ["tub", "--model", str(pilot), "--tub", str(_TUB)]
    words += chance.choice([[], [], ["--json"], ["--every", "2"]])
    return Case(words, ["tub/activations"])


SUBJECT = Subject((), any_set)
