"""Which releases of Donkeycar this package works with."""

import re
import sys

from donkey_activations.errors import ConfigError

# As pip is told in setup.cfg; but whoever installs another Donkeycar afterwards has it.
FIRST = (5, 3)
FIRST_UNKNOWN = (6, 0)


def refuse_unknown_donkeycar() -> None:
    """Raise a ConfigError if the environment's Donkeycar is a release that cannot work."""
    found = _donkeycar_of_this_environment()
    digits = re.match(r"(\d+)\.(\d+)", found)
    if digits and not FIRST <= (int(digits[1]), int(digits[2])) < FIRST_UNKNOWN:
        raise ConfigError(
            f"expected Donkeycar 5.3 (Python 3.11) or 5.4 (Python 3.12, 3.13), found {found}; in "
            "this environment: pip install 'donkeycar>=5.3,<6'"
        )


def _donkeycar_of_this_environment() -> str:
    """Return the version of the Donkeycar that runs, or would; empty if there is none."""
    if (loaded := sys.modules.get("donkeycar")) is not None:
        return str(getattr(loaded, "__version__", ""))
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("donkeycar")
    except PackageNotFoundError:  # whatever needs it will say so
        return ""
