"""The reference of the site: every verb with its flags, and every public name."""

import argparse
import re
import runpy
from types import SimpleNamespace

import pytest
from markdown_blocks import DOCS

import donkey_activations
from donkey_activations.cli import cnnactivations
from donkey_activations.cli.main import build_parser, load_verbs

COMMANDS = DOCS / "reference" / "commands.md"


@pytest.fixture(scope="module")
def commands() -> str:
    """The page as the site has it."""
    on_page_markdown = runpy.run_path(str(DOCS / "hooks" / "commands.py"))["on_page_markdown"]
    page = SimpleNamespace(file=SimpleNamespace(src_uri="reference/commands.md"))
    return str(on_page_markdown(COMMANDS.read_text(encoding="utf-8"), page=page))


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    program, _, verb = command.removeprefix("donkey ").partition(" ")
    parser: argparse.ArgumentParser = (
        cnnactivations.build_parser() if program == "cnnactivations" else build_parser(load_verbs())
    )
    with pytest.raises(SystemExit):
        parser.parse_args([verb, "--help"] if verb else ["--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [*(f"donkey activations {verb}" for verb in load_verbs()), "donkey cnnactivations"]
)
def test_a_command_has_a_section_with_the_flags_of_its_help(
    command: str, commands: str, capsys: pytest.CaptureFixture[str]
) -> None:
    section = commands.partition(f"\n## `{command}`\n")[2].partition("\n## ")[0]
    printed = help_of(command, capsys)
    flags = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", printed, re.MULTILINE)) - {"--help"}
    assert flags
    assert set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE)) == flags


def test_a_flags_row_has_its_value_and_what_the_help_says_of_it(commands: str) -> None:
    row = "| `--out P` | one image: a .png or .jpg; many: a folder (default: "
    assert f"{row}&lt;image&gt;-activations.png here) |" in commands
    assert "| `--model MODEL` | the pilot's file; must be given |" in commands


def test_no_page_but_the_commands_is_changed() -> None:
    on_page_markdown = runpy.run_path(str(DOCS / "hooks" / "commands.py"))["on_page_markdown"]
    page = SimpleNamespace(file=SimpleNamespace(src_uri="car.md"))
    assert on_page_markdown("# Of another page", page=page) == "# Of another page"


def test_every_public_name_is_in_the_python_reference_once() -> None:
    text = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: donkey_activations\.(\w+)$", text, re.MULTILINE)
    assert sorted(named) == sorted(donkey_activations.__all__)
