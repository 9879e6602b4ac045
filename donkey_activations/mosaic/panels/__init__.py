"""What a picture is made of: one file a panel, each drawing into a rectangle of its own.

A panel module defines ``make(setting, room_px)``; a new panel is a new file and no other change.
"""

import pkgutil
from functools import cache


@cache
def panel_names() -> tuple[str, ...]:
    """Return what the layout's ``panels`` may name: the modules here, in alphabetical order."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if name != "base"))
