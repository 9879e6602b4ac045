"""What the files at the root say, held against each other and against the package."""

import ast
import re
from configparser import ConfigParser
from pathlib import Path

import yaml

import donkey_activations

REPOSITORY = Path(__file__).parents[1]
# What opens ports, or calls other machines.
NETWORK = {
    *("aiohttp", "asyncio", "asyncore", "flask", "ftplib", "http", "httpx", "imaplib", "paho"),
    *("poplib", "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib"),
    *("tornado", "urllib", "urllib3", "websockets", "wsgiref", "xmlrpc", "zmq"),
}


def pinned(extra: str) -> dict[str, str]:
    """The versions of an extra's distributions; "" for one that may have any."""
    config = ConfigParser(interpolation=None)
    config.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    lines = config["options.extras_require"][extra].split("\n")
    parts = [line.partition("==") for line in lines if line]
    return {name: version for name, _, version in parts}


def test_every_tool_has_one_release() -> None:
    for extra in ("dev", "docs"):
        assert {name for name, version in pinned(extra).items() if not version} == set()
        assert all(re.fullmatch(r"[\w.]+", version) for version in pinned(extra).values())


def test_pre_commit_runs_the_ruff_of_make_lint() -> None:
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (ruff,) = (repo for repo in config["repos"] if repo["repo"].endswith("/ruff-pre-commit"))
    assert ruff["rev"] == f"v{pinned('dev')['ruff']}"
    assert [hook["id"] for hook in ruff["hooks"]] == ["ruff-check", "ruff-format"]


def test_the_citation_has_what_the_format_asks_for_and_this_version() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert all(set(author) == {"name"} for author in citation["authors"])
    assert citation["version"] == donkey_activations.__version__


def test_every_test_that_the_security_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", (REPOSITORY / "SECURITY.md").read_text("utf-8"))
    assert len(named) > 5
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_only_the_demo_that_presses_the_drive_pages_buttons_uses_the_network() -> None:
    package = REPOSITORY / "donkey_activations"
    using = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if NETWORK & _imported(file.read_text(encoding="utf-8"))
    }
    assert using == {"demo/driving.py"}


def _imported(source: str) -> set[str]:
    """The top names of what a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names
