"""What stands around the demo's course, far away: sky, clouds, hills, trees, houses."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

HAZE = (176, 188, 178)
TOP_DEG, BOTTOM_DEG = 45.0, -3.0
_ZENITH = (104, 150, 208)


@dataclass(frozen=True)
class Panorama:
    """All directions around, as one strip.

    Attributes:
        picture: RGB uint8 (h, w, 3), from TOP_DEG above the horizontal down to BOTTOM_DEG;
            columns run clockwise, once around and then on over the start again.
        px_per_deg: Scale, the same in both directions.
    """

    picture: Image
    px_per_deg: float


def paint_panorama(px_per_deg: float, pad_deg: float, seed: int) -> Panorama:
    """Paint the surroundings.

    Args:
        px_per_deg: Scale of the strip.
        pad_deg: How far it goes on after a full turn.
        seed: The same seed gives the same surroundings.

    Returns:
        The strip.
    """
    rng = np.random.default_rng(seed)
    scale = max(2.0, px_per_deg)
    hw = (round((TOP_DEG - BOTTOM_DEG) * scale), round(360 * scale))
    picture = _sky(hw, rng)
    horizon = round(TOP_DEG * scale)
    _hills(picture, horizon, scale, rng)
    for _ in range(16):
        _house(picture, horizon, scale, rng)
    for _ in range(70):
        _tree(picture, horizon, scale, rng)
    picture[horizon:] = HAZE
    strip = np.concatenate([picture, picture[:, : round(pad_deg * scale)]], axis=1)
    return Panorama(strip, scale)


def _sky(hw: tuple[int, int], rng: np.random.Generator) -> Image:
    share = (np.linspace(1, 0, hw[0]) ** 0.7)[:, None, None]
    sky = np.array(HAZE) + (np.array(_ZENITH) - np.array(HAZE)) * share
    cloud = np.zeros(hw)
    for cells in (12, 30, 70):
        coarse = rng.uniform(0, 1, (max(3, cells // 4), cells)).astype(np.float32)
        coarse = np.concatenate([coarse, coarse[:, :1]], axis=1)  # meets itself after a turn
        wide = np.asarray(cv2.resize(coarse, (hw[1], hw[0]), interpolation=cv2.INTER_CUBIC))
        cloud += wide.astype(np.float64) / cells**0.3
    thick = np.clip((cloud - np.quantile(cloud, 0.55)) * 2.2, 0, 0.85)[:, :, None]
    return np.asarray(np.clip(sky * (1 - thick) + 240 * thick, 0, 255), np.uint8)


def _hills(picture: Image, horizon: int, scale: float, rng: np.random.Generator) -> None:
    turn = np.linspace(0, 2 * np.pi, picture.shape[1], endpoint=False)
    for height_deg, colour in ((5.0, (136, 156, 160)), (3.0, (104, 132, 112))):
        top = sum(
            rng.uniform(0.3, 1) / k**0.5 * np.sin(k * turn + rng.uniform(0, 6.28))
            for k in (2, 3, 5, 9, 17)
        )
        skyline = horizon - (height_deg * (1 + 0.45 * top)).clip(0.5) * scale
        below = np.arange(picture.shape[0])[:, None] >= skyline[None]
        picture[below] = colour


def _house(picture: Image, horizon: int, scale: float, rng: np.random.Generator) -> None:
    left = int(rng.uniform(0, picture.shape[1] - 16 * scale))
    wide, high = int(rng.uniform(5, 14) * scale), int(rng.uniform(4, 11) * scale)
    walls = np.array([(178, 92, 70), (206, 196, 170), (150, 150, 162), (196, 160, 96)])
    wall = tuple(int(value) for value in rng.choice(walls))
    top = horizon - high
    cv2.rectangle(picture, (left, top), (left + wide, horizon), wall, -1)
    roof = np.array([[left, top], [left + wide, top], [left + wide // 2, top - wide // 4]])
    cv2.fillPoly(picture, [roof.astype(np.int32)], (98, 56, 48), cv2.LINE_AA)
    pane, step = max(1, int(0.9 * scale)), max(3, int(2.2 * scale))
    for column in range(left + step // 2, left + wide - pane, step):
        for row in range(top + step // 2, horizon - pane, step):
            cv2.rectangle(picture, (column, row), (column + pane, row + pane), (58, 66, 84), -1)


def _tree(picture: Image, horizon: int, scale: float, rng: np.random.Generator) -> None:
    column = int(rng.uniform(6 * scale, picture.shape[1] - 6 * scale))
    size = rng.uniform(1.2, 4.0) * scale
    crown = round(horizon - 1.6 * size)
    trunk = max(1, round(0.25 * size))
    cv2.line(picture, (column, horizon), (column, crown), (84, 64, 46), trunk, cv2.LINE_AA)
    green = np.array((52, 92, 50)) + rng.integers(-14, 22, 3)
    for _ in range(5):
        spot = rng.normal((column, crown), 0.4 * size, 2)
        colour = tuple(int(value) for value in np.clip(green + rng.integers(-12, 12), 0, 255))
        radius = max(1, round(size * rng.uniform(0.45, 0.8)))
        cv2.circle(picture, (round(spot[0]), round(spot[1])), radius, colour, -1, cv2.LINE_AA)
