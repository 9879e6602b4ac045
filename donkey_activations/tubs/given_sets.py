"""Sets of mosaics of what a pilot was given, where that was not what the tub has recorded."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from donkey_activations.formatting import printable
from donkey_activations.tubs.mosaics import FOLDER, MosaicSet
from donkey_activations.tubs.recorded_sets import recorded_sets

_GIVEN = "given"


def given_set(mosaics: MosaicSet, channel: str) -> MosaicSet:
    """Name the set of what the pilot was given, which cannot be made again of the records.

    Args:
        mosaics: The set of the recorded frames, drawn in the same way.
        channel: Where in the drive loop the pilot's frames came from.
    """
    stem, _, digits = mosaics.name.rpartition("-")
    identity = json.dumps([digits, _GIVEN, channel])
    digits = hashlib.sha256(identity.encode()).hexdigest()[:8]
    description = {**mosaics.description, _GIVEN: channel}
    return replace(mosaics, name=f"{stem}-{digits}", description=description)


def _given_sets(tub_path: Path, pilot_sha256: str) -> dict[str, str]:
    """Return what drives have drawn of frames that the tub has not recorded.

    Args:
        tub_path: The tub's folder.
        pilot_sha256: Of the pilot's content.

    Returns:
        The channel out of which the pilot was given its frames, by the set's name.
    """
    return {
        one.name: one.given
        for one in recorded_sets(tub_path)
        if one.given is not None and one.pilot_sha256 == pilot_sha256
    }


def remarks_on_given_sets(tub_path: Path, pilot_sha256: str) -> list[str]:
    """Return remarks on such sets where the recorded frames are drawn, one sentence a set.

    Args:
        tub_path: The tub's folder.
        pilot_sha256: Of the pilot's content.
    """
    return [
        f"the drive gave this pilot other frames than are recorded, out of {printable(channel)}: "
        f"their pictures are in {FOLDER}/{printable(name)}, these are of the recorded frames"
        for name, channel in _given_sets(tub_path, pilot_sha256).items()
    ]
