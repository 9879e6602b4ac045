"""``donkey activations``: which verbs there are, and what becomes of their errors."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable

import pytest

import donkey_activations
from donkey_activations.cli import main
from donkey_activations.errors import ModelError

HEAVY = ("tensorflow", "keras", "donkeycar", "ai_edge_litert", "matplotlib", "pandas", "cv2")


class Verb:
    """A verb that does what a test says."""

    HELP = "do what the test says"
    EXAMPLE = "donkey activations act --loudly"

    def __init__(self, act: Callable[[], int]) -> None:
        self._act = act

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--loudly", action="store_true")

    def run(self, _args: argparse.Namespace) -> int:
        return self._act()


def _raise(error: BaseException) -> int:
    raise error


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], int]:
    """Runs ``donkey activations act`` with the given action behind it."""

    def run(action: Callable[[], int]) -> int:
        monkeypatch.setattr(main, "load_verbs", lambda _: {"act": Verb(action)})
        return main.main(["act"])

    return run


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            OSError(28, "No space", "seen.png"),
            "seen.png: cannot be read or written (No space); free",
        ),
        (
            OSError(13, "Denied", "/a/.x.png.12.part"),
            "/a/x.png: cannot be read or written (Denied)",
        ),
        (OSError(2, "No such file"), "the output: cannot be read or written (No such file); check"),
    ],
)
def test_what_the_system_refuses_is_one_line_with_the_place_and_a_way_out(
    error: OSError,
    line: str,
    act: Callable[[Callable[[], int]], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert act(lambda: _raise(error)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"donkey activations act: {line}")
    assert said.count("\n") == 1


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_help_lists_every_verb_with_its_line(
    argv: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main.ActivationsCommand().run(argv)
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for name, verb in main.load_verbs().items():
        assert any(line.split() == [name, *verb.HELP.split()] for line in out.splitlines())


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"donkey-activations {donkey_activations.__version__}\n"


def test_an_unknown_verb_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["no-such-verb"])
    assert ended.value.code == 2
    assert "no-such-verb" in capsys.readouterr().err


@pytest.mark.parametrize("exit_code", [0, 1, 2])
def test_the_exit_code_is_the_verbs(
    act: Callable[[Callable[[], int]], int], exit_code: int
) -> None:
    assert act(lambda: exit_code) == exit_code


@pytest.mark.parametrize(
    ("error", "exit_code", "message"),
    [
        (ModelError("expected a pilot,\n got a text"), 2, "expected a pilot, got a text"),
        (
            FileNotFoundError(2, "None", "x.h5"),
            2,
            "x.h5: cannot be read or written (None); check it, and that its folder is there",
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_expected_error_is_one_line_on_stderr(
    act: Callable[[Callable[[], int]], int],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    exit_code: int,
    message: str,
) -> None:
    assert act(lambda: _raise(error)) == exit_code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"donkey activations act: {message}\n")


def test_a_bug_in_a_verb_is_not_hidden(act: Callable[[Callable[[], int]], int]) -> None:
    with pytest.raises(ZeroDivisionError):
        act(lambda: 1 // 0)


@pytest.mark.parametrize("name", main.load_verbs())
def test_the_example_in_a_verbs_help_is_accepted_by_its_parser(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs = main.load_verbs()
    program, command, *words = shlex.split(verbs[name].EXAMPLE)
    assert (program, command, words[0]) == ("donkey", "activations", name)
    assert main.build_parser(verbs).parse_args(words).verb == name
    with pytest.raises(SystemExit):
        main.main([name, "--help"])
    assert verbs[name].EXAMPLE in capsys.readouterr().out


def test_listing_the_verbs_loads_nothing_heavy() -> None:
    code = (
        "import sys; from donkey_activations.cli import main; main.load_verbs(); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
