"""Files and functions are short enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES_OF_FILE = 250
# Docstrings do not count: what is to be known may be written.
MOST_LINES_OF_FUNCTION = 40

FILES = sorted(
    file
    for folder in ("donkey_activations", "benchmarks")
    for file in (ROOT / folder).rglob("*.py")
)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree)
    return (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return _lines(function) - (_lines(function.body[0]) if has_docstring else 0)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_are_short(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES_OF_FILE
    lines = {one.name: _lines_of_code(one) for one in _functions(ast.parse(text))}
    assert {name: n for name, n in lines.items() if n > MOST_LINES_OF_FUNCTION} == {}
