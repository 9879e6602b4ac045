"""Documented commands that a test cannot run: why not, and what can be held of them anyway."""

import os
import re
import shlex
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import metadata

from documented_car import DocumentedCar
from markdown_blocks import REPOSITORY

_EXTRAS = re.compile(r"([\w.-]+)\[([\w,]+)\](?:==(.+))?")
_PYTEST_FLAGS = {"-k", "-m"}


@dataclass(frozen=True)
class NotRun:
    """Commands of one kind.

    Attributes:
        begins: How they begin, a regular expression.
        reason: Why they are not run.
        check: Asserts what can be held of such a command.
    """

    begins: str
    reason: str
    check: Callable[[str, DocumentedCar], None]

    def is_meant(self, command: str) -> bool:
        """Tells whether a command is of this kind."""
        return re.match(rf"{self.begins}(\s|$)", command) is not None


def _check_installation(command: str, _: DocumentedCar) -> None:
    """It installs this checkout, and every extra is one of the project's that is named with it."""
    words = shlex.split(command, comments=True)
    assert words[1] == "install"
    assert any(re.fullmatch(r"\.(\[.+\])?", word) for word in words), command
    config = ConfigParser(interpolation=None)
    config.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    for word in words:
        if named := _EXTRAS.fullmatch(word):
            project, extras = named[1], set(named[2].split(","))
            if named[3] and not fnmatch(metadata(project)["Version"], named[3]):
                continue  # of a release that is not the one of this environment
            ours = set(config["options.extras_require"])
            known = ours if project == "." else set(metadata(project).get_all("Provides-Extra", []))
            assert extras <= known, f"{command}: {project} has no extra {extras - known}"


def _check_target(command: str, _: DocumentedCar) -> None:
    """Each target is in the Makefile and in `make help`, and takes the arguments it is given."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    words = shlex.split(command, comments=True)[1:]
    targets = [word for word in words if "=" not in word]
    variables = {word.partition("=")[0]: word.partition("=")[2] for word in words if "=" in word}
    assert targets, command
    for name in variables.keys() - {"ARGS"}:
        assert re.search(rf"^{name} \?=", makefile, re.MULTILINE), f"no variable {name}"
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
        assert target == "help" or f'"make {target} ' in makefile, (
            f"make help is silent on {target}"
        )
        recipe = makefile.partition(f"\n{target}:")[2].partition("\n\n")[0]
        assert "ARGS" not in variables or "$(ARGS)" in recipe, f"{target} takes no ARGS"
    if targets == ["test"]:
        for given in shlex.split(variables.get("ARGS", "")):
            _check_argument_of_pytest(given)


def _check_argument_of_pytest(given: str) -> None:
    if given.startswith("--"):
        assert f'"{given}"' in (REPOSITORY / "tests" / "conftest.py").read_text(encoding="utf-8")
    elif "/" in given:
        assert (REPOSITORY / given).exists(), given
    else:
        assert given in _PYTEST_FLAGS or all(map(str.isidentifier, given.split())), given


def _check_drive(command: str, car: DocumentedCar) -> None:
    """The program is there and knows every flag."""
    words = shlex.split(command, comments=True)
    done = car.call(["python", "manage.py", "--help"])
    assert done.returncode == 0, done.stderr
    flags = [word for word in words if word.startswith("--")]
    assert all(flag in done.stdout for flag in flags), done.stdout
    model = words[words.index("--model") + 1]
    assert (car.path / model).is_file()


def _check_program(command: str, _: DocumentedCar) -> None:
    program = REPOSITORY / shlex.split(command, comments=True)[0]
    assert os.access(program, os.X_OK)


NOT_RUN = [
    NotRun("pip", "changes the environment that the tests run in", _check_installation),
    NotRun("make", "makes an environment, or runs this very suite", _check_target),
    NotRun(r"cd ~/mycar && python manage\.py drive", "never ends", _check_drive),
    NotRun(r"\.ci/run", "runs this very suite, and more", _check_program),
]


def why_not_run(command: str) -> NotRun | None:
    """Returns the kind of a command that cannot be run; None, if it can and so must be."""
    return next((kind for kind in NOT_RUN if kind.is_meant(command)), None)
