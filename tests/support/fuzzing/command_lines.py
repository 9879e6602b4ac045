"""Words behind the commands, as a tired user or a script with an empty variable types them."""

import argparse
import shutil
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

from fuzzing.case import Case, MakeCase, Room, Subject

_ODD = (
    "", " ", "-", "--", "---", "-1", "0", "1", "2", "007", "1e999", "-1e999", "nan", "inf", "-inf",
    "1_000", "0x10", "9" * 30, "9" * 5000, "-" + "9" * 400, "0.5", "1/2", "٣", "½", "True",
    "None", "null",
    "ü№", "\u2028", "\x85", "\x1b[2J", "a\nb", "a\tb", "\u202e", "\udcff", "\udc80x.png", "%s",
    "{}", "*",
    "[", "**/*", "~", "~nobody-of-this-name", "~nobody-of-this-name/x", ".", "..", "/", "//", "./",
    "/dev/null/x.png", "/dev/null", "/proc/self/mem", "/proc/1/root/nope", "nowhere",
    "nowhere/x.png",
    "x" * 256, "x" * 5000, "x" * 246 + ".png", ",", ",,", "conv_a", "conv_a,conv_a", "conv_a,",
    "a,b", "x=1",
    "160x120", "0x0", "16x16", "15x15", "99999x99999", "-1x-1", "64X48", " 64 x 48 ", "640x360x3",
    "auto", "=", "--json", "--quiet", "--help", "-h", "--no-such-flag", "--js", "--mod",
    "user/angle > 0",
    "x.png", "x.jpg", "x.mp4", "x.npz", ".png", ".mp4", "folder/x.png", "folder", "-x.png",
    "@words", "@",
)  # fmt: skip
_SOUND = ("pilot.tflite", "tub", "image.jpg", "look.yaml", "config.py", "car", "full", "*.jpg", "5")
_KEPT = ("pilot.tflite", "image.jpg", "look.yaml", "full/x", "tub/manifest.json", "tub/images",
         "tub/catalog_0.catalog", "car/config.py", "car/manage.py")  # fmt: skip
# These verbs would work for minutes where their words are right.
_NEVER_RIGHT = {"demo": ("--path", "full"), "plan": ("--model", "nowhere")}


@lru_cache(maxsize=1)
def _flags_by_verb() -> dict[str, list[str]]:
    """Each verb's own flags, whatever verbs there are."""
    from donkey_activations.cli import main

    parser = main.build_parser(main.load_verbs())
    (verbs,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return {name: sorted(verb._option_string_actions) for name, verb in verbs.choices.items()}


def _furnish(room: Room) -> None:
    shutil.copy(room.materials / "pilots" / "small.tflite", "pilot.tflite")
    shutil.copytree(room.materials / "tub", "tub")
    shutil.copy(room.materials / "images" / "colour.jpg", "image.jpg")
    Path("look.yaml").write_text("width_px: 200\n")
    for folder in ("car", "full", "folder"):
        Path(folder).mkdir()
    for name in ("manage.py", "config.py", "myconfig.py"):
        Path("car", name).touch()
    Path("full", "x").touch()


def any_words(room: Room) -> Case:
    """Flags of a verb, or of another, with sound and with odd words behind them."""
    _furnish(room)
    chance = room.chance
    flags_by_verb = _flags_by_verb()
    verb = chance.choice([*flags_by_verb, "cnnactivations"])
    flags = flags_by_verb.get(verb, ["--image", "--model", "--config", "--out", "--trust-model"])
    words = _needed(verb) if chance.random() < 0.75 else []
    for _ in range(chance.randrange(5)):
        words.append(chance.choice(flags) if chance.random() < 0.9 else _odd(room))
        if chance.random() < 0.75:
            words.append(_odd(room) if chance.random() < 0.7 else chance.choice(_SOUND))
    if chance.random() < 0.1:
        words.insert(chance.randrange(len(words) + 1), _odd(room))
    return _case(verb, [word for word in words if word not in ("/", "//")])


def _case(verb: str, words: Sequence[str]) -> Case:
    program = "cnnactivations" if verb == "cnnactivations" else "activations"
    front = [] if verb == "cnnactivations" else [verb]
    behind = _NEVER_RIGHT.get(verb, ())
    # Where a user's words tell a file, it may be anywhere in his own folder.
    keeps = [] if any(word.startswith("--f") for word in words) else _KEPT
    return Case([*front, *words, *behind], ["."], program, keeps=keeps)


def _needed(verb: str) -> list[str]:
    pilot = ["--model", "pilot.tflite"]
    return {
        "cnnactivations": [*pilot, "--image", "image.jpg"],
        "image": [*pilot, "--image", "image.jpg"],
        "layers": pilot,
        "tub": [*pilot, "--tub", "tub"],
        "movie": [*pilot, "--tub", "tub", "--out", "x.mp4"],
        "install": ["--path", "car"],
    }.get(verb, [])


def _odd(room: Room) -> str:
    return room.chance.choice(_ODD)


def _fixed(room: Room, words: Sequence[str]) -> Case:
    _furnish(room)
    return Case(words)


_FIXED: list[MakeCase] = [
    partial(_fixed, words=words)
    for words in ([], [""], ["--"], ["no-such-verb"], ["--version"], ["--help"], ["-h", "tub"],
                  ["\udcff"], ["a\nb"], ["x" * 100_000], ["tub"], ["image"], ["@words"], ["-"],
                  ["tub", "tub"], ["--json"], ["--version", "x"], ["1e999"], ["\x1b[2J"])
]  # fmt: skip
SUBJECT = Subject(_FIXED, any_words)
