"""What a mosaic looks like, and where each tile goes."""

import os
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from donkey_activations.errors import LayoutError

_RANGES = {"width_px": (160, 4096), "gap_px": (0, 16), "band_height_px": (32, 4096)}


@dataclass(frozen=True)
class Layout:
    """The look of a mosaic.

    Attributes:
        width_px: Width of the picture in pixels, 160 to 4096.
        gap_px: Space between two tiles in pixels, 0 to 16.
        band_height_px: What one layer's tiles may take in height, in pixels, 32 to 4096. A layer
            that needs more even at the smallest legible tile takes more.
    """

    width_px: int = 640
    gap_px: int = 1
    band_height_px: int = 180

    def __post_init__(self) -> None:
        """Checks every value.

        Raises:
            LayoutError: A value is no whole number or out of its range.
        """
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise LayoutError(
                    f"{name}: expected a whole number from {low} to {high}, got {value!r}"
                )


def load_layout(path: str | os.PathLike[str]) -> Layout:
    """Reads a layout from a YAML file; keys that are left out keep their default.

    Raises:
        LayoutError: The file cannot be read, is no YAML mapping, or has an unknown key or a value
            out of range.
    """
    file = Path(path).expanduser()
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise LayoutError(f"{file}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LayoutError(f"{file}: expected YAML, got {' '.join(str(error).split())}") from error
    if content is None:
        return Layout()
    if not isinstance(content, dict):
        raise LayoutError(f"{file}: expected lines 'key: value', got {type(content).__name__}")
    known = [field.name for field in fields(Layout)]
    for key in content:
        if key not in known:
            raise LayoutError(f"{file}: unknown key {key!r}; the keys are {', '.join(known)}")
    try:
        return Layout(**content)
    except LayoutError as error:
        raise LayoutError(f"{file}: {error}") from error


@dataclass(frozen=True)
class Grid:
    """Where the tiles of one layer go: sizes in pixels, without the gaps between them."""

    rows: int
    columns: int
    tile_height_px: int
    tile_width_px: int


def fit_grid(height: int, width: int, filters: int, layout: Layout) -> Grid:
    """Finds the largest tiles of one layer that its band has room for.

    Small maps are enlarged by a whole factor, so that every cell stays a square of one colour;
    maps that do not fit are reduced, down to a few pixels.

    Args:
        height: Height of the layer's maps in cells.
        width: Width of the layer's maps in cells.
        filters: Number of maps.
        layout: Gives the band's width, height and gap.
    """
    gap = layout.gap_px
    for factor in range(layout.width_px // (width + gap), 0, -1):
        columns = min(filters, layout.width_px // (factor * width + gap))
        if columns == 0:
            continue
        grid = Grid(ceil(filters / columns), columns, factor * height, factor * width)
        if grid.rows * (grid.tile_height_px + gap) <= layout.band_height_px:
            return grid
    return _reduced(height, width, filters, layout)


def _reduced(height: int, width: int, filters: int, layout: Layout) -> Grid:
    gap = layout.gap_px
    for columns in range(1, filters + 1):
        tile_width = min(width, layout.width_px // columns - gap)
        if tile_width < _SMALLEST_TILE_PX:
            break
        tile_height = max(1, round(height * tile_width / width))
        rows = ceil(filters / columns)
        if rows * (tile_height + gap) <= layout.band_height_px:
            return Grid(rows, columns, tile_height, tile_width)
    tile_width = min(width, _SMALLEST_TILE_PX)
    columns = max(1, min(filters, layout.width_px // (tile_width + gap)))
    tile_height = max(1, round(height * tile_width / width))
    return Grid(ceil(filters / columns), columns, tile_height, tile_width)


_SMALLEST_TILE_PX = 12
