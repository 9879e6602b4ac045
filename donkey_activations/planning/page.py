"""The picture of a plan: the same filters at each size, above what that size costs."""

import numpy as np
from numpy.typing import NDArray

from donkey_activations.images.fitting import fit_to_pilot
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.comparison.column import Seen, Side
from donkey_activations.mosaic.comparison.filter_ranges import FilterRanges, shown_maps
from donkey_activations.mosaic.comparison.page import MOST_TILES, Comparison
from donkey_activations.mosaic.representative_filters import representative_filters
from donkey_activations.mosaic.text import Font
from donkey_activations.planning.costs import cost_rows
from donkey_activations.planning.plan import Plan, SizePlan
from donkey_activations.planning.sample_frames import seen_by

Picture = NDArray[np.uint8]

_THEME = THEMES["dark"]
_FONT = Font(1.25)
_MARGIN_PX = 4
# Of a column: the names take that, the figures the rest.
_NAMES_SHARE = 0.45


def draw_page(plan: Plan) -> Picture:
    """Draw the frame in the middle of a plan's sample at every size.

    Args:
        plan: The plan, made with the frames of a tub or an image.

    Returns:
        uint8 ``(height, width, 3)`` RGB.

    Raises:
        LayoutError: There are too many sizes for one page.
    """
    frame = plan.sample.frames[len(plan.sample.frames) // 2]
    maps = [size.extractor(seen_by(size.extractor, frame)) for size in plan.sizes]
    largest = max(range(len(maps)), key=lambda n: plan.sizes[n].resolution.pixels)
    filters = representative_filters(plan.sizes[largest].extractor, [maps[largest]], MOST_TILES)
    comparison = Comparison([_side(plan, size) for size in plan.sizes], filters)
    ranges = FilterRanges(len(maps))
    for number, (size, those) in enumerate(zip(plan.sizes, maps, strict=True)):
        ranges.observe(number, shown_maps(size.layers, those, comparison.filters))
    seen = [
        Seen(_fitted(frame, size), those, plan.sample.size_hw)
        for size, those in zip(plan.sizes, maps, strict=True)
    ]
    picture = comparison.draw(seen, ranges.limits())
    return np.vstack([picture, _figures(plan, picture.shape[1])])


def _side(plan: Plan, size: SizePlan) -> Side:
    trained = None if size.resolution == plan.trained else plan.trained.image_hw
    return Side(size.resolution.image_hw, size.layers, trained)


def _fitted(frame: Picture, size: SizePlan) -> Picture:
    return fit_to_pilot(frame, (*size.resolution.image_hw, 3))[0]


def _figures(plan: Plan, width_px: int) -> Picture:
    """Write what each size costs below its column."""
    names, *columns = zip(*cost_rows(plan, plan.sizes), strict=True)
    picture = np.empty((len(names) * _FONT.line_height_px + 2 * _MARGIN_PX, width_px, 3), np.uint8)
    picture[:] = _THEME.background
    column_px = width_px // len(columns)
    for number, column in enumerate(columns):
        left_px = number * column_px
        area = picture[_MARGIN_PX:, left_px : left_px + column_px]
        for line, (name, cell) in enumerate(zip(names, column, strict=True)):
            row = area[line * _FONT.line_height_px :]
            _FONT.write(row, name, _MARGIN_PX, _THEME.quiet_text, _THEME.background)
            at_px = _MARGIN_PX + round(column_px * _NAMES_SHARE)
            _FONT.write(row, cell, at_px, _THEME.text, _THEME.background)
    return picture
