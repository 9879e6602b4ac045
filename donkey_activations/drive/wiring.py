"""Puts the part into a vehicle's list: which channels, which place, which tub, which pilot."""

import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any

from donkey_activations.car.settings import DriveConfig, read_config
from donkey_activations.car.transformations import transformation_names, transformations_of
from donkey_activations.drive.camera import check_camera_size
from donkey_activations.drive.following import (
    Entry,
    frame_source,
    image_channels,
    no_camera,
    pilot_entry,
    recorded_channel,
    transformations_done,
)
from donkey_activations.drive.part import CnnActivations
from donkey_activations.drive.source import FrameSource
from donkey_activations.drive.worker import WorkerThread
from donkey_activations.errors import ConfigError
from donkey_activations.mosaic.controls import CONTROL_CHANNELS, OTHER_NAMES

REFERENCE = "cnn/activations"
MOSAIC = "cnn/mosaic"
_ALWAYS = "cnn/always"
_NEVER = "cnn/never"
_UNKNOWN = "cnn/unknown"


def attach(vehicle: Any, cfg: Any, model_path: str | None) -> None:
    """Add the part to a vehicle that is about to start.

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
    tub_entry = _tub_entry(parts)
    recorded = recorded_channel(tub_entry)
    tub_entry = tub_entry if config.record else None
    if tub_entry is None and not config.show:
        raise _nothing_to_do(parts, recorded)
    model = _model(config, cfg, parts, model_path)
    pilot = pilot_entry(parts, model, image_channels(parts, recorded))
    before = parts[: _place(parts, pilot or tub_entry)]
    source = frame_source(cfg, before, pilot, recorded)
    is_before_tub = pilot is not None and _place(parts, pilot) < _place(parts, tub_entry)
    if pilot is not None and not is_before_tub and source.likely_channel != recorded:
        raise _after_tub(source)
    is_done = pilot is not None or source.likely_channel == source.remade
    part = CnnActivations(
        model,
        None if tub_entry is None else tub_entry["part"].tub,
        settings=config,
        # Without a pilot part (a user records and looks into a pilot) nobody else does it.
        transformations=None if is_done else transformations_of(cfg),
        transformation_names=(
            transformations_done(cfg, before, source) if is_done else transformation_names(cfg)
        ),
        driver=pilot["part"] if pilot and _drives_with(model, config, parts) else None,
        source=source,
    )
    if source.sizes_are_set:
        check_camera_size(cfg, part.pilot)
    inputs = [source.likely_channel, *_conditions(tub_entry, pilot), *_controls(tub_entry)]
    _insert(vehicle, part, [*inputs, source.recorded or _UNKNOWN], tub_entry)
    if pilot is not None and is_before_tub:
        _insert_eyes(vehicle, part, pilot, source)
    if tub_entry is not None and config.column:
        _add_column(tub_entry)
    if config.show:
        _show_on_drive_page(parts)


def _nothing_to_do(parts: list[Entry], recorded: str | None) -> ConfigError:
    outputs = {channel for entry in parts for channel in entry["outputs"]}
    if not outputs & image_channels(parts, recorded):
        return no_camera()
    return ConfigError(
        "expected a tub to record into, this car writes none in this mode; "
        "set ACTIVATIONS_SHOW = True to see mosaics on the drive page"
    )


def _after_tub(source: FrameSource) -> ConfigError:
    return ConfigError(
        f"expected the pilot, which reads {source.likely_channel}, before the TubWriter, it "
        "stands behind it; add it to the vehicle before the TubWriter"
    )


def _tub_entry(parts: list[Entry]) -> Entry | None:
    from donkeycar.parts.tub_v2 import TubWriter

    return next((entry for entry in parts if isinstance(entry["part"], TubWriter)), None)


def _place(parts: list[Entry], wanted: Entry | None) -> int:
    """Return an entry's index, or the end of the list. By identity: parts may not compare."""
    places = (place for place, entry in enumerate(parts) if entry is wanted)
    return next(places, len(parts))


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
    """Return whether the pilot part drives with the pilot that is looked into."""
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


def _conditions(tub_entry: Entry | None, pilot_entry: Entry | None) -> list[str]:
    """Return the channels that hold whether the tub records and whether the pilot runs."""
    return [
        _NEVER if entry is None else entry["run_condition"] or _ALWAYS
        for entry in (tub_entry, pilot_entry)
    ]


def _controls(tub_entry: Entry | None) -> list[str]:
    """Return the channels of steering and throttle, save those that the record will not carry.

    So the same mosaic can be made again from the record.
    """
    carried = CONTROL_CHANNELS if tub_entry is None else tub_entry["inputs"]
    names = [(channel, OTHER_NAMES.get(channel, channel)) for channel in CONTROL_CHANNELS]
    return [next((name for name in pair if name in carried), _UNKNOWN) for pair in names]


def _insert(vehicle: Any, part: CnnActivations, inputs: list[str], tub_entry: Entry | None) -> None:
    """Right before the tub it is decided what is recorded, and under which index."""
    parts: list[Entry] = vehicle.parts
    vehicle.mem.put([_ALWAYS, _NEVER], [True, False])
    vehicle.add(part, inputs=inputs, outputs=[REFERENCE, MOSAIC], threaded=True)
    parts[-1]["thread"] = WorkerThread(part.update, part.go_without)
    if tub_entry is not None:
        added = parts.pop()
        parts.insert(_place(parts, tub_entry), added)


def _insert_eyes(vehicle: Any, part: CnnActivations, pilot: Entry, source: FrameSource) -> None:
    """Where the pilot takes its frame: what another part makes of it later is no matter then."""
    parts: list[Entry] = vehicle.parts
    before, after = part.eyes()
    vehicle.add(before, inputs=[*source.channels, source.recorded or _UNKNOWN])
    parts.insert(_place(parts, pilot), parts.pop())
    if hasattr(pilot["part"], "img_seq"):  # of Donkeycar's sequence pilots
        vehicle.add(after, run_condition=pilot["run_condition"])
        parts.insert(_place(parts, pilot) + 1, parts.pop())


def _add_column(tub_entry: Entry) -> None:
    """Add the reference to the records, and not to the tub's header, which stays stock.

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
