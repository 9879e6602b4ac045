"""Layouts in YAML, from the file to the picture that is drawn with them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

from fuzzing.case import Case, MakeCase, Room, Subject
from fuzzing.damage import ODD_VALUES, damaged, mkfifo, sparse

_TEMPLATE = (Path(__file__).parents[3] / "templates" / "activations.yaml").read_bytes()
_ODD = [value for value in ODD_VALUES if value != 10**400]
_SOUND: dict[str, tuple[Any, ...]] = {
    "panels": (["layers"], ["camera", "saliency"], ["saliency", "layers"], ["controls"]),
    "layers": (["conv_a"], ["conv_b", "conv_a"], ["conv_c"], "all", "auto"),
    "per_layer": ({"conv_a": {"top": 1}}, {"conv_b": {"filters": [4, 0]}},
    {"conv_a": {"filters": [9]}}),
    "arrangement": ("stacked", "beside"),
    "width_px": (160, 161, 656, 4096),
    "height_px": (90, 91, 720, 4096, "auto"),
    "layers_height_px": (16, 17, 4096),
    "gap_px": (0, 1, 16),
    "gamma": (0.2, 1, 0.5),
    "colormap": ("gray", "viridis_r", "jet"),
    "signed_colormap": ("gray", "blue_orange_r"),
    "theme": ("light", "dark"),
    "captions": (True, False),
    "dead_threshold": (0, 1e-3, 3.4e38, 1e308),
    "scaling": ("layer", "filter", "run", [0, 1], [-3.4e38, 3.4e38], [1e-45, 1e-44]),
    "order": ("network", "energy", "variance"),
    "hide_dead": (True, False),
    "top": (1, 3, 65536, "all"),
    "filters": ([0], [3, 1], [99], "all"),
}  # fmt: skip


def _words(room: Room) -> Case:
    pilot = str(room.materials / "pilots" / "small.tflite")
    image = str(room.materials / "images" / "colour.jpg")
    words = ["image", "--model", pilot, "--image", image, "--layout", "look.yaml"]
    return Case([*words, "--out", "seen.jpg"], ["seen.jpg"])


def any_layout(room: Room) -> Case:
    """The template with damage, or a layout of sound and of odd values."""
    chance = room.chance
    content = _TEMPLATE
    if chance.random() < 0.7:
        keys = chance.sample(list(_SOUND), chance.randrange(1, 8))
        values = {key: chance.choice(_SOUND[key]) for key in keys}
        if chance.random() < 0.3:
            values[chance.choice(keys)] = chance.choice(_ODD)
        content = yaml.safe_dump(values, allow_unicode=chance.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    Path("look.yaml").write_bytes(_maybe_damaged(content, chance))
    return _words(room)


def _maybe_damaged(content: bytes, chance: Random) -> bytes:
    return damaged(content, chance) if chance.random() < 0.4 else content


def _fixed(room: Room, content: bytes | Callable[[Path], Any]) -> Case:
    path = Path("look.yaml")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    return _words(room)


_LAUGHS = b"a: &a [x, x]\n" + b"".join(
    b"%c: &%c [*%c, *%c, *%c]\n" % (n, n, n - 1, n - 1, n - 1) for n in range(98, 120)
)
_FIXED: list[bytes | Callable[[Path], Any]] = [
    b"", b"\xef\xbb\xbf", b"\xff\xfea\0:\0", b"\0", b"null", b"- a", b"7", b"--- a\n--- b",
    _LAUGHS, b"a: &a [*a]", b"<<: {theme: light}", b"? [a, b]\n: c",
    b"[" * 60_000, b"{" * 60_000, b"a: " + b"{b: " * 15_000, b"- " * 30_000, b"? " * 30_000,
    b"width_px: " + b"9" * 60_000, b"width_px: 0x" + b"f" * 60_000, b"gamma: 1e999999999",
    b"width_px: 1:00:00:00:00:00", b"width_px: 0b1" + b"0" * 60_000, b"gamma: .nan", b"top: .inf",
    b"theme: !!python/object/apply:os.system ['touch pwned']", b"!!python/name:os.system ",
    b"theme: !!binary " + b"A" * 60_000, b"!!set {a}", b"theme: !<tag:yaml.org,2002:str> dark",
    b"%YAML 999999999999999999999.1\n---\na: b", b"%TAG ! tag:x,2000:\n---\n!x a", b"%" * 60_000,
    b"theme: '" + b"a" * 70_000, b"'" * 60_001, b"a: b\n" * 12_000, b"theme: \"\\UFFFFFFFF\"",
    b"theme: \"\\ud800\"", b"per_layer: {\"\\ud800\": {top: 1}}", b"layers: [\"\\ud800\"]",
    b"per_layer: {a: {top: 1}, a: {top: 2}}", b"per_layer: {conv_a: {width_px: 200}}",
    b"layers: [" + b"x" * 60_000 + b"]", b"layers: [\"\\e[2J\\n\"]", b"theme: 2020-13-45",
    b"top: 2020-01-01", b"theme: \xc2\x85", b"theme: \x1b", b"#" * 65_536, b"#" * 65_537,
    b"panels: [camera]\nwidth_px: 4096\nheight_px: 4096\narrangement: beside",
    b"width_px: 4096\nlayers_height_px: 4096\ncaptions: false\ngap_px: 16",
    b"filters: [" + b", ".join(b"%d" % n for n in range(9000)) + b"]",
    mkfifo, sparse, lambda path: path.mkdir(), lambda path: path.symlink_to(path),
    lambda path: path.symlink_to("/dev/zero"), lambda _: None,
]  # fmt: skip
_CASES: list[MakeCase] = [partial(_fixed, content=content) for content in _FIXED]
SUBJECT = Subject(_CASES, any_layout)
