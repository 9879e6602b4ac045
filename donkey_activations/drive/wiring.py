"""Puts the part into a vehicle's list: which channels, which place, which tub, which pilot."""

import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any, SupportsIndex

from donkey_activations.drive.config import DriveConfig, read_config
from donkey_activations.drive.part import CONTROL_CHANNELS, CnnActivations
from donkey_activations.drive.worker import WorkerThread
from donkey_activations.errors import ConfigError
from donkey_activations.frames import describe_shape
from donkey_activations.transformations import (
    Transformations,
    keep_the_shape,
    transformation_names,
    transformations_of,
)

CAMERA = "cam/image_array"
CAMERA_TRANSFORMED = "cam/image_array_trans"
REFERENCE = "cnn/activations"
MOSAIC = "cnn/mosaic"
_ALWAYS = "cnn/always"
_NEVER = "cnn/never"
_UNKNOWN = "cnn/unknown"

# Their frames have a size of their own, whatever IMAGE_W and IMAGE_H say.
_CAMERAS_OF_OWN_SIZE = {"D435", "OAKD", "IMAGE_LIST"}

Entry = dict[str, Any]


def attach(vehicle: Any, cfg: Any, model_path: str | None) -> None:
    """Adds the part to a vehicle that is about to start.

    Args:
        vehicle: Donkeycar's ``Vehicle`` with all its parts.
        cfg: The car's configuration.
        model_path: The pilot's file; None is the one that the vehicle drives with.

    Raises:
        ActivationsError: The configuration, the pilot or the tub does not allow it; the vehicle is
            as it was.
    """
    config = read_config(cfg)
    parts: list[Entry] = vehicle.parts
    if not config.enabled or any(isinstance(entry["part"], CnnActivations) for entry in parts):
        return
    camera = _camera_channel(parts)
    tub_entry = _tub_entry(parts) if config.record else None
    if tub_entry is None and not config.show:
        raise ConfigError(
            "expected a tub to record into, this car writes none in this mode; "
            "set ACTIVATIONS_SHOW = True to see mosaics on the drive page"
        )
    pilot_entry = _pilot_entry(parts)
    model = _model(config, cfg, parts, model_path)
    part = CnnActivations(
        model,
        None if tub_entry is None else tub_entry["part"].tub,
        every_n_frames=config.every_n_frames,
        layers=config.layers,
        layout=config.read_layout(),
        show=config.show,
        jpeg_quality=config.jpeg_quality,
        threads=config.threads,
        trust_model=config.trust_model,
        transformations=_transformations(cfg, parts),
        transformation_names=_transformation_names(cfg, parts),
        driver=pilot_entry["part"] if pilot_entry and _drives_with(model, config, parts) else None,
    )
    _check_camera_size(cfg, part)
    conditions = _conditions(tub_entry, pilot_entry)
    _insert(vehicle, part, [camera, *conditions, *_controls(tub_entry)], tub_entry)
    if tub_entry is not None and config.column:
        _add_column(tub_entry)
    if config.show:
        _show_on_drive_page(parts)


def _tub_entry(parts: list[Entry]) -> Entry | None:
    from donkeycar.parts.tub_v2 import TubWriter

    return next((entry for entry in parts if isinstance(entry["part"], TubWriter)), None)


def _camera_channel(parts: list[Entry]) -> str:
    outputs = {channel for entry in parts for channel in entry["outputs"]}
    pilot = _pilot_entry(parts)
    if pilot is not None and CAMERA_TRANSFORMED in pilot["inputs"]:
        return CAMERA_TRANSFORMED
    if CAMERA in outputs:
        return CAMERA
    raise ConfigError(f"expected a camera (a part that outputs {CAMERA}), this car has none")


def _pilot_entry(parts: list[Entry]) -> Entry | None:
    return next(
        (
            entry
            for entry in parts
            if "pilot/angle" in entry["outputs"] and hasattr(entry["part"], "load")
        ),
        None,
    )


def _transformations(cfg: Any, parts: list[Entry]) -> Transformations | None:
    """What is left to be done to a frame: nothing, where a pilot part has it done or goes without.

    Without a pilot part (a user records and looks into a pilot) nobody else does it.
    """
    return None if _pilot_entry(parts) else transformations_of(cfg)


def _transformation_names(cfg: Any, parts: list[Entry]) -> tuple[str, ...]:
    """The names of all that is done to a frame before the pilot sees it, whoever does it."""
    done = [entry["part"] for entry in parts if CAMERA_TRANSFORMED in entry["outputs"]]
    if _pilot_entry(parts) is None:
        return transformation_names(cfg)
    if _camera_channel(parts) != CAMERA_TRANSFORMED or not done:
        return ()
    names = transformation_names(cfg)
    # Donkeycar has appended its second list to the first by now, if the first was a list.
    return names[: len(getattr(done[-1], "transformations", names))]


def _model(config: DriveConfig, cfg: Any, parts: list[Entry], model_path: str | None) -> Path:
    given = config.model or model_path or _driven_model(parts)
    if given is None:
        raise ConfigError(
            "no pilot to look into: drive with --model (cv_control has none), or "
            "set ACTIVATIONS_MODEL in myconfig.py"
        )
    try:
        path = Path(given).expanduser()
        if not path.is_absolute() and not path.exists():
            path = Path(getattr(cfg, "CAR_PATH", ".")) / path
    except RuntimeError as error:  # no such user, or no home folder
        raise ConfigError(
            f"the pilot: expected a path, got {given!r} ({error}); give the whole path"
        ) from error
    return path


def _driven_model(parts: list[Entry]) -> str | None:
    return _watched_model(parts) or _model_on_command_line()


def _drives_with(model: Path, config: DriveConfig, parts: list[Entry]) -> bool:
    """Tells whether the pilot part drives with the pilot that is looked into."""
    driven = _driven_model(parts)
    if driven is None:
        return config.model is None
    return Path(driven).expanduser().resolve() == model.resolve()


def _watched_model(parts: list[Entry]) -> str | None:
    from donkeycar.parts.file_watcher import FileWatcher

    watchers = (entry["part"] for entry in parts if isinstance(entry["part"], FileWatcher))
    watcher = next(watchers, None)
    return None if watcher is None else str(watcher.filename)


def _model_on_command_line() -> str | None:
    """Donkeycar's basic template keeps the path nowhere but on its command line."""
    arguments = sys.argv[1:]
    for argument, following in zip_longest(arguments, arguments[1:]):
        if argument == "--model":
            return following
        if argument.startswith("--model="):
            return argument.removeprefix("--model=")
    return None


def _check_camera_size(cfg: Any, part: CnnActivations) -> None:
    """Finds before the drive what would otherwise show with the first frame."""
    camera = getattr(cfg, "CAMERA_TYPE", None)
    if camera in _CAMERAS_OF_OWN_SIZE:
        return
    wanted = _camera_shape(cfg)
    if part.pilot.shape_to_keep(wanted) or not keep_the_shape(cfg):
        part.pilot.try_transformations(wanted)
        return
    height, width, depth = part.input_shape
    raise ConfigError(
        f"the pilot takes {describe_shape(part.input_shape)}, the camera is set to "
        f"{describe_shape(wanted)}; set IMAGE_W = {width}, IMAGE_H = {height} and "
        f"IMAGE_DEPTH = {depth}, or train the pilot again at the camera's size"
    )


def _camera_shape(cfg: Any) -> tuple[int, int, int]:
    def length(key: str) -> int:
        value = getattr(cfg, key, None)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as of a division
        if isinstance(value, SupportsIndex) and int(value) >= 1:
            return int(value)
        raise ConfigError(f"{key}: expected a number of 1 or more, got {value!r}; correct it")

    return length("IMAGE_H"), length("IMAGE_W"), length("IMAGE_DEPTH")


def _conditions(tub_entry: Entry | None, pilot_entry: Entry | None) -> list[str]:
    """The channels that say whether the tub records and whether the pilot runs in a round."""
    return [
        _NEVER if entry is None else entry["run_condition"] or _ALWAYS
        for entry in (tub_entry, pilot_entry)
    ]


def _controls(tub_entry: Entry | None) -> list[str]:
    """The channels of steering and throttle, save those that the record will not carry.

    So the same mosaic can be made again from the record.
    """
    carried = CONTROL_CHANNELS if tub_entry is None else tub_entry["inputs"]
    return [channel if channel in carried else _UNKNOWN for channel in CONTROL_CHANNELS]


def _insert(vehicle: Any, part: CnnActivations, inputs: list[str], tub_entry: Entry | None) -> None:
    """Right before the tub the frame is final, and the record's index is known."""
    parts: list[Entry] = vehicle.parts
    vehicle.mem.put([_ALWAYS, _NEVER], [True, False])
    vehicle.add(part, inputs=inputs, outputs=[REFERENCE, MOSAIC], threaded=True)
    parts[-1]["thread"] = WorkerThread(part.update, part.go_without)
    if tub_entry is not None:
        added = parts.pop()
        parts.insert(parts.index(tub_entry), added)


def _add_column(tub_entry: Entry) -> None:
    """Adds the reference to the records, and not to the tub's header, which stays stock.

    New lists, because a template shares one list between the tub, its manifest and other parts.
    """
    tub = tub_entry["part"].tub
    tub.inputs = [*tub.inputs, REFERENCE]
    tub.types = [*tub.types, "str"]
    tub.input_types = {**tub.input_types, REFERENCE: "str"}
    tub_entry["inputs"] = [*tub_entry["inputs"], REFERENCE]


def _show_on_drive_page(parts: list[Entry]) -> None:
    from donkeycar.parts.web_controller.web import LocalWebController

    for entry in parts:
        if isinstance(entry["part"], LocalWebController) and entry["inputs"]:
            entry["inputs"] = [MOSAIC, *entry["inputs"][1:]]
