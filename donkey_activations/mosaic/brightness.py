"""How bright a layer's values are drawn, where the layout leaves it open."""

from math import log

# What is in proportion looks dark on a screen: values at a third of the range are as bright here as
# half of it would be.
USUAL_GAMMA = 0.7

# A layer's usual values are to have three tenths of the full brightness. Lower than the lowest, the
# few levels near 0 would be all that is seen.
_WANTED = 0.3
_LOWEST, _STEP = 0.3, 0.05


def gamma_for(share: float) -> float:
    """Return the gamma at which a layer's usual values can be seen.

    Args:
        share: The layer's usual distance from 0, as a share of what has full brightness.

    Returns:
        From 0.3, where few strong values stand above many faint ones, to 0.7; in steps, so that it
        does not change with every frame.
    """
    if not 0 < share < 1:
        return USUAL_GAMMA
    steps = round(log(_WANTED) / log(share) / _STEP)
    return min(max(steps * _STEP, _LOWEST), USUAL_GAMMA)
