"""Every command of the pages: run, or listed with the reason why not."""

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest
from documented_car import DocumentedCar
from markdown_blocks import PAGES, Block, blocks_of, commands_in_tables
from not_run_here import NOT_RUN, why_not_run

from donkey_activations.cli.main import load_verbs

# Blocks that show something and hold nothing to type, by how they begin.
SHOWN = {
    "data/activations/mypilot-": "the files of a set",
    "160x120 320x180 640x360": "figures that `plan` prints",
}
# What it prints is the same on every machine, for the stock pilot.
EXACT = ("donkey activations layers",)
# Their blocks are followed from the first to the last in test_worked_examples.py.
FOLLOWED_AS_A_WHOLE = {"extending.md"}

# The languages of blocks that hold no commands.
OTHER_LANGUAGES = {"diff", "ini", "python", "text", "toml", "yaml"}

_OURS = re.compile(r"(donkey|donkey-activations|python -m donkey_activations)(\s|$)")
_OUTPUTS = ("--out", "--sheet", "--png", "--npz", "--movie")


def squeezed(text: str) -> str:
    return " ".join(text.split())


def is_shown(block: Block) -> bool:
    return any(squeezed(block.text).startswith(start) for start in SHOWN)


def documented() -> dict[str, str | None]:
    """Every command of the pages, and what they say that it prints."""
    found: dict[str, str | None] = {}
    for page in PAGES:
        if page.name in FOLLOWED_AS_A_WHOLE:
            continue
        for block in blocks_of(page):
            if not is_shown(block):
                found |= dict(block.calls)
        found |= dict.fromkeys(commands_in_tables(page))
    return found


DOCUMENTED = documented()
NOT_TO_RUN = [command for command in DOCUMENTED if why_not_run(command) is not None]
TO_RUN = [command for command in DOCUMENTED if _OURS.match(command) and command not in NOT_TO_RUN]


@pytest.mark.parametrize("command", TO_RUN)
@pytest.mark.tensorflow
def test_a_documented_command_does_what_the_page_says(command: str, car: DocumentedCar) -> None:
    done = car.run(command)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in outputs_of(command):
        made = car.path / name
        assert made.exists(), f"{command} made no {name}"
        assert made.is_dir() or made.stat().st_size > 0
    assert_the_tub_has_its_mosaics(command, car)
    assert_the_car_is_set_up(command, car)
    said = DOCUMENTED[command] or ""
    if command.startswith(EXACT):
        assert said.strip() in done.stdout
    assert without_figures(said) <= without_figures(done.stdout)
    assert_figures_of_the_page_are_true(command, done.stdout)


def outputs_of(command: str) -> list[str]:
    words = shlex.split(command, comments=True)
    return [words[place + 1] for place, word in enumerate(words) if word in _OUTPUTS]


def without_figures(text: str) -> set[str]:
    """The lines of a text, with N in place of whatever depends on machine and tub."""
    return {re.sub(r"\d[\d.]*( [kMG]B)?", "N", squeezed(line)) for line in text.splitlines()}


def assert_the_tub_has_its_mosaics(command: str, car: DocumentedCar) -> None:
    words = shlex.split(command, comments=True)
    if words[:3] == ["donkey", "activations", "tub"] and "--out" not in words:
        tub = car.path / words[words.index("--tub") + 1]
        frames = {int(file.name.split("_")[0]) for file in tub.glob("images/*.jpg")}
        assert {int(file.stem) for file in tub.glob("activations/*/*.jpg")} == frames


def assert_the_car_is_set_up(command: str, car: DocumentedCar) -> None:
    words = shlex.split(command, comments=True)
    if words[:3] == ["donkey", "activations", "install"] and "--resolution" in words:
        resolution = words[words.index("--resolution") + 1]
        tell = "import donkeycar; c = donkeycar.load_config(); print(f'{c.IMAGE_W}x{c.IMAGE_H}')"
        assert car.call(["python", "-c", tell]).stdout.splitlines()[-1] == resolution


def assert_figures_of_the_page_are_true(command: str, printed: str) -> None:
    """The rows that the pages show of `plan` are there, with what depends on no machine."""
    if not command.startswith("donkey activations plan"):
        return
    rows = {columns[0]: columns for columns in map(columns_of, printed.splitlines())}
    shown = [
        columns_of(line)
        for page in PAGES
        for block in blocks_of(page)
        if squeezed(block.text).startswith("160x120 320x180 640x360")
        for line in block.text.splitlines()
    ]
    assert shown
    for columns in shown:
        if len(columns) > 1:
            assert columns[0] in rows, columns
            if re.search("MACs|weights|file", columns[0]):
                assert columns == rows[columns[0]]


def columns_of(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


@pytest.mark.parametrize(
    "command", NOT_TO_RUN, ids=lambda command: f"{command} ({why_not_run(command).reason})"
)
def test_what_can_be_held_of_a_command_that_is_not_run_is_held(
    command: str, car: DocumentedCar
) -> None:
    kind = why_not_run(command)
    assert kind is not None
    kind.check(command, car)


def test_every_documented_command_is_run_or_listed() -> None:
    assert set(DOCUMENTED) - set(TO_RUN) - set(NOT_TO_RUN) == set()


def test_nothing_is_listed_that_no_page_says() -> None:
    for kind in NOT_RUN:
        assert any(map(kind.is_meant, DOCUMENTED)), f"not documented any more: {kind.begins}"
    shown = [squeezed(block.text) for page in PAGES for block in blocks_of(page)]
    for start in SHOWN:
        assert any(text.startswith(start) for text in shown), f"not shown any more: {start}"


def test_every_fence_of_the_pages_is_read() -> None:
    for page in PAGES:
        for block in blocks_of(page):
            assert bool(block.calls) != (block.language in OTHER_LANGUAGES), block.place
        fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks_of(page)), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    inside = [link for pair in links for link in pair if link and "://" not in link]
    assert inside
    for link in inside:
        target, _, heading = link.partition("#")
        file = page.parent / target if target else page
        assert file.exists(), link
        if heading:
            assert heading in anchors_of(file), link


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_flags_in_the_pages_tables_exist() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    cells = re.findall(r"^\| (`--.*?) \|", text, re.MULTILINE)
    flags = {flag for cell in cells for flag in re.findall(r"`(--[a-z-]+)", cell)}
    parser = ArgumentParser(conflict_handler="resolve")
    for verb in load_verbs().values():
        verb.add_arguments(parser)
    assert flags
    assert flags <= set(re.findall(r"--[a-z-]+", parser.format_help()))
