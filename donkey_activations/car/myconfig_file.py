"""A car's ``myconfig.py`` on disk: found, read, and replaced in one piece with a backup kept."""

import contextlib
import os
from pathlib import Path

from donkey_activations.errors import ConfigError
from donkey_activations.files import written_whole

_LARGEST_MB = 16


def locate(car_dir: Path) -> Path:
    """Find the ``myconfig.py`` of a car.

    Args:
        car_dir: A folder made by ``donkey createcar``.

    Returns:
        The path of its ``myconfig.py``.

    Raises:
        ConfigError: If the folder is not a car.
    """
    missing = [
        name for name in ("manage.py", "config.py", "myconfig.py") if not (car_dir / name).is_file()
    ]
    if missing:
        raise ConfigError(
            f"expected a car folder with manage.py, config.py and myconfig.py, "
            f"got {car_dir} without {', '.join(missing)}; "
            f"run: donkey createcar --path {car_dir}"
        )
    return car_dir / "myconfig.py"


def read(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_MB << 20:
            raise ConfigError(f"expected at most {_LARGEST_MB} MB in {path}, got more; see why")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"expected to read {path}, got: {error.strerror}; make it readable and run this again"
        ) from error


def replace(path: Path, content: bytes) -> Path:
    """Give a file new content in one step: all of it or none, even if the power goes.

    Mode bits and owner stay; where the path is a symbolic link, the file behind it is replaced
    and the link stays. The old content is kept beside ``path`` in ``<name>.bak`` (``.bak.1``,
    ``.bak.2``, ...; an older backup is never overwritten).

    Args:
        path: An existing file.
        content: Its new bytes.

    Returns:
        The path of the backup.

    Raises:
        ConfigError: If the file cannot be written; it is then as it was.
    """
    target = path.resolve()
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        backup = _keep_backup(path)
        _swap(target, content)
    except OSError as error:
        raise ConfigError(
            f"expected to write {path}, got: {error.strerror}; "
            "nothing was changed, make the file and its folder writable and run this again"
        ) from error
    return backup


def _keep_backup(path: Path) -> Path:
    content = path.read_bytes()
    number = 0
    while True:
        backup = path.with_name(f"{path.name}.bak" + (f".{number}" if number else ""))
        try:
            with backup.open("xb") as file:
                backup.chmod(path.stat().st_mode & 0o7777)
                file.write(content)
        except FileExistsError:
            if backup.is_file() and backup.read_bytes() == content:
                return backup
            number += 1
            continue
        return backup


def _swap(target: Path, content: bytes) -> None:
    before = target.stat()
    with written_whole(target, is_ours=True) as unfinished:
        unfinished.touch(0o600, exist_ok=False)  # for nobody else to read before its mode is known
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # only root may give a file away
            os.chown(unfinished, before.st_uid, before.st_gid)
        unfinished.chmod(before.st_mode & 0o7777)
