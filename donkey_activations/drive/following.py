"""Follows a pilot's frames back through a car's list of parts, whatever these are named."""

from pathlib import Path
from typing import Any

from donkey_activations.car.transformations import transformation_names
from donkey_activations.drive.camera import camera_shape
from donkey_activations.drive.source import CAMERA, FrameSource
from donkey_activations.errors import ConfigError

Entry = dict[str, Any]

_STEERING = {"angle", "steering"}
# What a user steers with has such channels, too, and is no pilot.
_OF_A_USER = {"user", "web", "webcontroller", "rc", "joystick"}
_OF_A_RUNNER = ("load", "invoke", "predict")
_PILOTS_OUTPUTS = {"pilot/angle", "pilot/steering"}


def pilot_entry(parts: list[Entry], model: Path, seen: set[str]) -> Entry | None:
    """Return the entry of the part that drives by the image; None if there is none.

    Args:
        parts: Donkeycar's list.
        model: The pilot's file: of several parts, the one that names it is meant.
        seen: The channels of images.
    """
    signs = (
        lambda entry: _sees(entry, seen) and _names(entry["part"], model),
        _drives_a_stock_car,
        lambda entry: _sees(entry, seen) and _PILOTS_OUTPUTS & set(entry["outputs"]),
        lambda entry: _sees(entry, seen) and any(map(_steers, entry["outputs"])),
    )
    return next((entry for sign in signs for entry in parts if sign(entry)), None)


def _drives_a_stock_car(entry: Entry) -> bool:
    is_pilot = "pilot/angle" in entry["outputs"] and hasattr(entry["part"], "load")
    return is_pilot and bool(entry["inputs"])


def _sees(entry: Entry, seen: set[str]) -> bool:
    """Return whether a part may run a network; those of Donkeycar's that do have ``load``."""
    is_stock = type(entry["part"]).__module__.startswith("donkeycar.")
    may_be = hasattr(entry["part"], "load") or not is_stock
    return may_be and bool(entry["outputs"]) and not seen.isdisjoint(entry["inputs"])


def no_camera() -> ConfigError:
    """Return the error for a car without a camera."""
    return ConfigError(f"expected a camera (a part that outputs {CAMERA}), this car has none")


def image_channels(parts: list[Entry], recorded: str | None) -> set[str]:
    """Return the channels that hold images, as far as that can be told before the drive.

    Args:
        parts: Donkeycar's list.
        recorded: The channel that the tub records as its picture, or None.
    """
    channels = {CAMERA, *([] if recorded is None else [recorded])}
    for _ in parts:  # a chain may be as long as the list
        for entry in parts:
            # A part with one output makes an image of an image; pages and conditions have more.
            if channels & set(entry["inputs"]) and len(entry["outputs"]) == 1:
                channels.update(entry["outputs"])
    return {channel for channel in channels if not _steers(channel)}


def recorded_channel(tub_entry: Entry | None) -> str | None:
    """Return the channel of the picture that ``activations tub`` makes mosaics of.

    Args:
        tub_entry: The ``TubWriter``'s, or None.
    """
    if tub_entry is None:
        return None
    tub = tub_entry["part"].tub
    columns = zip(tub.inputs, tub.types, tub_entry["inputs"], strict=False)
    pictures = {name: channel for name, kind, channel in columns if kind == "image_array"}
    if CAMERA in pictures:
        return str(pictures[CAMERA])
    return str(next(iter(pictures.values()))) if len(pictures) == 1 else None


def frame_source(
    cfg: Any, before: list[Entry], pilot: Entry | None, recorded: str | None
) -> FrameSource:
    """Return where the pilot's frames come from.

    Args:
        cfg: The car's configuration.
        before: Donkeycar's list up to the pilot, or up to where the part will stand.
        pilot: The pilot's entry, or None: then the camera's channel is looked at.
        recorded: The channel that the tub records as its picture, or None.

    Raises:
        ConfigError: The car has no camera.
    """
    outputs = {channel for entry in before for channel in entry["outputs"]}
    camera = next((one for one in (recorded, CAMERA) if one in outputs), None)
    if camera is None and (pilot is None or not outputs & set(pilot["inputs"])):
        raise no_camera()
    transformed = _transformed(before, camera)
    if pilot is not None:
        channels = tuple(pilot["inputs"])
    else:
        channels = (str(camera) if transformed is None else transformed["outputs"][0],)
    remade = None
    if transformed is not None and recorded in (None, camera):
        done = len(transformed["part"].transformations)
        remade = transformed["outputs"][0] if done <= len(transformation_names(cfg)) else None
    writers = [entry["part"] for entry in before if camera in entry["outputs"]]
    straight = len(writers) == 1 and channels[0] in (camera, remade)
    return FrameSource(
        channels=channels,
        recorded=recorded or camera,
        remade=remade,
        camera=camera,
        behind_camera=tuple(type(part).__name__ for part in writers[1:]),
        camera_set_to=_set_size(cfg),
        sizes_are_set=straight,
    )


def transformations_done(cfg: Any, before: list[Entry], source: FrameSource) -> tuple[str, ...]:
    """Return the names of what a car itself does to a frame before the pilot sees it.

    Args:
        cfg: The car's configuration.
        before: As for ``frame_source``.
        source: What that has returned.
    """
    transformed = _transformed(before, source.camera)
    if transformed is None or source.likely_channel != source.remade:
        return ()
    # Donkeycar has appended its second list to the first by now, if the first was a list.
    return transformation_names(cfg)[: len(transformed["part"].transformations)]


def _transformed(before: list[Entry], camera: str | None) -> Entry | None:
    """Return the entry of Donkeycar's that alone makes a channel of the camera's."""
    from donkeycar.parts.image_transformations import ImageTransformations

    found = [
        entry
        for entry in before
        if isinstance(entry["part"], ImageTransformations)
        and entry["inputs"] == [camera] != entry["outputs"]
    ]
    if len(found) != 1:
        return None
    writers = [entry for entry in before if found[0]["outputs"][0] in entry["outputs"]]
    return found[0] if len(writers) == 1 else None


def _set_size(cfg: Any) -> tuple[int, int, int] | None:
    try:
        return camera_shape(cfg)
    except ConfigError:
        return None


def _steers(channel: str) -> bool:
    first, *others = channel.split("/")
    return [first, *others][-1] in _STEERING and first not in _OF_A_USER


def _names(part: Any, model: Path) -> bool:
    """Return whether a part, or what it runs a network with, keeps the path of the pilot's file."""
    own = list(getattr(part, "__dict__", {}).values())
    runners = [one for one in own if any(hasattr(one, name) for name in _OF_A_RUNNER)]
    values = own + [value for one in runners for value in getattr(one, "__dict__", {}).values()]
    paths = (Path(value) for value in values if isinstance(value, str | Path))
    return any(path.name == model.name and path.resolve() == model.resolve() for path in paths)
