"""Where the pilot's frames come from: which channel, and what the tub records of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from donkey_activations.images.frame import describe_shape, how_to_fit

CAMERA = "cam/image_array"


@dataclass(frozen=True)
class FrameSource:
    """The channels that the pilot reads, and how they belong to the camera and to the tub.

    Attributes:
        channels: What the pilot reads, in the order of its arguments; one of them is the image.
        recorded: The channel that the tub records as its picture; None if it records none.
        remade: The channel that the car's ``TRANSFORMATIONS`` make of the recorded one, or None.
        camera: The channel of the camera's frames, or None.
        behind_camera: Names of the parts behind the camera that fill its channel again.
        camera_set_to: ``(height, width, channels)`` in pixels to which the car sets its camera, or
            None.
        sizes_are_set: Whether the pilot's frames have that shape, if the camera keeps to it:
            nothing stands between the two that may change it.
    """

    channels: tuple[str, ...] = (CAMERA,)
    recorded: str | None = CAMERA
    remade: str | None = None
    camera: str | None = CAMERA
    behind_camera: tuple[str, ...] = ()
    camera_set_to: tuple[int, int, int] | None = None
    sizes_are_set: bool = True

    @property
    def likely_channel(self) -> str:
        """The channel of the image, as far as that can be told before there is one."""
        known = (channel for channel in self.channels if self.given(channel) is None)
        return next(known, self.channels[0])

    def given(self, channel: str) -> str | None:
        """Return the channel, if its frames cannot be made again of the recorded ones."""
        return None if channel in (self.recorded, self.remade) else channel

    def image(
        self, values: Sequence[Any], fits: Callable[[tuple[int, ...]], bool]
    ) -> tuple[str, Any]:
        """Find the image among the pilot's arguments by what they are, not by their names.

        Args:
            values: What the channels hold.
            fits: Tells whether the pilot takes an image of a shape.

        Returns:
            The channel and the image that fits, or else what is nearest to one; None as the image
            while all channels are empty.
        """
        there = [pair for pair in zip(self.channels, values, strict=False) if pair[1] is not None]
        images = [pair for pair in there if getattr(pair[1], "ndim", 0) in (2, 3)]
        fitting = (pair for pair in images if fits(pair[1].shape))
        return next(fitting, (images or there or [(self.likely_channel, None)])[0])

    def why_unfit(self, channel: str, takes: tuple[int, int, int], got: tuple[int, ...]) -> str:
        """Return what to tell a driver whose pilot does not take what it is given.

        Args:
            channel: Where the frame comes from.
            takes: ``(height, width, channels)`` in pixels of the pilot's frames.
            got: The frame's shape.
        """
        wanted, found = describe_shape(takes), describe_shape(got)
        if channel != self.camera:
            return (
                f"no mosaics: the pilot takes {wanted}, it is given {found} in {channel}; correct "
                f"the part that fills {channel}, or train the pilot again with such frames"
            )
        is_set = self.camera_set_to
        if is_set is None or describe_shape(is_set) == found:
            way_out = how_to_fit(takes)
            return f"no mosaics: the pilot takes {wanted}, the camera gives {found}; {way_out}"
        parts = f", or {' or '.join(self.behind_camera)} behind it," if self.behind_camera else ""
        return (
            f"no mosaics: the camera gives {found} though IMAGE_W, IMAGE_H, IMAGE_DEPTH are "
            f"{is_set[1]}, {is_set[0]}, {is_set[2]}: it{parts} does not keep to them. The pilot "
            f"takes {wanted}; make its frames so in a part before the pilot, or train the pilot "
            f"again with {found}"
        )
