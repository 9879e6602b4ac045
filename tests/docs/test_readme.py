"""The README: short, and of use where it stands alone, as on PyPI."""

import re
import shutil
import subprocess
import sys
from email import message_from_string
from pathlib import Path

import pytest
from markdown_blocks import DOCS, PAGES, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
URL = "https://example.org/somebody/project"
_FILES = ("README.md", "LICENSE", "setup.py", "setup.cfg", "pyproject.toml")


def test_it_has_no_more_than_200_lines() -> None:
    assert len(README.splitlines()) <= 200


def test_every_page_can_be_reached_from_it() -> None:
    reached, to_read = set(), [REPOSITORY / "README.md"]
    while to_read:
        page = to_read.pop().resolve()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
            to_read += [page.parent / link for link in links if "://" not in link]
    # The home of the site is what the README is in the checkout.
    assert set(PAGES) - reached == {DOCS / "index.md"}


def described(folder: Path, url: str) -> str:
    """What the metadata say of a project that is published there."""
    for name in _FILES:
        shutil.copy(REPOSITORY / name, folder)
    for name in ("donkey_activations", "templates"):
        shutil.copytree(REPOSITORY / name, folder / name)
    config = folder / "setup.cfg"
    text, places = re.subn(r"^url =$", f"url = {url}", config.read_text(), flags=re.MULTILINE)
    assert places == 1
    config.write_text(text)
    command = [sys.executable, "setup.py", "--quiet", "egg_info"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    (info,) = folder.glob("*.egg-info/PKG-INFO")
    return str(message_from_string(info.read_text(encoding="utf-8")).get_payload())


def test_where_the_project_is_published_its_links_lead_there(tmp_path: Path) -> None:
    text = described(tmp_path, URL)
    links = re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", text)
    assert len(links) == len(re.findall(r"\]\(|src=\"", README))
    assert all(re.match("https://", link) for pair in links for link in pair if link)
    assert f"[docs/car.md]({URL}/blob/HEAD/docs/car.md)" in text
    assert f'src="{URL}/raw/HEAD/docs/images/mosaic.jpg"' in text
    assert "(https://donkeycar.com)" in text


def test_until_then_it_is_as_it_stands(tmp_path: Path) -> None:
    assert described(tmp_path, "").strip() == README.strip()


@pytest.mark.parametrize("command", ["make demo", "make test", "make check"])
def test_it_has_what_a_newcomer_types(command: str) -> None:
    assert re.search(rf"^{command}\b", README, re.MULTILINE)
