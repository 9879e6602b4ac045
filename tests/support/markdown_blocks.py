"""What a Markdown page tells its reader to type, to write into files, and to see."""

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
_AT_THE_ROOT = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(REPOSITORY / name for name in _AT_THE_ROOT), *sorted(DOCS.rglob("*.md"))]

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"File `([^`]+)`:\n\n\Z")
_CELL = re.compile(r"\| `([^`]+)`")
_PROMPT = "$ "
_OF_A_SHELL = {"", "sh", "bash", "console", "shell"}

# The programs whose calls a cell of a table may begin with.
_PROGRAMS = ("donkey", "donkey-activations", "make", "pip", "python")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: The page's name.
        line: The line of the page at which it begins, counted from 1.
        language: What stands behind the fence, or nothing.
        text: What is in it.
        file: Where the page says that the text goes, or None.
    """

    page: str
    line: int
    language: str
    text: str
    file: str | None

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"{self.page}:{self.line}"

    @property
    def calls(self) -> list[tuple[str, str | None]]:
        """The commands in it, each with what the page says that it prints, or None.

        In a block with prompts only what stands behind them is a command.
        """
        if self.language not in _OF_A_SHELL:
            return []
        text = self.text.replace("\\\n", " ")
        if not text.startswith(_PROMPT):
            return [(line, None) for line in text.splitlines() if shlex.split(line, comments=True)]
        parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
        calls = [part.partition("\n") for part in parts]
        return [(command, printed or None) for command, _, printed in calls]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        file = _FILE.search(text, 0, match.start())
        line = text.count("\n", 0, match.start()) + 1
        inside = textwrap.dedent(match[3]) if match[1] else match[3]
        found.append(Block(page.name, line, match[2], inside, file[1] if file else None))
    return found


def commands_in_tables(page: Path) -> list[str]:
    """The commands that cells of a page's tables begin with; others are only spoken of."""
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    codes = [code for row in rows for code in _CELL.findall(row)]
    return [code for code in codes if code.split()[0] in _PROGRAMS]
