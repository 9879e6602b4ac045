"""What a user gets installed, by each of the ways to install it."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from built_package import Distributions
from small_venv import SmallVenv

import donkey_activations

HOOK = "donkey_activations_hook.pth"

READ_TEMPLATE = """
from importlib.resources import files
print(files("donkey_activations.templates").joinpath("myconfig.py").read_text())
"""

# Some package that Donkeycar needs on a Pi leaves its own tests in the environment.
LIST_IMPORTABLE = """
from importlib.util import find_spec
names = ("donkey_activations", "templates", "tests", "setup")
found = {name: find_spec(name) for name in names}
print([name for name, spec in found.items() if spec and "/linked/" not in str(spec)])
"""


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(params=["wheel", "editable"])
def installed(
    request: pytest.FixtureRequest, tmp_path: Path, distributions: Distributions
) -> SmallVenv:
    """An environment into which pip has installed this project."""
    what = {
        "wheel": [str(distributions.wheel)],
        "editable": ["--editable", str(distributions.source)],
    }
    environment = SmallVenv(tmp_path / "venv")
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    done = environment.pip("install", *offline, *what[request.param])
    assert done.returncode == 0, done.stderr
    return environment


def test_the_wheel_puts_only_our_package_and_the_hook_beside_others(
    distributions: Distributions,
) -> None:
    top = {name.split("/")[0] for name in _names(distributions.wheel)}
    info = f"donkey_activations-{donkey_activations.__version__}.dist-info"
    assert top == {"donkey_activations", HOOK, info}


def test_the_wheel_holds_every_module_of_the_checkout(distributions: Distributions) -> None:
    package = distributions.source / "donkey_activations"
    modules = {str(path.relative_to(package.parent)) for path in package.rglob("*.py")}
    assert modules <= _names(distributions.wheel)


def test_the_wheel_holds_types_licence_and_every_template(distributions: Distributions) -> None:
    names = _names(distributions.wheel)
    assert "donkey_activations/py.typed" in names
    assert any(name.endswith("/LICENSE") for name in names)
    for template in (distributions.source / "templates").glob("[a-z]*"):
        assert f"donkey_activations/templates/{template.name}" in names


def test_a_wheel_from_the_sdist_is_the_wheel_of_the_checkout(distributions: Distributions) -> None:
    assert _names(distributions.wheel_from_sdist) == _names(distributions.wheel)


def test_the_sdist_carries_tests_and_build_files(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {HOOK, "setup.py", "setup.cfg", "README.md", "Makefile", "CHANGELOG.md"} <= names
    assert {"CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "mkdocs.yml", "docs/car.md"} <= names
    assert {"tests/conftest.py", "tests/support/small_venv.py"} <= names


def test_no_distribution_holds_an_opencv_wheel_as_a_plain_requirement(
    distributions: Distributions,
) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(name).decode().splitlines()
    opencv = [line for line in lines if line.startswith("Requires-Dist: opencv")]
    assert opencv
    assert all("extra ==" in line for line in opencv)


def test_an_installation_works_from_any_folder_and_leaves_nothing_behind(
    installed: SmallVenv,
) -> None:
    template = (Path(__file__).parents[1] / "templates" / "myconfig.py").read_text()
    assert installed.python("-c", READ_TEMPLATE).stdout.rstrip() == template.rstrip()
    assert installed.python("-c", LIST_IMPORTABLE).stdout == "['donkey_activations']\n"
    version = f"donkey-activations {donkey_activations.__version__}"
    assert version in installed.donkey("activations", "--version").stdout
    assert installed.script("donkey-activations", "--version").stdout == f"{version}\n"
    assert installed.python("-m", "donkey_activations", "--version").stdout == f"{version}\n"

    assert installed.pip("uninstall", "--yes", "donkey-activations").returncode == 0
    assert [path.name for path in installed.site_packages.glob("*donkey_activations*")] == []
    assert "plugins" not in installed.donkey().stderr
