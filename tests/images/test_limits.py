"""How large an image may be."""

import io

import numpy as np
import pytest
from PIL import Image

from donkey_activations.images.limits import has_too_many_scans, is_too_large


def jpeg(**options: object) -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (300, 400, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).save(written, "JPEG", **options)
    return written.getvalue()


def test_the_limit_is_on_pixels_and_not_on_a_side() -> None:
    assert not is_too_large(51_000_000, 1)
    assert is_too_large(7_001, 7_285)
    assert not is_too_large(5_000, 5_000, "JPEG2000")
    assert is_too_large(5_000, 5_001, "JPEG2000")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_the_scans_of_a_jpeg_are_counted_whatever_stands_between_and_behind_them(
    options: dict[str, object],
) -> None:
    scans = 10 if options.get("progressive") else 1
    exif = Image.Exif()
    exif[0x010E] = b"\xff\xda" * 500
    content = jpeg(exif=exif, **options) + b"\xff\xda" * 500
    assert not has_too_many_scans(content, 1, 5_000_000_000 // scans)
    assert has_too_many_scans(content, 1, 5_000_000_000 // (scans - 1) + 1 if scans > 1 else 10**10)


@pytest.mark.parametrize("content", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xda", b"\xff" * 99])
def test_a_jpeg_that_is_cut_short_has_the_scans_that_are_left(content: bytes) -> None:
    assert not has_too_many_scans(content, 100, 100)
