"""Tubs for the tests of what is drawn afterwards, and what the drive would have drawn of them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from donkeycar.parts.tub_v2 import Tub

from donkey_activations import CnnActivations
from donkey_activations.tubs.records import read_frame, read_tub


def pictures(tub: Path) -> dict[int, bytes]:
    """The mosaics of all sets of a tub, by index; each index may be there once."""
    files = list(tub.glob("activations/*/*.jpg"))
    assert len({file.stem for file in files}) == len(files)
    return {int(file.stem): file.read_bytes() for file in files}


def files_of_others(tub: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of every file of a tub that is not ours."""
    return {
        str(file.relative_to(tub)): (file.read_bytes(), file.stat().st_mtime_ns)
        for file in sorted(tub.rglob("*"))
        if file.is_file() and "activations" not in file.parts
    }


def drawn_by_the_drive(model: Path, tub: Path, folder: Path, every: int = 1) -> dict[int, bytes]:
    """Drives past the frames of a tub with the part, which records into a tub of its own."""
    inputs = ["user/angle", "user/throttle"]
    own = Tub(str(folder), inputs=inputs, types=["float", "float"])
    part = CnnActivations(model, own, every_n_frames=every)
    for record in read_tub(tub).records:
        angle, throttle = record.values["user/angle"], record.values["user/throttle"]
        part.run(read_frame(record, part.input_shape[2]), True, False, angle, throttle)
        own.write_record({"user/angle": angle, "user/throttle": throttle})
    part.shutdown()
    own.close()
    return pictures(folder)


def edit_catalog(tub: Path, edit: Callable[[list[dict[str, Any]]], Sequence[Any]]) -> None:
    """Writes the records of a tub's only catalog anew."""
    catalog = tub / "catalog_0.catalog"
    records = [json.loads(line) for line in catalog.read_text().splitlines()]
    lines = [one if isinstance(one, str) else json.dumps(one) for one in edit(records)]
    catalog.write_text("".join(f"{line}\n" for line in lines))


def image(tub: Path, index: int) -> Path:
    """The camera's frame of a record, as Donkeycar names it."""
    return tub / "images" / f"{index}_cam_image_array_.jpg"


def write_old_tub(tub: Path, old: Path) -> None:
    """Writes the records of a tub as Donkeycar 3 did."""
    old.mkdir()
    for record in read_tub(tub).records:
        assert record.image_path is not None
        name = f"{record.index}_cam-image_array_.jpg"
        (old / name).write_bytes(record.image_path.read_bytes())
        values = {
            "cam/image_array": name,
            "user/angle": record.values["user/angle"],
            "user/throttle": record.values["user/throttle"],
            "user/mode": "user",
            "milliseconds": 50 * record.index,
        }
        (old / f"record_{record.index}.json").write_text(json.dumps(values))
    (old / "meta.json").write_text("{}")
