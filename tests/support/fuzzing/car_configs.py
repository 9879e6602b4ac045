"""Cars' configurations: Python that a user wrote, or that an older Donkeycar made."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fuzzing.case import Case, MakeCase, Room, Subject
from fuzzing.damage import ODD_VALUES, damaged, mkfifo, sparse

_SOUND = "IMAGE_W = 40\nIMAGE_H = 32\nIMAGE_DEPTH = 3\nDRIVE_LOOP_HZ = 20\n"
_KEYS = (
    "ACTIVATIONS_ENABLED", "ACTIVATIONS_MODEL", "ACTIVATIONS_EVERY_N_FRAMES", "ACTIVATIONS_LAYERS",
    "ACTIVATIONS_LAYOUT", "ACTIVATIONS_RECORD", "ACTIVATIONS_SHOW", "ACTIVATIONS_JPEG_QUALITY",
    "ACTIVATIONS_THREADS", "ACTIVATIONS_COLUMN", "ACTIVATIONS_TRUST_MODEL", "ACTIVATION_SHOW",
    "ACTIVATIONS_", "ACTIVATIONSX", "IMAGE_W", "IMAGE_H", "IMAGE_DEPTH", "TRANSFORMATIONS",
    "POST_TRANSFORMATIONS", "DRIVE_LOOP_HZ", "ROI_CROP_TOP", "BLUR_KERNEL", "CAMERA_TYPE",
)  # fmt: skip
_VALUES = (
    *map(repr, ODD_VALUES), "object()", "print", "lambda: 1", "__import__('os')", "1 / 3", "b'x'",
    "['CROP']", "['BLUR']", "['TRAPEZE']", "['CANNY']", "['NOBODY']", "['RGB2GRAY']", "('CROP',)",
    "['SCALE']", "['RESIZE']", "['RGB2HSV', 'CROP', 'BLUR']", "{'conv_a'}", "['conv_a']", "-40",
    "10**9",
    "'look.yaml'", "'~nobody-of-this-name/x.yaml'", "range(10**9)", "[[]] * 3", "4097", "7", "1.5",
)  # fmt: skip
_SIZES = "ROI_CROP_TOP = {}\nROI_CROP_BOTTOM = {}\nROI_CROP_LEFT = {}\nROI_CROP_RIGHT = {}\n"


def _words(room: Room) -> Case:
    chance = room.chance
    pilot = str(room.materials / "pilots" / "small.tflite")
    shutil.copytree(room.materials / "tub", "tub")
    way = chance.random()
    if way < 0.1:
        image = str(room.materials / "images" / "colour.jpg")
        words = ["--model", pilot, "--image", image, "--out", "seen.png", "--config", "config.py"]
        return Case(words, ["seen.png"], "cnnactivations")
    if way < 0.2:
        Path("manage.py").touch()
        if not Path("myconfig.py").is_symlink():
            Path("myconfig.py").touch()
        words = ["install", *chance.choice([[], ["--json"], ["--dry-run"], ["--uninstall"]])]
        return Case(words, ["myconfig.py", "myconfig.py.bak"])
    words = [
        "tub",
        "--model",
        pilot,
        "--tub",
        "tub",
        *chance.choice([[], ["--config", "config.py"]]),
    ]
    if way < 0.3:
        words = ["movie", *words[1:], "--out", "film.mp4", "--scale", "0.3"]
    return Case(words, ["tub/activations", "film.mp4", "__pycache__"])


def any_config(room: Room) -> Case:
    """Sound settings, and some with odd values, in one of the two files or both."""
    chance = room.chance
    for name in chance.choice([["config.py"], ["config.py", "myconfig.py"]]):
        lines = [f"{key} = {chance.choice(_VALUES)}" for key in chance.sample(_KEYS, 2)]
        if chance.random() < 0.4:
            kept = chance.choice([["CROP"], ["BLUR"], ["TRAPEZE"], ["CROP", "TRAPEZE"]])
            numbers = [chance.choice((0, 1, -1, 5, 10**6, -(10**6), 32, 2.5)) for _ in range(4)]
            lines += [f"TRANSFORMATIONS = {kept}", _SIZES.format(*numbers)]
            lines += [f"BLUR_KERNEL = {chance.choice((0, -1, 3, 4, 'None'))}"]
        content = "\n".join([_SOUND, *lines, ""]).encode("utf-8", "surrogatepass")
        Path(name).write_bytes(damaged(content, chance) if chance.random() < 0.2 else content)
    return _words(room)


def _fixed(room: Room, content: str | bytes | Callable[[Path], Any], own: bool) -> Case:
    """A content of one of the two files."""
    Path("config.py").write_text(_SOUND)
    path = Path("myconfig.py" if own else "config.py")
    if isinstance(content, str):
        path.write_text(content)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.unlink(missing_ok=True)
        content(path)
    return _words(room)


_CONTENTS: list[str | bytes | Callable[[Path], Any]] = [
    "raise ValueError('a\\nb')", "raise SystemExit", "import sys; sys.exit(0)", "exit('bye')",
    "1 / 0",
    "def f(): return f()\nf()", "import no_such_module", "not python", "(" * 5000, "-" * 5000 + "1",
    "x = " + "[" * 90, "\0", b"\xff\xfe\0", b"# coding: no-such\n", "import os; os.chdir('/')",
    "print('said by the configuration')", "assert False", "raise OSError(2, 'x')",
    "raise MemoryError",
    "class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "open('/no/such')",
    "raise Exception('\\x1b[2J\\ud800')", "raise Exception('x' * 10**6)", "del __builtins__", "",
    "ACTIVATIONS_LAYERS = ['conv_a', '\\ud800']", "ACTIVATIONS_LAYOUT = '\\0'", "IMAGE_W = 10**9",
    "TRANSFORMATIONS = ['CROP']\nIMAGE_W = 10**6\nIMAGE_H = 10**6\n" + _SIZES.format(1, 1, 1, 1),
    "TRANSFORMATIONS = ['CROP']\nIMAGE_W = -4\n" + _SIZES.format(1, 1, 1, 1),
    "TRANSFORMATIONS = ['CROP']\nIMAGE_DEPTH = 7\n" + _SIZES.format(1, 1, 1, 1),
    "class C:\n    def __repr__(self): raise ValueError\nACTIVATIONS_SHOW = C()",
    "class C(str):\n    def __str__(self): raise ValueError\nACTIVATIONS_MODEL = C('x')",
    mkfifo, sparse, lambda path: path.mkdir(), lambda path: path.symlink_to(path),
    lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("nowhere"),
]  # fmt: skip
_FIXED: list[MakeCase] = [
    partial(_fixed, content=content, own=own) for content in _CONTENTS for own in (False, True)
]
SUBJECT = Subject(_FIXED, any_config)
