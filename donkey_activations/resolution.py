"""A camera resolution as a user types it: ``640x360``."""

import re
from dataclasses import dataclass
from typing import Self

from donkey_activations.errors import ConfigError

LOWEST_PX = 16
HIGHEST_PX = 4096

# What cameras offer, from what Donkeycar begins with up to what its article drives at.
STANDARD_RESOLUTIONS = ("160x120", "320x180", "640x360")


@dataclass(frozen=True)
class Resolution:
    """Width and height of a camera frame.

    Attributes:
        width_px: Columns, 16 to 4096.
        height_px: Rows, 16 to 4096.

    Raises:
        ConfigError: If a side is out of range.
    """

    width_px: int
    height_px: int

    def __post_init__(self) -> None:
        """Check both sides.

        Raises:
            ConfigError: A side is not in ``LOWEST_PX`` to ``HIGHEST_PX``.
        """
        for side, value in (("width", self.width_px), ("height", self.height_px)):
            if not LOWEST_PX <= value <= HIGHEST_PX:
                raise ConfigError(
                    f"resolution: expected a {side} of {LOWEST_PX} to {HIGHEST_PX} pixels, "
                    f"got {value}; give it like 640x360"
                )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``WxH``, in pixels.

        Args:
            text: For example ``"640x360"``.

        Returns:
            The resolution.

        Raises:
            ConfigError: If the text is not two whole numbers with an ``x`` between them, or one
                of them is out of range.
        """
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*[xX]\s*([0-9]{1,9})\s*", text)
        if found is None:
            raise ConfigError(
                f"resolution: expected WIDTHxHEIGHT in pixels, got {text!r}; give it like 640x360"
            )
        return cls(int(found[1]), int(found[2]))

    @property
    def image_hw(self) -> tuple[int, int]:
        """Height and width, in the order of an array's shape."""
        return self.height_px, self.width_px

    @property
    def pixels(self) -> int:
        """Number of pixels of a frame."""
        return self.width_px * self.height_px

    def myconfig_line(self) -> str:
        """Return the line of ``myconfig.py`` that sets the camera to this resolution."""
        return f"IMAGE_W, IMAGE_H = {self.width_px}, {self.height_px}"

    def __str__(self) -> str:
        """Return ``<width>x<height>``, as ``parse`` takes it."""
        return f"{self.width_px}x{self.height_px}"
