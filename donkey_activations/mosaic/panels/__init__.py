"""What a picture is made of: one file a panel, each drawing into a rectangle of its own.

A panel module defines ``make(setting, room_px)``; a new panel is a new file and no other change.
"""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from donkey_activations.mosaic.panels.base import Panel, Setting


@cache
def panel_names() -> tuple[str, ...]:
    """Returns what the layout's ``panels`` may name: the modules here, in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if name != "base"))


def make_panels(name: str, setting: "Setting", room_px: int) -> "Sequence[Panel]":
    """Makes what one name in the layout's ``panels`` stands for.

    Args:
        name: One of ``panel_names()``.
        setting: What is the same in all frames.
        room_px: The width that there is.

    Raises:
        LayoutError: The layout asks for what the pilot does not have.
    """
    module = import_module(f"{__name__}.{name}")
    panels: Sequence[Panel] = module.make(setting, room_px)
    return panels
