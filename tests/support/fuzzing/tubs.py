"""Tubs: what a crash, a stranger or another program may have made of one."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.case import OUTSIDE, SECRET, Case, MakeCase, Room, Subject
from fuzzing.damage import (
    DEEP,
    ODD_VALUES,
    damaged,
    replace_by_something_else,
    sparse,
    with_odd_value,
)

_TUB = "tub"
_V2 = ("manifest.json", "catalog_0.catalog", "catalog_0.catalog_manifest")
_V1 = ("record_0.json", "record_3.json", "record_5.json", "meta.json")
_LEADING_OUT = (
    f"../../{OUTSIDE}/{SECRET}",
    f"../../../{OUTSIDE}/{SECRET}",
    f"images/../../../{OUTSIDE}/{SECRET}",
    f"./../../{OUTSIDE}/{SECRET}",
    f"..//..//{OUTSIDE}//{SECRET}",
    f"..\\..\\{OUTSIDE}\\{SECRET}",
    f"../../{OUTSIDE}/catalog_0.catalog",
    "/etc/passwd", "/dev/zero", "/proc/self/mem", ".", "..", "0_cam_image_array_.jpg/.", "\0", "~",
    "0_cam_image_array_.jpg\0.png", "%2e%2e/x.jpg", "file:///etc/passwd", "x\ny.jpg", "\udcff.jpg",
    "\ud800.jpg", "x" * 300 + ".jpg", "\x1b[2J.jpg",
)  # fmt: skip
_NAMES = (
    b"tub",
    b"t u b",
    "tüb №".encode(),
    b"\xff\xfe",
    b"-tub",
    b"*",
    b"a\nb",
    b"[t]",
    b"\x1b[2J",
)
_FILTERS = (
    "user/angle > 0", "user/mode == 'user'", "_index < 3 and not user/angle", "user/angle",
    "1e999 > 0",
    "user/angle * 10 > 10 ** 9", "(" * 300, "user/mode > 1", "-" * 900 + "1 > 0", "''",
    "nan == nan",
    "_index % 0 == 1", "not " * 200 + "True", "user/angle < 'x' * 99999999", "a\nb",
    "__import__('os')",
)  # fmt: skip


def _words(room: Room, tub: str) -> Case:
    """One of the verbs that read tubs."""
    chance = room.chance
    pilot = str(room.materials / "pilots" / "small.tflite")
    if chance.random() < 0.1:
        words = ["movie", "--model", pilot, "--tub", tub, "--out", "film.mp4", "--scale", "0.3"]
        words += chance.choice([[], [], ["--json"], ["--sheet", "sheet.png"], ["--fps", "10"]])
        return Case(words, ["film.mp4", "sheet.png"])
    words = ["tub", "--model", pilot, "--tub", tub]
    words += chance.choice([[], [], [], ["--json"], ["--out", "out"], ["--every", "2"]])
    words += chance.choice([[], [], [], ["--filter", chance.choice(_FILTERS)], ["--start", "2"]])
    return Case(words, [f"{tub}/activations", "out"])


def _copied(room: Room) -> bool:
    """Puts one of the two kinds of tubs into the room, and tells whether it is the new one."""
    new = room.chance.random() < 0.7
    shutil.copytree(room.materials / ("tub" if new else "old"), _TUB)
    return new


def any_tub(room: Room) -> Case:
    """A tub with one thing wrong, or some."""
    new = _copied(room)
    spoilers = (_damage_bytes, _damage_values, _damage_values, _rename_images, _replace, _odd_lines)
    for _ in range(room.chance.choice((1, 1, 1, 2, 3))):
        room.chance.choice(spoilers)(room, new)
    name = os.fsdecode(room.chance.choice(_NAMES)) if room.chance.random() < 0.2 else _TUB
    Path(_TUB).rename(name)
    case = _words(room, f"./{name}" if name.startswith("-") else name)
    return replace(case, may_change=[place.removeprefix("./") for place in case.may_change])


def _file(room: Room, new: bool) -> Path:
    return Path(_TUB) / room.chance.choice(_V2 if new else _V1)


def _beginning(file: Path) -> bytes:
    """Of a file that may be a terabyte of nothing already."""
    with file.open("rb") as opened:
        return opened.read(100_000)


def _damage_bytes(room: Room, new: bool) -> None:
    file = _file(room, new)
    if file.is_file() and not file.is_symlink():
        file.write_bytes(damaged(_beginning(file), room.chance))


def _damage_values(room: Room, new: bool) -> None:
    """Other values in some lines that stay JSON."""
    file = _file(room, new)
    if not file.is_file() or file.is_symlink():
        return
    lines = _beginning(file).splitlines()
    for _ in range(room.chance.choice((1, 1, 3))):
        if lines:
            place = room.chance.randrange(len(lines))
            lines[place] = _with_odd_value(lines[place], room.chance)
    file.write_bytes(b"\n".join(lines))


def _with_odd_value(line: bytes, chance: Random) -> bytes:
    try:
        return json.dumps(with_odd_value(json.loads(line), chance)).encode()
    except (ValueError, RecursionError):
        return line


def _rename_images(room: Room, new: bool) -> None:
    """Records that name files out of the tub."""
    for file in [Path(_TUB) / "catalog_0.catalog"] if new else Path(_TUB).glob("record_*.json"):
        if file.is_file() and not file.is_symlink():
            lines = _beginning(file).splitlines()
            file.write_bytes(b"\n".join(_leading_out(line, room) for line in lines))


def _leading_out(line: bytes, room: Room) -> bytes:
    try:
        record = json.loads(line)
        if room.chance.random() < 0.5:
            names = (*_LEADING_OUT, str(room.secret))
            record["cam/image_array"] = room.chance.choice(names)
        return json.dumps(record).encode()
    except (ValueError, TypeError, RecursionError):
        return line


def _replace(room: Room, new: bool) -> None:
    """A file or folder that is none any more, or a link."""
    images = ("images", "images/1_cam_image_array_.jpg") if new else ("1_cam-image_array_.jpg",)
    path = Path(_TUB) / room.chance.choice((*(_V2 if new else _V1), *images))
    if path.exists() and not path.with_name("kept").exists():
        replace_by_something_else(path, room.path, room.chance)


def _odd_lines(room: Room, new: bool) -> None:
    """More lines, of every kind."""
    odd = [
        json.dumps({"_index": value, "cam/image_array": "0_cam_image_array_.jpg"})
        for value in room.chance.sample(ODD_VALUES, 5)
    ]
    odd += ['{"_index": NaN}', '{"_index": 1e999}', "[]", "null", '"x"', "", "{", '{"_index": 1}']
    odd += ['{"_index": 3, "_index": 4}', "9" * 5000, '{"_index": 0, "user/angle": [[]]}']
    file = Path(_TUB) / ("catalog_0.catalog" if new else "record_7.json")
    if not file.is_symlink() and not file.is_dir() and not file.is_fifo():
        with file.open("a") as opened:
            opened.writelines(f"{line}\n" for line in room.chance.sample(odd, 4))


def _fixed(room: Room, spoil: Callable[[Path, Room], Any], old: bool = False) -> Case:
    shutil.copytree(room.materials / ("old" if old else "tub"), _TUB)
    spoil(Path(_TUB), room)
    return Case(_words(room, _TUB).words, [f"{_TUB}/activations", "out", "film.mp4", "sheet.png"])


def _edit(tub: Path, _room: Room, line: str, name: str = "catalog_0.catalog") -> None:
    with (tub / name).open("a") as file:
        file.write(f"{line}\n")


def _manifest(tub: Path, paths: Sequence[Any], deleted: Any = ()) -> None:
    lines = (tub / "manifest.json").read_text().splitlines()[:4]
    last = {"paths": paths, "current_index": 6, "max_len": 1000, "deleted_indexes": deleted}
    (tub / "manifest.json").write_text("\n".join([*lines, json.dumps(last)]) + "\n")


def _one_catalog_ten_thousand_times(tub: Path, room: Room) -> None:
    padding = "x" * 1000
    for index in range(6, 2000):
        _edit(tub, room, json.dumps({"_index": index, "padding": padding}))
    _manifest(tub, ["catalog_0.catalog"] * 10_000 + ["./catalog_0.catalog"] * 10_000)


def _linked(tub: Path, room: Room, name: str) -> None:
    kept = tub / name
    kept.rename(room.path / OUTSIDE / name)
    kept.symlink_to(room.path / OUTSIDE / name)


def _many_keys(tub: Path, room: Room) -> None:
    _edit(tub, room, json.dumps({"_index": 7, **{f"key {n}": n for n in range(200_000)}}))


def _a_loop(tub: Path, _room: Room) -> None:
    shutil.rmtree(tub)
    tub.symlink_to(tub)


def _a_file(tub: Path, _room: Room) -> None:
    shutil.rmtree(tub)
    tub.write_text("a file")


_SPOILERS: list[Callable[[Path, Room], Any]] = [
    lambda tub, room: _edit(tub, room, "[" * DEEP),
    lambda tub, room: _edit(tub, room, '{"a":' * 99_000 + "1" + "}" * 99_000),
    lambda tub, room: _edit(tub, room, '{"a":' * DEEP + "1" + "}" * DEEP),
    lambda tub, room: _edit(tub, room, "[" * DEEP, "manifest.json"),
    lambda tub, _: (tub / "manifest.json").write_text("\n" * 4 + "[" * DEEP),
    lambda tub, _: _manifest(tub, ["../../outside/catalog_0.catalog", "/etc/passwd", "images"]),
    lambda tub, _: _manifest(tub, ["\udcff", "a\nb", "\x1b[2J", "\0", "x" * 300, "", ".", 7]),
    lambda tub, _: _manifest(tub, ["catalog_0.catalog"], [1e999, -1, "1", None, 2, [], True]),
    lambda tub, _: _manifest(tub, "catalog_0.catalog", 7),
    lambda tub, _: _manifest(tub, [], list(range(100_000))),
    _one_catalog_ten_thousand_times,
    _many_keys,
    partial(_linked, name="manifest.json"),
    partial(_linked, name="catalog_0.catalog"),
    partial(_linked, name="images"),
    lambda tub, _: sparse(tub / "manifest.json"),
    lambda tub, _: sparse(tub / "catalog_0.catalog"),
    lambda tub, _: sparse(tub / "images" / "2_cam_image_array_.jpg"),
    lambda tub, _: sparse(tub / "images" / "2_cam_image_array_.jpg", b"\xff\xd8\xff"),
    lambda tub, _: shutil.rmtree(tub),
    _a_loop,
    _a_file,
]
_OLD_SPOILERS: list[Callable[[Path, Room], Any]] = [
    partial(_linked, name="record_2.json"),
    lambda tub, _: sparse(tub / "record_2.json"),
    lambda tub, _: (tub / "record_2.json").rename(tub / f"record_{'9' * 230}.json"),
    lambda tub, _: (tub / "record_2.json").rename(tub / f"record_{'9' * 243}.json"),
    lambda tub, _: (tub / "record_2.json").rename(tub / "record_٣.json"),
    lambda tub, _: (tub / "record_2.json").write_text("[" * DEEP),
]


def _sheet_of_a_tub_without_a_name_in_unicode(room: Room) -> Case:
    name = os.fsdecode(b"\xff\xfe")
    shutil.copytree(room.materials / "tub", name)
    words = ["movie", "--model", str(room.materials / "pilots" / "small.tflite"), "--tub", name]
    made = ["film.mp4", "sheet.png"]
    return Case([*words, "--out", made[0], "--sheet", made[1]], made)


_FIXED: list[MakeCase] = [partial(_fixed, spoil=spoil) for spoil in _SPOILERS]
_FIXED += [partial(_fixed, spoil=spoil, old=True) for spoil in _OLD_SPOILERS]
_FIXED += [_sheet_of_a_tub_without_a_name_in_unicode]
SUBJECT = Subject(_FIXED, any_tub)
