"""A sample of a tub, for what is known only when one has seen many frames of it."""

from collections.abc import Iterator, Sequence

import numpy as np

from donkey_activations.errors import FrameError
from donkey_activations.extractors.base import FeatureMaps
from donkey_activations.pilots.pilot import OpenPilot
from donkey_activations.recorded.frames import RecordedFrames


def sampled_maps(
    pilot: OpenPilot, frames: RecordedFrames, places: Sequence[int], most: int
) -> Iterator[FeatureMaps]:
    """Computes the maps of records that are spread evenly over some.

    Args:
        pilot: The pilot.
        frames: The frames of a tub's records.
        places: The places of the records that count, one or more; those whose frames cannot be
            read are left out.
        most: How many records the sample has at most, 1 or more.

    Raises:
        FrameError: The pilot does not take what the transformations give.
    """
    count = min(len(places), most)
    for number in np.linspace(0, len(places) - 1, count).astype(int).tolist():
        try:
            seen = frames.at(places[number])
        except FrameError:
            continue
        yield pilot.look_at(seen)[1]
