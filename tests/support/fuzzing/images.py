"""Images: damaged ones of every format, and ones that say they are far larger than they are."""

import io
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from fuzzing.case import Case, MakeCase, Room, Subject
from fuzzing.damage import damaged, mkfifo, sparse

Content = Callable[[], bytes]
_LARGE = (7000, 7100)
_NAMES = ("image.jpg", "image.png", "a b.dat", "№ ü\u2028.jpg", "-.png", "[x].jpg", "a\nb.png")


def shown(room: Room, name: str | bytes = "image.jpg") -> Case:
    """The image on its own."""
    words = ["image", "--model", str(room.materials / "pilots" / "small.tflite")]
    words += ["--image", os.fsdecode(name), "--out", "seen.png"]
    words += room.chance.choice([[], [], ["--json"], ["--quiet"], ["--npz", "maps.npz"]])
    return Case(words, ["seen.png", "maps.npz"])


def shown_by_stock_command(room: Room, name: str | bytes) -> Case:
    """The image in Donkeycar's own command."""
    words = ["--model", str(room.materials / "pilots" / "small.tflite"), "--image"]
    return Case([*words, os.fsdecode(name), "--out", "seen.jpg"], ["seen.jpg"], "cnnactivations")


def in_a_tub(room: Room, content: bytes) -> Case:
    """The image as a frame of a tub, which another reader reads."""
    shutil.copytree(room.materials / "tub", "tub")
    Path("tub/images/2_cam_image_array_.jpg").write_bytes(content)
    words = ["tub", "--model", str(room.materials / "pilots" / "small.tflite"), "--tub", "tub"]
    return Case([*words, *room.chance.choice([[], ["--json"]])], ["tub/activations"])


def any_way(room: Room, content: bytes) -> Case:
    """The image in one of the three ways."""
    if room.chance.random() < 0.4:
        return in_a_tub(room, content)
    name = room.chance.choice(_NAMES)
    Path(name).write_bytes(content)
    one = shown if room.chance.random() < 0.8 else shown_by_stock_command
    return one(room, name)


def any_image(room: Room) -> Case:
    """An image with damage, or with another size in its header."""
    file = room.chance.choice(sorted((room.materials / "images").iterdir()))
    content = file.read_bytes()
    if room.chance.random() < 0.25:
        content = with_another_size(content, file.suffix, room.chance.choice(_SIZES))
    if room.chance.random() < 0.85:
        content = damaged(content, room.chance)
    return any_way(room, content)


_SIZES = [(0, 0), (0, 9), (9, 0), (1, 1), (65535, 65535), (2**31 - 1, 2**31 - 1), (1, 65500)]
_SIZES += [(20000, 2400), (2**32 - 1, 1), (8000, 6000), (16, 16)]


def with_another_size(content: bytes, suffix: str, size_wh: tuple[int, int]) -> bytes:
    """A copy whose header tells another width and height, with its checksum right."""
    width, height = (min(side, 2**32 - 1) for side in size_wh)
    small = struct.pack(">HH", min(height, 65535), min(width, 65535))
    if suffix == ".png":
        head = b"IHDR" + struct.pack(">II", width, height) + content[24:29]
        return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]
    if suffix == ".bmp":
        return content[:18] + struct.pack("<II", width, height) + content[26:]
    if suffix == ".gif":
        return content[:6] + small[:1:-1] + small[1::-1] + content[10:]
    if suffix == ".ppm":
        return content.replace(b"40 32", b"%d %d" % size_wh, 1)
    if suffix == ".jpg":
        place = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
        return content[: place + 5] + small + content[place + 9 :]
    return content


def flat(kind: str, mode: str, **options: object) -> bytes:
    """A large image of one colour, which takes few bytes."""
    written = io.BytesIO()
    Image.new(mode, _LARGE).save(written, kind, **options)
    return written.getvalue()


def huge_png(side: int = 60_000) -> bytes:
    """A sound black image of 3600 megapixels in half a megabyte."""
    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    data = b"".join([*(packer.compress(row * 100) for _ in range(side // 100)), packer.flush()])
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*chunks, (b"IEND", b""))
    )


def endless_jpeg(scans: int = 4000, side: int = 2000) -> bytes:
    """A progressive JPEG whose last scan comes again and again, each over all its pixels."""
    written = io.BytesIO()
    Image.new("L", (side, side), 128).save(written, "JPEG", progressive=True)
    content = written.getvalue()
    start = content.rindex(b"\xff\xc4")
    return content[:-2] + content[start:-2] * scans + b"\xff\xd9"


def text_in_png() -> bytes:
    """A small image with comments that unpack to a gigabyte."""
    written = io.BytesIO()
    Image.fromarray(np.zeros((32, 40, 3), np.uint8)).save(written, "PNG")
    body = b"x\0\0" + zlib.compress(bytes(1 << 24), 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return written.getvalue()[:33] + chunk * 60 + written.getvalue()[33:]


_EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 40 32
(ran) print
"""
_ODD: dict[str, Content] = {
    "empty": lambda: b"",
    "one byte": lambda: b"\xff",
    "PostScript, which is a program": lambda: _EPS,
    "text": lambda: b"# hello\n",
    "Git LFS": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
    "a huge PNG": huge_png,
    "comments that unpack to a gigabyte": text_in_png,
    "a JPEG of thousands of scans": endless_jpeg,
    "a PNG of no height": lambda: with_another_size(_small("PNG"), ".png", (9, 0)),
    "a PPM of no size": lambda: b"P6\n0 0\n255\n",
    "a PPM of no height": lambda: b"P6\n7 0\n255\n",
}
_LARGE_ONES: dict[str, Content] = {
    "a large PNG with alpha": partial(flat, "PNG", "RGBA"),
    "a large PNG of 16 bits": partial(flat, "PNG", "I;16"),
    "a large TIFF of 32 bits": partial(flat, "TIFF", "I", compression="tiff_deflate"),
    "a large WebP": partial(flat, "WEBP", "RGB"),
    "a large JPEG 2000": partial(flat, "JPEG2000", "RGB"),
    "a large JPEG": partial(flat, "JPEG", "CMYK"),
}


def _small(kind: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (9, 9)).save(written, kind)
    return written.getvalue()


def _content(room: Room, content: Content, in_tub: bool) -> Case:
    if in_tub:
        return in_a_tub(room, content())
    Path("image.jpg").write_bytes(content())
    return shown(room)


def _place(room: Room, name: bytes, make: Callable[[Path], object]) -> Case:
    make(Path(os.fsdecode(name)))
    return shown(room, name)


def _loop(path: Path) -> None:
    path.symlink_to(path)


_PLACES: list[tuple[bytes, Callable[[Path], object]]] = [
    (b"missing.jpg", lambda _: None),
    (b"a folder", lambda path: path.mkdir()),
    (b"pipe.jpg", mkfifo),
    (b"loop.jpg", _loop),
    (b"zero.jpg", lambda path: path.symlink_to("/dev/zero")),
    (b"sparse.jpg", lambda path: sparse(path, b"\xff\xd8\xff")),
    (b"x" * 300, lambda _: None),
    (b"", lambda _: None),
    (b"~nobody-of-this-name/x.jpg", lambda _: None),
    (b"*.jpg", lambda _: None),
    (b"[", lambda _: None),
    (b"\xff\xfe.jpg", lambda path: path.write_bytes(b"")),
]


def _odd_names(room: Room) -> Case:
    """Several sound images, of names that are no text or no line."""
    content = (room.materials / "images" / "colour.jpg").read_bytes()
    names = [os.fsdecode(b"\xff\xfe.jpg"), "a\nb.jpg", "\x1b[2J.jpg", "№.jpg"]
    for name in names:
        Path(name).write_bytes(content)
    words = ["image", "--model", str(room.materials / "pilots" / "small.tflite")]
    return Case(
        [*words, "--image", *names, "--npz", "maps.npz", "--out", "out"], ["out", "maps.npz"]
    )


def _fixed() -> Iterator[MakeCase]:
    for content in _ODD.values():
        yield partial(_content, content=content, in_tub=False)
        yield partial(_content, content=content, in_tub=True)
    for name, make in _PLACES:
        yield partial(_place, name=name, make=make)
    yield _odd_names


_SLOW = [
    partial(_content, content=content, in_tub=in_tub)
    for content in _LARGE_ONES.values()
    for in_tub in (False, True)
]
SUBJECT = Subject(tuple(_fixed()), any_image, _SLOW)
