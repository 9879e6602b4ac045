"""Keeps a logger of Donkeycar's quiet while it would only repeat what we say."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced(logger_name: str, level: int) -> Iterator[None]:
    """Drop what a logger says at a level and below while the block runs.

    Args:
        logger_name: The logger.
        level: As of ``logging``, such as ``logging.INFO``.
    """
    logger = logging.getLogger(logger_name)
    before = logger.level
    logger.setLevel(level + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
