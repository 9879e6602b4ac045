"""What glibc does with memory of a picture's size."""

import ctypes
import sys

# mallopt(3)
_M_MMAP_THRESHOLD = -3


def give_back_at_once(least_bytes: int) -> None:
    """Have large blocks of memory mapped on their own, so that the heap gets no gaps.

    glibc stops doing so by itself once such a block was freed, and a film then takes ever more.
    Elsewhere than on Linux with glibc nothing changes.

    Args:
        least_bytes: Size of the smallest block that counts as large.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, least_bytes)
