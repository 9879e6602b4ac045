"""What a picture is made of: one file a panel, each drawing into a rectangle of its own.

A panel module offers what ``base.PanelModule`` lists; a new panel is a new file and no other
change.
"""

from donkey_activations.extensions import other_names, own_names


def panel_names() -> tuple[str, ...]:
    """Return the names of our own panels, which a layout may have, in alphabetical order."""
    return own_names(__name__)


def other_panel_names() -> tuple[str, ...]:
    """Return the names of other distributions' panels, which a layout may have as well."""
    return other_names(__name__)
