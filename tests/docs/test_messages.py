"""What docs/troubleshooting.md explains is what the package really says."""

import ast
import re
from collections.abc import Iterator

import pytest
from markdown_blocks import DOCS, REPOSITORY

PAGE = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
# A placeholder of the page, and what stands for a value in the source.
ANY = "…"
# Said by Donkeycar, or by nobody.
NOT_OURS = {"Usage: The available commands are:"}


def explained() -> list[str]:
    """The messages in the first column of the page's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)
    return [message for cell in cells for message in re.findall(r"`([^`]+)`", cell)]


def messages() -> Iterator[str]:
    """Every text in the package, with a placeholder for each value in it."""
    for file in (REPOSITORY / "donkey_activations").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = node.values
                yield "".join(p.value if isinstance(p, ast.Constant) else ANY for p in parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"%(s|d|r|\.\d+f)", ANY, node.value)


SAID = list(messages())


@pytest.mark.parametrize("message", [one for one in explained() if one not in NOT_OURS])
def test_a_message_that_is_explained_is_said(message: str) -> None:
    fragments = [fragment for fragment in message.split(ANY) if fragment.strip()]
    assert fragments
    pattern = re.compile(".*".join(map(re.escape, fragments)), re.DOTALL)
    assert any(pattern.search(text) for text in SAID)


def test_many_are_explained_and_all_exceptions_to_the_rule_are_there() -> None:
    assert len(explained()) > 20
    assert set(explained()) >= NOT_OURS


def test_a_message_that_nobody_says_would_be_found() -> None:
    with pytest.raises(AssertionError):
        test_a_message_that_is_explained_is_said("expected a unicorn, got …")
