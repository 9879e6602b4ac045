import argparse
import json
import shlex
from pathlib import Path

import pytest

from donkey_activations.car import myconfig_block
from donkey_activations.cli.verbs import install
from donkey_activations.errors import ConfigError

CONTENT = b"# Andr\xe9's car\nIMAGE_W = 320\nDRIVE_LOOP_HZ = 20"


@pytest.fixture
def car(tmp_path):
    for name in ("manage.py", "config.py"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "myconfig.py").write_bytes(CONTENT)
    return tmp_path


def call(*words):
    parser = argparse.ArgumentParser()
    install.add_arguments(parser)
    return install.run(parser.parse_args([str(word) for word in words]))


def test_in_and_out_again_leaves_the_file_byte_for_byte_as_before(car):
    assert call("--path", car, "--resolution", "160x120") == 0
    assert (car / "myconfig.py").read_bytes().startswith(CONTENT)
    assert call("--path", car, "--uninstall") == 0
    assert (car / "myconfig.py").read_bytes() == CONTENT


def test_without_a_resolution_the_block_says_640x360(car, capsys):
    call("--path", car)
    assert b"\nIMAGE_W = 640\nIMAGE_H = 360\n" in (car / "myconfig.py").read_bytes()
    assert "runs at 640x360" in capsys.readouterr().out


def test_the_driver_is_told_of_the_backup_the_pilot_and_a_width_set_above(car, capsys):
    call("--path", car)
    said = capsys.readouterr().out
    assert "myconfig.py.bak" in said
    assert "train again" in said
    assert "above the block: IMAGE_W; the block comes last and wins" in said


def test_a_second_install_writes_nothing(car, capsys):
    call("--path", car, "--resolution", "160x120")
    before = (car / "myconfig.py").stat()
    assert call("--path", car) == 0
    assert (car / "myconfig.py").stat().st_ino == before.st_ino
    assert [path.name for path in car.glob("*.bak*")] == ["myconfig.py.bak"]
    assert "nothing changed" in capsys.readouterr().out


def test_uninstall_without_a_block_writes_nothing(car, capsys):
    assert call("--path", car, "--uninstall") == 0
    assert "has no block" in capsys.readouterr().out
    assert not list(car.glob("*.bak*"))


def test_dry_run_shows_a_diff_and_writes_nothing(car, capsys):
    files = sorted(path.name for path in car.iterdir())
    assert call("--path", car, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "+IMAGE_W = 640" in said
    assert "-IMAGE_W" not in said
    assert (car / "myconfig.py").read_bytes() == CONTENT
    assert sorted(path.name for path in car.iterdir()) == files


def test_dry_run_with_nothing_to_do_says_so(car, capsys):
    call("--path", car, "--uninstall", "--dry-run")
    assert "nothing to change" in capsys.readouterr().out


def test_a_folder_that_is_no_car_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="donkey createcar"):
        call("--path", tmp_path)


def test_half_a_block_is_refused_with_the_files_name(car):
    (car / "myconfig.py").write_bytes(myconfig_block.template()[:-20])
    with pytest.raises(ConfigError, match=r"myconfig\.py: expected one whole"):
        call("--path", car)


@pytest.mark.parametrize("text", ["640", "8x8", "640x5000"])
def test_a_resolution_that_cannot_be_is_refused_before_anything_is_read(text):
    with pytest.raises(ConfigError, match="resolution"):
        call("--path", "/nowhere", "--resolution", text)


def test_uninstall_with_a_resolution_makes_no_sense_and_is_refused(car):
    with pytest.raises(ConfigError, match="leave one out"):
        call("--path", car, "--uninstall", "--resolution", "160x120")


def test_the_example_can_be_typed_as_it_stands():
    parser = argparse.ArgumentParser()
    install.add_arguments(parser)
    assert shlex.split(install.EXAMPLE)[:3] == ["donkey", "activations", "install"]
    parser.parse_args(shlex.split(install.EXAMPLE)[3:])


def test_json_says_what_was_done_and_nothing_else(car, capsys):
    call("--path", car, "--resolution", "320x180", "--json")
    put_in = json.loads(capsys.readouterr().out)
    assert put_in["path"] == str(car / "myconfig.py")
    assert (put_in["changed"], put_in["installed"], put_in["resolution"]) == (
        True,
        True,
        [180, 320],
    )
    assert Path(put_in["backup"]).is_file()
    call("--path", car, "--uninstall", "--dry-run", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["changed"], shown["dry_run"], shown["backup"]) == (True, True, None)
    call("--path", car, "--uninstall", "--json")
    taken_out = json.loads(capsys.readouterr().out)
    assert (taken_out["installed"], taken_out["resolution"]) == (False, None)
