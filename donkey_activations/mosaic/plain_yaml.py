"""Plain YAML: values that are written out, with the line that each stands in."""

from typing import Any

import yaml
from yaml.reader import ReaderError

from donkey_activations.errors import LayoutError

_DEEPEST = 8
_LONGEST_SHOWN = 60


def compose(file: str, content: str) -> yaml.Node | None:
    """Return what a text of YAML holds, or None where it holds nothing.

    Args:
        file: What errors call it.
        content: The text.

    Raises:
        LayoutError: It is no YAML, or not plain: with aliases, anchors, tags or many levels.
    """
    try:
        loader = _PlainLoader(file, content)
    except ReaderError as error:
        line = content.count("\n", 0, error.position) + 1
        raise LayoutError(
            f"{file}, line {line}: expected text, got the character {chr(error.character)!r}; "
            "delete it"
        ) from error
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        problem = str(error.problem).removeprefix("but ")
        raise error_at(
            error.problem_mark or loader.get_mark(),
            f"expected YAML, got a mistake: {shown_name(problem)}; "
            "look at this line and the one above",
        ) from error
    except (ValueError, OverflowError) as error:
        # PyYAML lets these through for an escape sequence or a directive with a silly number.
        raise error_at(loader.get_mark(), "expected YAML, got a number out of range") from error


def error_at(mark: Any, message: str) -> LayoutError:
    """Return the error that names a file and its line."""
    return LayoutError(f"{mark.name}, line {mark.line + 1}: {message}")


def shown_name(name: str) -> str:
    """Return a name as it can stand in a line, at most ``_LONGEST_SHOWN`` characters of it."""
    return shortened(readable(name))


def readable(name: str) -> str:
    """Return a name as it is, or with escapes where it cannot be printed."""
    return name if name.isprintable() else repr(name)


def shortened(text: str) -> str:
    """Return at most ``_LONGEST_SHOWN`` characters of a text."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


class _PlainLoader(yaml.SafeLoader):
    """Takes values that are written out, so that a small file cannot become a large one."""

    def __init__(self, file: str, content: str) -> None:
        super().__init__(content)
        # Every mark carries it.
        self.name = file
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _not_plain(event, f"the alias *{event.anchor}", "write the value out")
        if event.anchor is not None:
            raise _not_plain(event, f"the anchor &{event.anchor}", "write the value out")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _not_plain(event, f"the tag {tag}", "leave the tag out")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _not_plain(event, f"more than {_DEEPEST} levels", "take the inner ones out")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _not_plain(event: yaml.NodeEvent, got: str, advice: str) -> LayoutError:
    return error_at(event.start_mark, f"expected plain values, got {shown_name(got)}; {advice}")
