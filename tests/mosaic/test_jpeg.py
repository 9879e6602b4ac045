"""JPEG files: decoded by two libraries that did not write them."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from donkey_activations.mosaic.jpeg import encode_jpeg


def smooth_picture(height: int = 120, width: int = 160) -> np.ndarray:
    """A picture without sharp edges of colour, which JPEG keeps well."""
    rows, columns = np.mgrid[0:height, 0:width]
    red = 255 * columns / max(1, width - 1)
    green = 255 * rows / max(1, height - 1)
    blue = 127 + 100 * np.sin(columns / 17) * np.cos(rows / 23)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def decoded_by_pil(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        return np.asarray(picture)


def decoded_by_opencv(jpeg: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.ascontiguousarray(bgr[:, :, ::-1])


Decoder = Callable[[bytes], np.ndarray]
DECODERS: list[Decoder] = [decoded_by_pil, decoded_by_opencv]


def mean_error(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("decoded", DECODERS)
@pytest.mark.parametrize(("quality", "error"), [(100, 1.0), (90, 2.0), (75, 3.0), (30, 6.0)])
def test_a_decoded_file_is_the_picture_within_a_small_error(
    decoded: Decoder, quality: int, error: float
) -> None:
    picture = smooth_picture()
    before = picture.copy()
    assert mean_error(decoded(encode_jpeg(picture, quality)), picture) < error
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (15, 17), (16, 16), (121, 163)])
def test_any_size_comes_back_as_it_was(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), (200, 100, 50), np.uint8)
    for decoded in DECODERS:
        assert mean_error(decoded(encode_jpeg(picture, 95)), picture) < 3


@pytest.mark.parametrize("decoded", DECODERS)
@pytest.mark.parametrize("rgb", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 200, 0)])
def test_colours_are_in_the_order_red_green_blue(
    decoded: Decoder, rgb: tuple[int, int, int]
) -> None:
    picture = np.full((32, 32, 3), rgb, np.uint8)
    assert np.abs(decoded(encode_jpeg(picture, 95)).astype(int) - rgb).max() <= 4


def test_a_higher_quality_takes_more_bytes_and_is_closer_to_the_picture() -> None:
    noise = np.random.default_rng(0).integers(0, 40, (120, 160, 3), np.uint8)
    picture = smooth_picture() // 2 + noise
    files = [encode_jpeg(picture, quality) for quality in (1, 20, 50, 75, 90, 100)]
    sizes = [len(file) for file in files]
    errors = [mean_error(decoded_by_pil(file), picture) for file in files]
    assert sizes == sorted(set(sizes))
    assert errors == sorted(set(errors), reverse=True)


def test_a_file_is_bytes_from_its_start_mark_to_its_end_mark() -> None:
    jpeg = encode_jpeg(smooth_picture(), 80)
    assert type(jpeg) is bytes
    assert jpeg[:3] == b"\xff\xd8\xff"
    assert jpeg[-2:] == b"\xff\xd9"
    assert encode_jpeg(smooth_picture(), 80) == jpeg
