"""How large an image may be, so that a small file cannot take all memory, or hours."""

import re

MOST_MEGAPIXELS = 51
# Its decoder takes four times the memory of the others.
_OF_JPEG_2000 = 25
# Of the file; more than an image of so many pixels takes in any format.
MOST_BYTES = 512 << 20

# Within a scan, 0xff with 0 or a restart marker behind it is no marker.
_MARKER = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
_SCAN, _END = b"\xda", b"\xd9"
# Some seconds of work: a progressive JPEG has about ten scans, and each goes over all its pixels.
_MOST_SCANNED_PIXELS = 5_000_000_000


def most_megapixels(image_format: str | None) -> int:
    """Return how many an image may have, by the name that Pillow has for its format."""
    return _OF_JPEG_2000 if image_format == "JPEG2000" else MOST_MEGAPIXELS


def is_too_large(width: int, height: int, image_format: str | None = None) -> bool:
    """Return whether an image has more than ``most_megapixels`` of its format."""
    return width * height > most_megapixels(image_format) * 1_000_000


def has_too_many_scans(jpeg: bytes, width: int, height: int) -> bool:
    """Return whether a JPEG goes over its pixels so often that it takes longer than any photo.

    Args:
        jpeg: The whole file.
        width: In pixels.
        height: In pixels.
    """
    most = _MOST_SCANNED_PIXELS // max(1, width * height)
    scans = place = 0
    while scans <= most and (marker := _MARKER.search(jpeg, place)):
        if marker[1] == _END and place:
            break
        scans += marker[1] == _SCAN
        length = int.from_bytes(jpeg[marker.end() : marker.end() + 2], "big")
        # Behind the first marker of all, there is no length.
        place = marker.end() + (length if place else 0)
    return scans > most
