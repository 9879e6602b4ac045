import os
import stat
from pathlib import Path

import pytest

from donkey_activations.car import myconfig_file
from donkey_activations.errors import ConfigError

OLD, NEW = b"A = 1\r\n", b"A = 2\r\n"


@pytest.fixture
def car(tmp_path):
    for name in ("manage.py", "config.py"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "myconfig.py").write_bytes(OLD)
    return tmp_path


@pytest.mark.parametrize("name", ["manage.py", "config.py", "myconfig.py"])
def test_a_folder_that_is_no_car_is_refused_with_the_command_that_makes_one(car, name):
    (car / name).unlink()
    with pytest.raises(ConfigError, match=rf"without {name}; run: donkey createcar --path"):
        myconfig_file.locate(car)


def test_the_old_content_is_kept_beside_the_file(car):
    backup = myconfig_file.replace(car / "myconfig.py", NEW)
    assert (car / "myconfig.py").read_bytes() == NEW
    assert backup == car / "myconfig.py.bak"
    assert backup.read_bytes() == OLD


def test_an_older_backup_is_never_overwritten(car):
    (car / "myconfig.py.bak").write_bytes(b"older")
    (car / "myconfig.py.bak.1").mkdir()
    assert myconfig_file.replace(car / "myconfig.py", NEW).name == "myconfig.py.bak.2"
    assert (car / "myconfig.py.bak").read_bytes() == b"older"


def test_a_backup_with_the_same_bytes_serves_again(car):
    first = myconfig_file.replace(car / "myconfig.py", NEW)
    second = myconfig_file.replace(car / "myconfig.py", OLD)
    assert myconfig_file.replace(car / "myconfig.py", NEW) == first
    assert sorted(path.name for path in car.glob("*.bak*")) == [first.name, second.name]


def test_the_mode_bits_stay(car):
    (car / "myconfig.py").chmod(0o640)
    myconfig_file.replace(car / "myconfig.py", NEW)
    assert stat.S_IMODE((car / "myconfig.py").stat().st_mode) == 0o640


def test_a_symbolic_link_stays_one_and_the_file_behind_it_changes(car, tmp_path_factory):
    real = tmp_path_factory.mktemp("dotfiles") / "car.py"
    real.write_bytes(OLD)
    link = car / "myconfig.py"
    link.unlink()
    link.symlink_to(real)
    myconfig_file.replace(link, NEW)
    assert link.is_symlink()
    assert real.read_bytes() == NEW
    assert [path.name for path in real.parent.iterdir()] == ["car.py"]


def test_a_failed_write_leaves_the_file_as_it_was_and_nothing_else_behind(car, monkeypatch):
    def disk_full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(ConfigError, match=r"No space left on device; nothing was changed"):
        myconfig_file.replace(car / "myconfig.py", NEW)
    assert (car / "myconfig.py").read_bytes() == OLD
    assert not [path.name for path in car.iterdir() if path.name.startswith(".")]


def test_a_file_without_write_permission_is_refused_even_where_a_rename_would_work(
    car, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(ConfigError, match="Permission denied; nothing was changed"):
        myconfig_file.replace(car / "myconfig.py", NEW)
    assert not list(car.glob("*.bak*"))


def test_a_file_that_cannot_be_read_is_named():
    with pytest.raises(ConfigError, match=r"/nowhere/myconfig\.py"):
        myconfig_file.read(Path("/nowhere/myconfig.py"))
