"""Finds the part's place in a car that somebody else has put together.

Nothing here keeps a car from driving: what is wrong is said in one line, and the car starts
without mosaics.
"""

import functools
import logging
import sys
from typing import Any

from donkey_activations.car.release import refuse_unknown_donkeycar
from donkey_activations.errors import ActivationsError

logger = logging.getLogger(__name__)

_REQUEST = "_activations_request"

# The configuration of the newest ``register()``; the vehicle that starts next reads it.
_registered: list[Any] = []


def register() -> None:
    """Have the car that reads this ``myconfig.py`` draw mosaics. To be called from there.

    Donkeycar executes ``myconfig.py`` before any part exists, so this only has ``Vehicle.start``
    look for a place for the part. Programs that read the same file and start no vehicle
    (``donkey train``, ``donkey ui``) go on as before. Never raises.
    """
    try:
        cfg = _config_being_loaded()
        if cfg is None:
            logger.error(
                "activations: register() belongs into myconfig.py; elsewhere call "
                "add_activations(V, cfg, model_path) before V.start(). Driving without mosaics"
            )
            return
        _registered[:] = [cfg]
        _hook_vehicle_start()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a car must drive
        _say_that_it_drives_without(error)


def add_activations(vehicle: Any, cfg: Any, model_path: str | None = None) -> None:
    """Have a vehicle draw mosaics. To be called in ``manage.py``, anywhere before ``V.start()``.

    Args:
        vehicle: Donkeycar's ``Vehicle``.
        cfg: The car's configuration.
        model_path: The pilot's file; None is the pilot that the vehicle drives with. The key
            ``ACTIVATIONS_MODEL`` comes before it.

    Together with ``register()`` it adds one part, not two. Never raises.
    """
    try:
        setattr(vehicle, _REQUEST, (cfg, model_path))
        _hook_vehicle_start()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a car must drive
        _say_that_it_drives_without(error)


def _config_being_loaded() -> Any:
    """Find the configuration that ``load_config`` is filling while it executes ``myconfig.py``."""
    frame = sys._getframe()
    while (caller := frame.f_back) is not None:
        frame = caller
        if frame.f_code.co_name == "load_config" and "cfg" in frame.f_locals:
            return frame.f_locals["cfg"]
    return None


def _hook_vehicle_start() -> None:
    refuse_unknown_donkeycar()
    from donkeycar.vehicle import Vehicle

    stock_start = Vehicle.start
    if hasattr(stock_start, _REQUEST):
        return

    @functools.wraps(stock_start)
    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        _attach_or_say_why_not(self)
        return stock_start(self, *args, **kwargs)

    setattr(start, _REQUEST, True)
    Vehicle.start = start


def _attach_or_say_why_not(vehicle: Any) -> None:
    request = getattr(vehicle, _REQUEST, None)
    if request is None and _registered:
        request = (_registered[0], None)
    if request is None:
        return
    try:
        from donkey_activations.drive.wiring import attach

        attach(vehicle, *request)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a car must drive
        _say_that_it_drives_without(error)


def _say_that_it_drives_without(error: BaseException) -> None:
    reason = str(error) if isinstance(error, ActivationsError) else repr(error)
    end = "" if reason.endswith((".", "?")) else "."
    logger.error("activations: %s%s Driving without mosaics", reason, end)
