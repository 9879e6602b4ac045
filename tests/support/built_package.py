"""Builds this project's distributions offline, from a copy that leaves the checkout clean."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SOURCES = (
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "MANIFEST.in",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "docs",
    "donkey_activations",
    "donkey_activations_hook.pth",
    "mkdocs.yml",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "templates",
    "tests",
)


@dataclass(frozen=True)
class Distributions:
    """What was built, and from which copy of the checkout."""

    source: Path
    sdist: Path
    wheel: Path
    wheel_from_sdist: Path


def build_distributions(repository: Path, folder: Path) -> Distributions:
    """Build everything a user can install, each into a folder of its own."""
    source = folder / "source"
    source.mkdir()
    for name in _SOURCES:
        _copy(repository / name, source / name)
    _build(source, "--wheel", folder / "direct")
    _build(source, "--sdist", folder / "released")
    sdist = _only(folder / "released", "*.tar.gz")
    shutil.unpack_archive(sdist, folder / "unpacked", filter="data")
    _build(_only(folder / "unpacked", "*"), "--wheel", folder / "released")
    return Distributions(
        source=source,
        sdist=sdist,
        wheel=_only(folder / "direct", "*.whl"),
        wheel_from_sdist=_only(folder / "released", "*.whl"),
    )


def _copy(origin: Path, target: Path) -> None:
    if origin.is_dir():
        shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(origin, target)


def _build(source: Path, what: str, output: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check"]
    subprocess.run(
        [*build, what, "--outdir", output, source], check=True, capture_output=True, text=True
    )


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found
