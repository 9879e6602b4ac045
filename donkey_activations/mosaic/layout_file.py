"""Reading a layout from a YAML file."""

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from stat import S_ISREG
from typing import Any, NamedTuple, TypeVar

import yaml
from yaml.constructor import SafeConstructor

from donkey_activations.errors import LayoutError
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.plain_yaml import (
    compose,
    error_at,
    readable,
    shortened,
    shown_name,
)

_LARGEST_BYTES = 64 * 1024

_LAYOUT_KEYS = tuple(field.name for field in fields(Layout))
_STYLE_KEYS = tuple(field.name for field in fields(LayerStyle))

# What may stand for None, which nobody would look for in a file.
_WORD_FOR_NONE = {
    **dict.fromkeys(("filters", "top"), "all"),
    **dict.fromkeys(("layers", "height_px", "gamma"), "auto"),
}

_NULL = "tag:yaml.org,2002:null"
_TYPED = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))

_Style = TypeVar("_Style", bound=LayerStyle)


class _Entry(NamedTuple):
    mark: yaml.Mark
    value: yaml.Node


def load_layout(path: str | os.PathLike[str]) -> Layout:
    """Read a layout from a YAML file.

    Keys that are left out keep their default; what is left out in a layer's own style is as in the
    file's style of all layers.

    Args:
        path: A UTF-8 text of at most 64 kB: a mapping with the attributes of ``Layout`` as keys.

    Raises:
        LayoutError: The file cannot be read, is not such a mapping, or has an unknown key or a
            value that is not what it may be; names the file and, where there is one, line and key.
    """
    file, content = _read(path)
    root = compose(file, content)
    return Layout() if root is None else _layout(_Entry(root.start_mark, root))


def _layout(root: _Entry) -> Layout:
    entries = _entries(root, "", _LAYOUT_KEYS)
    layers = entries.pop("per_layer", None)
    layout = _checked(Layout, {}, entries, "")
    if layers is None:
        return layout
    inherited = {key: getattr(layout, key) for key in _STYLE_KEYS}
    styles = {}
    for name, style in _entries(layers, "per_layer: ").items():
        trail = f"per_layer: {shown_name(name)}: "
        entries = _entries(style, trail, _STYLE_KEYS)
        styles[name] = _checked(LayerStyle, inherited, entries, trail)
    return replace(layout, per_layer=styles)


def _checked(
    kind: type[_Style], inherited: Mapping[str, Any], entries: Mapping[str, _Entry], trail: str
) -> _Style:
    values = {key: _value_of(key, entry.value) for key, entry in entries.items()}
    try:
        return kind(**{**inherited, **values})
    except LayoutError as error:
        key, _, said = str(error).partition(": ")
        expected, _, got = said.partition(", got ")
        if got == repr(values[key]):
            got = _shown(_value(entries[key].value))
        if key in _WORD_FOR_NONE:
            expected += f", or {_WORD_FOR_NONE[key]}"
        message = f"{trail}{key}: {expected}, got {shortened(got)}"
        raise error_at(entries[key].mark, message) from error


def _entries(entry: _Entry, trail: str, known: tuple[str, ...] | None = None) -> dict[str, _Entry]:
    if entry.value.tag == _NULL:
        return {}
    if not isinstance(entry.value, yaml.MappingNode):
        got = _shown(_value(entry.value))
        raise error_at(entry.mark, f"{trail}expected lines 'key: value', got {got}")
    found: dict[str, _Entry] = {}
    for key_node, value in entry.value.value:
        key = _value(key_node)
        mark = key_node.start_mark
        if not isinstance(key, str):
            said = f"expected a name as key, got {_shown(key)}; put such a name in quotes"
            raise error_at(mark, f"{trail}{_shown(key)}: {said}")
        if known is not None and key not in known:
            raise error_at(mark, f"{trail}{_unknown(key, known)}")
        if key in found:
            said = f"expected each key once, got it in line {found[key].mark.line + 1} too"
            raise error_at(mark, f"{trail}{shown_name(key)}: {said}; delete one of them")
        found[key] = _Entry(mark, value)
    return found


def _unknown(key: str, known: tuple[str, ...]) -> str:
    nearest = get_close_matches(key.lower(), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"the keys: {', '.join(known)}"
    return f"{shown_name(key)}: expected a known key, got {_shown(key)}; {hint}"


def _value_of(key: str, node: yaml.Node) -> Any:
    value = _value(node)
    if value == _WORD_FOR_NONE.get(key):
        return None
    if key == "dead_threshold":
        return _as_float(value)
    if not isinstance(value, list):
        return value
    return tuple(map(_as_float, value) if key == "scaling" else value)


def _as_float(value: Any) -> Any:
    """Make a number of whole ones, and of 1e-3, which is a text to YAML 1.1."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        # Nothing takes such a value: it is only ever shown.
        return {str(_value(key)): _value(value) for key, value in node.value}
    # A date is a text here, as any name may look like one.
    if node.tag not in _TYPED:
        return node.value
    try:
        value = SafeConstructor().construct_object(node)
    except (ValueError, OverflowError):
        return node.value
    # Python does not print very long numbers, and nothing here takes them.
    return node.value if isinstance(value, int) and abs(value) >= 2**63 else value


def _read(path: str | os.PathLike[str]) -> tuple[str, str]:
    file = readable(str(Path(path)))
    try:
        expanded = Path(path).expanduser()
        # Before it is opened, which waits without end for the other side of a pipe.
        if not S_ISREG(expanded.stat().st_mode):
            raise LayoutError(f"{file}: cannot be read (expected a file, got none); check the path")
        with expanded.open("rb") as stream:
            content = stream.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LayoutError(f"{file}: cannot be read ({why}); check path and permissions") from error
    if len(content) > _LARGEST_BYTES:
        raise LayoutError(f"{file}: expected at most 64 kB, got more; is this the layout?")
    try:
        return file, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LayoutError(
            f"{file}, line {line}: expected text in UTF-8, got the byte "
            f"0x{error.object[error.start]:02x}; save the file as UTF-8"
        ) from error


def _shown(value: Any) -> str:
    return "nothing" if value is None else shortened(repr(value))
