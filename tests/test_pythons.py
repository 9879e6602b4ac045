"""On which Python this installs, how `make` finds one, and what every other one is told."""

import os
import runpy
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
import setuptools.command.editable_wheel  # noqa: F401 - it reads the version when it is loaded
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

REPOSITORY = Path(__file__).parents[1]
OWN = "{}.{}".format(*sys.version_info)


def config() -> ConfigParser:
    parsed = ConfigParser(interpolation=None)
    parsed.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    return parsed


def required(extra: str, python: str) -> set[str]:
    """What an extra asks for on a Python."""
    lines = config()["options.extras_require"][extra].split("\n")
    requirements = [Requirement(line) for line in lines if line]
    environment = {"python_version": python}
    return {
        str(one).partition(";")[0]
        for one in requirements
        if one.marker is None or one.marker.evaluate(environment)
    }


def test_each_python_gets_the_tensorflow_of_its_donkeycar() -> None:
    assert required("pc", "3.11") == required("pc", "3.12") == {"donkeycar[pc]", "av>=12"}
    assert required("tensorflow", "3.11") == {"tensorflow==2.15.*"}
    assert required("tensorflow", "3.12") == {"tensorflow==2.19.*", "tf-keras==2.19.*"}


@pytest.mark.parametrize("extra", ["pc", "tensorflow"])
def test_where_tensorflow_has_no_wheel_pip_stops_at_a_version_that_says_why(extra: str) -> None:
    asked = {Requirement(line).name: line for line in required(extra, "3.13")}
    assert asked["tensorflow"] == "tensorflow==2.19+needs.python.3.12.or.3.11"
    assert "donkeycar" not in asked


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0)])
def test_another_python_is_told_at_its_installation(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    supported = SpecifierSet(config()["options"]["python_requires"])
    assert not supported.contains(".".join(map(str, version)))
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(REPOSITORY / "setup.py"))
    assert str(left.value).startswith("donkey-activations: expected Python 3.11 (")
    assert "python3.12 -m venv" in str(left.value)
    assert "\n" not in str(left.value)


def make(*words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path + os.environ["PATH"]}
    for name in ("PYTHON", "VERSIONS", "VENV", "MAKEFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
    return subprocess.run(
        ["make", *words],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_passes_over_a_name_that_does_not_run_and_finds_pyenvs(tmp_path: Path) -> None:
    names = tmp_path / "shims"
    names.mkdir()
    for name, text in {f"python{OWN}": "exit 127", "pyenv": f"echo '{tmp_path}'"}.items():
        (names / name).write_text(f"#!/bin/sh\n{text}\n")
        (names / name).chmod(0o755)
    python = tmp_path / "versions" / f"{OWN}.99" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    done = make(
        "-n", "install", f"VERSIONS=2.1 {OWN}", f"VENV={tmp_path}/venv", path=f"{names}{os.pathsep}"
    )
    assert f'"{python}" -m venv {tmp_path}/venv\n' in done.stdout


@pytest.mark.parametrize("words", [["VERSIONS=2.1"], ["PYTHON=/no/such/python"]])
def test_make_says_in_one_line_which_python_it_wants(words: list[str], tmp_path: Path) -> None:
    done = make("test", f"VENV={tmp_path}/venv", *words)
    assert done.returncode != 0
    said, of_make = done.stderr.splitlines()
    assert said.startswith("make: expected one of Python ")
    assert said.endswith("make PYTHON=/path/to/python test")
    assert of_make.startswith("make: ***")
    assert not (tmp_path / "venv").exists()
