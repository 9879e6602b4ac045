"""Puts every command's flags into the page of the commands, as their parsers have them."""

import argparse
import html
import re
from collections.abc import Iterator
from typing import Any

from donkey_activations.cli import cnnactivations
from donkey_activations.cli.main import build_parser, load_verbs

_PAGE = "reference/commands.md"
_MARK = "<!-- the flags -->"


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Put the flags in place of the mark (MkDocs calls this for each page)."""
    if page.file.src_uri != _PAGE:
        return markdown
    assert _MARK in markdown, f"expected {_MARK} in {_PAGE}"
    return markdown.replace(_MARK, "\n".join(_sections()))


def _sections() -> Iterator[str]:
    verbs = load_verbs()
    for name, parser in _choices(build_parser(verbs)).items():
        yield from _section(parser, verbs[name].EXAMPLE)
    yield from _section(cnnactivations.build_parser())


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the verbs, by their names."""
    (subparsers,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(subparsers.choices)


def _section(parser: argparse.ArgumentParser, example: str | None = None) -> Iterator[str]:
    description = (parser.description or "").rstrip(".")
    yield f"## `{parser.prog}`\n\n{description[0].upper()}{description[1:]}.\n"
    if example:
        yield f"```\n{example}\n```\n"
    elif parser.epilog:
        yield f"{parser.epilog[0].upper()}{parser.epilog[1:]}.\n"
    formatter = argparse.HelpFormatter(parser.prog)
    yield "| flag | |\n|---|---|"
    for action in parser._actions:
        if action.dest != "help" and action.help is not argparse.SUPPRESS:
            said = _escaped(formatter._expand_help(action) if action.help else "")
            needed = "; must be given" if action.required and action.option_strings else ""
            yield f"| {_flag(formatter, action)} | {said}{needed} |"
    yield ""


def _flag(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    """Return a flag with its value, or a positional argument, as `--help` shows it."""
    value = formatter._format_args(action, formatter._get_default_metavar_for_optional(action))
    names = action.option_strings or [""]
    return ", ".join(f"`{f'{name} {value}'.strip()}`" for name in names)


def _escaped(text: str) -> str:
    """Return a text that means in a table's cell what it means in a terminal."""
    return re.sub(r"([\\`*_{}\[\]|])", r"\\\1", html.escape(" ".join(text.split()), quote=False))
