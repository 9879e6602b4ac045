"""Reading image files, and making a pilot's frames of them."""

import io
import os
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from donkeycar.utils import load_image
from drawn_frames import draw_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from donkey_activations import FrameError
from donkey_activations.images.fitting import fit_to_pilot
from donkey_activations.images.limits import MOST_MEGAPIXELS
from donkey_activations.images.reading import read_image

FRAME = draw_frame(3, 72, 128)
LOSSLESS = ["png", "bmp", "ppm", "tiff", "gif", "webp", "jp2"]


def save(picture: NDArray[np.generic], path: Path, **options: object) -> Path:
    Image.fromarray(picture).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_give_what_was_saved(suffix: str, tmp_path: Path) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(FRAME, tmp_path / f"frame.{suffix}", **options)
    image = read_image(path)
    assert (image.dtype, image.flags.writeable) == (np.uint8, True)
    np.testing.assert_array_equal(image, FRAME)


def test_the_content_tells_the_format_and_any_name_will_do(tmp_path: Path) -> None:
    path = save(FRAME, tmp_path / "frame.png").rename(tmp_path / "Kurve № 3 ü.dat")
    np.testing.assert_array_equal(read_image(str(path)), FRAME)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff", "webp"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [(1, lambda f: f), (3, lambda f: np.rot90(f, 2)), (6, lambda f: np.rot90(f, -1)),
     (8, np.rot90), (2, lambda f: f[:, ::-1])],
)  # fmt: skip
def test_an_image_is_turned_as_its_exif_data_say(
    suffix: str, orientation: int, upright: object, tmp_path: Path
) -> None:
    path = tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(FRAME).save(path, exif=exif)
    plain = save(FRAME, tmp_path / f"plain.{suffix}")
    np.testing.assert_array_equal(read_image(path), upright(read_image(plain)))


@pytest.mark.parametrize("suffix", ["png", "tiff", "ppm"])
def test_of_16_bits_a_value_the_upper_8_are_taken(suffix: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for name, deep in (
        ("colour", rng.integers(0, 1 << 16, (20, 30, 3), np.uint16)),
        ("grey", rng.integers(0, 1 << 16, (20, 30), np.uint16)),
    ):
        path = tmp_path / (
            f"{name}.pgm" if (suffix, name) == ("ppm", "grey") else f"{name}.{suffix}"
        )
        cv2.imwrite(str(path), deep[..., ::-1] if deep.ndim == 3 else deep)
        image = read_image(path)
        expected = np.atleast_3d(deep >> 8).astype(np.int64)
        # A PPM is divided by its largest value, so that it may be rounded up.
        assert np.abs(image - expected).max() <= (1 if suffix == "ppm" else 0)


def test_grey_palette_and_black_and_white_become_rgb(tmp_path: Path) -> None:
    grey = FRAME[:, :, 0]
    np.testing.assert_array_equal(
        read_image(save(grey, tmp_path / "grey.png")), np.repeat(grey[:, :, None], 3, axis=2)
    )
    palette = Image.fromarray(FRAME).quantize(16)
    palette.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(
        read_image(tmp_path / "palette.png"), np.asarray(palette.convert("RGB"))
    )
    save(grey > 60, tmp_path / "two.png")
    two = read_image(tmp_path / "two.png")
    np.testing.assert_array_equal(two[:, :, 1], np.where(grey > 60, 255, 0))


def test_what_is_transparent_is_laid_on_black(tmp_path: Path) -> None:
    alpha = np.linspace(0, 255, 128, dtype=np.uint8)[None].repeat(72, axis=0)
    path = save(np.dstack([FRAME, alpha]), tmp_path / "clear.png")
    expected = FRAME * (alpha[:, :, None] / 255)
    assert np.abs(read_image(path) - expected).max() <= 1
    grey = save(np.dstack([FRAME[:, :, 0], alpha]), tmp_path / "grey.png")
    assert np.abs(read_image(grey) - expected[:, :, :1]).max() <= 1
    keyed = Image.fromarray(np.array([[[9, 9, 9], [7, 8, 9]]], np.uint8))
    keyed.save(tmp_path / "keyed.png", transparency=(7, 8, 9))
    assert read_image(tmp_path / "keyed.png").tolist() == [[[9, 9, 9], [0, 0, 0]]]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("size_hw", [(72, 128), (120, 160), (360, 641), (33, 20)])
@pytest.mark.parametrize("depth", [3, 1])
def test_a_frame_has_the_very_bits_that_donkeycar_loads(
    suffix: str, size_hw: tuple[int, int], depth: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    noisy = rng.integers(0, 256, (90, 140, 3), np.uint8)
    for name, picture in (("noise", noisy), ("drawn", FRAME)):
        path = save(picture, tmp_path / f"{name}.{suffix}")
        config = SimpleNamespace(IMAGE_H=size_hw[0], IMAGE_W=size_hw[1], IMAGE_DEPTH=depth)
        expected = load_image(str(path), config)
        frame, resized = fit_to_pilot(read_image(path), (*size_hw, depth))
        np.testing.assert_array_equal(frame, expected, strict=True)
        assert resized == (picture.shape[:2] != size_hw)


def test_a_grey_file_is_a_frame_for_pilots_of_either_depth(tmp_path: Path) -> None:
    path = save(FRAME[:, :, 1], tmp_path / "grey.jpg")
    config = SimpleNamespace(IMAGE_H=40, IMAGE_W=60, IMAGE_DEPTH=1)
    expected = load_image(str(path), config)
    np.testing.assert_array_equal(fit_to_pilot(read_image(path), (40, 60, 1))[0], expected)
    in_colour = fit_to_pilot(read_image(path), (40, 60, 3))[0]
    np.testing.assert_array_equal(in_colour, expected.repeat(3, axis=2))


def test_a_frame_is_never_the_image_itself() -> None:
    image = FRAME.copy()
    frame, _ = fit_to_pilot(image, FRAME.shape)
    frame[:] = 0
    np.testing.assert_array_equal(image, FRAME)


def test_a_pilot_of_four_channels_is_refused() -> None:
    with pytest.raises(FrameError, match="takes 4 channels"):
        fit_to_pilot(FRAME, (72, 128, 4))


def encoded(kind: str) -> bytes:
    stream = io.BytesIO()
    noise = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(noise).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "PPM"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_an_image_cut_short_is_an_error(kind: str, share: float, tmp_path: Path) -> None:
    whole = encoded(kind)
    path = tmp_path / "torn"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(FrameError, match=r"torn: .*(image|file)"):
        read_image(path)


def huge_png(width: int, height: int) -> bytes:
    header = struct.pack(">4sIIBBBBB", b"IHDR", width, height, 8, 2, 0, 0, 0)
    body = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + body + encoded("PNG")[33:]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty file; copy it again"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "run 'git lfs pull'"),
        (b"no image at all", "expected an image .* got something else"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "got something else"),
        (huge_png(7_001, 7_285), f"at most {MOST_MEGAPIXELS} megapixels, got 7001x7285"),
        (huge_png(60_000, 60_000), f"at most {MOST_MEGAPIXELS} megapixels, got more"),
    ],
)
def test_what_is_no_usable_image_is_told_in_one_line_with_the_way_out(
    content: bytes, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "odd.jpg"
    path.write_bytes(content)
    with pytest.raises(FrameError, match=rf"odd\.jpg: .*{says}") as raised:
        read_image(path)
    assert "\n" not in str(raised.value)


def test_values_that_are_no_8_or_16_bits_are_refused(tmp_path: Path) -> None:
    save(np.ones((4, 4), np.float32), tmp_path / "float.tiff")
    save(np.full((4, 4), 70_000, np.int32), tmp_path / "long.tiff")
    for name in ("float.tiff", "long.tiff"):
        with pytest.raises(FrameError, match="save it as PNG"):
            read_image(tmp_path / name)


def test_missing_files_folders_and_pipes_are_frame_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, says in (
        (tmp_path / "none.jpg", "No such file"),
        (tmp_path, "got a folder"),
        (tmp_path / "pipe", "got a pipe"),
        ("nul\0", "null (byte|character)"),
        ("~no-such-user/x.png", "home"),
    ):
        with pytest.raises(FrameError, match=says):
            read_image(path)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"]))
def test_damaged_images_are_read_or_frame_errors(
    data: st.DataObject, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(encoded(kind))
    where = st.integers(0, min(len(content), 400) - 1)
    for place, value in data.draw(st.lists(st.tuples(where, st.integers(0, 255)), max_size=4)):
        content[place] = value
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    try:
        image = read_image(path)
    except FrameError as error:
        assert "\n" not in str(error)
    else:
        assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3)
