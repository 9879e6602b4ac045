"""What a picture is made of: one file a panel, each drawing into a rectangle of its own."""

from collections.abc import Sequence
from importlib import import_module

from donkey_activations.mosaic.panels.base import Panel, Setting


def make_panels(name: str, setting: Setting, room_px: int) -> Sequence[Panel]:
    """Makes what one name in the layout's ``panels`` stands for.

    Args:
        name: One of ``layout.PANELS``, which is a module here.
        setting: What is the same in all frames.
        room_px: The width that there is.

    Raises:
        LayoutError: The layout asks for what the pilot does not have.
    """
    module = import_module(f"{__name__}.{name}")
    panels: Sequence[Panel] = module.make(setting, room_px)
    return panels
