"""How much the demo does at a resolution, so that it stays a matter of minutes."""

from dataclasses import dataclass
from typing import Self

from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

DEFAULT_RESOLUTION = Resolution(160, 120)
# Below it the stock pilot has no cell left; above it the training takes too long to wait for.
LOWEST_PX, HIGHEST_PX = 64, 1280


@dataclass(frozen=True)
class Plan:
    """What a demo consists of.

    Attributes:
        resolution: Of camera, tub and pilot.
        records: Records of the synthetic tub.
        epochs: Passes over it in training.
        batch_size: Records that the training takes at once.
        rounds: Rounds of the drive loop, at 20 a second.
        seed: Of course, driver and surroundings.
    """

    resolution: Resolution
    records: int
    epochs: int
    batch_size: int
    rounds: int = 400
    seed: int = 3

    @classmethod
    def at(cls, resolution: Resolution) -> Self:
        """Return the plan for a resolution: the larger the picture, the fewer of them.

        Args:
            resolution: 64 to 1280 pixels a side.

        Returns:
            1500 records at 160x120 and below, some 300 at 640x360.

        Raises:
            ConfigError: If a side is out of that range.
        """
        for value in resolution.image_hw:
            if not LOWEST_PX <= value <= HIGHEST_PX:
                raise ConfigError(
                    f"resolution: expected {LOWEST_PX} to {HIGHEST_PX} pixels a side for the "
                    f"demo, got {resolution}; give it like --resolution 320x180"
                )
        times = resolution.width_px * resolution.height_px / (160 * 120)
        records = int(min(1500, 1500 / times**0.6))
        # few records need small batches, or there are too few steps to learn anything
        batch_size = 16 if times <= 2 else 8 if times <= 5 else 2
        epochs = 3 if times <= 5 else 2
        return cls(resolution, records, epochs, batch_size)
