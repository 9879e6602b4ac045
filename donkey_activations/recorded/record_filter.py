"""Which records a user asks for: an expression as in ``donkey ui``, and nothing that runs code."""

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from donkey_activations.errors import ActivationsError

RecordFilter = Callable[[Mapping[str, Any]], bool]

_LONGEST = 1000
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# No power: a few characters of it would ask for hours.
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_WRITE_LIKE = "write it like: user/angle > 0.1 and user/mode == 'user'"


class FilterError(ActivationsError):
    """A filter that is no expression over a record, or that does not fit the records."""


class _UnknownError(Exception):
    """A value that this record does not have, or that cannot be computed from it."""


def record_filter(text: str, keys: Iterable[str]) -> RecordFilter:
    """Makes a filter of an expression such as ``user/angle > 0.1 and user/mode == 'user'``.

    Args:
        text: Comparisons, ``and``, ``or``, ``not``, arithmetic, keys of records, ``[0]`` after one
            of a list, numbers, strings.
        keys: The keys that any of the records has.

    Returns:
        A function from a record's values to whether it is wanted. A record without one of the keys
        that decide is not. The function raises FilterError where a value is of the wrong type.

    Raises:
        FilterError: The expression is something else.
    """
    known, names = list(keys), dict[str, str]()
    tree = _parse(text, known, names)
    _check(tree, text, names, known)

    def wanted(values: Mapping[str, Any]) -> bool:
        try:
            answer = _value(tree, names, values)
        except (_UnknownError, ZeroDivisionError):
            return False
        except (TypeError, OverflowError, RecursionError) as error:
            held = ", ".join(_held(key, values.get(key)) for key in names.values())
            raise FilterError(
                f"filter {text!r}: does not fit the records, where {held}; {_WRITE_LIKE}"
            ) from error
        if not isinstance(answer, bool):
            raise FilterError(f"filter {text!r}: expected a comparison; {_WRITE_LIKE}")
        return answer

    return wanted


def _parse(text: str, keys: list[str], names: dict[str, str]) -> ast.expr:
    """Puts a name of Python in the place of each key, because a slash is a division there."""
    by_key: dict[str, str] = {}
    # Only those in the text: a damaged tub can have a great many.
    longest_first = sorted((key for key in keys if key and key in text), key=len, reverse=True)
    strings = r"\"[^\"]*\"|'[^']*'"
    words = "|".join([strings, *(rf"(?<!\w){re.escape(key)}(?!\w)" for key in longest_first)])

    def placeholder(match: re.Match[str]) -> str:
        key = match[0]
        if key[0] in "\"'":
            return key
        return by_key.setdefault(key, f"_key_{len(by_key)}")

    try:
        if len(text) > _LONGEST:
            raise FilterError(f"filter: expected at most {_LONGEST} characters, got {len(text)}")
        tree = ast.parse(re.sub(words, placeholder, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FilterError(f"filter {text!r}: expected an expression; {_WRITE_LIKE}") from error
    names.update((name, key) for key, name in by_key.items())
    return tree


def _check(tree: ast.expr, text: str, names: Mapping[str, str], keys: list[str]) -> None:
    allowed = (
        *(ast.BoolOp, ast.And, ast.Or, ast.Not, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Load),
        ast.Subscript,  # of a column of vectors, such as the accelerations of Donkeycar 5.4
        *(*_COMPARISONS, *_ARITHMETIC, *_SIGNS),
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in names:
                raise FilterError(f"filter {text!r}: {_unknown_key(node.id, text, keys)}")
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, bool | int | float | str):
                raise FilterError(f"filter {text!r}: {node.value!r} is no number and no string")
        elif not isinstance(node, allowed):
            raise FilterError(
                f"filter {text!r}: {type(node).__name__} is not allowed, only comparisons, "
                f"and, or, not, arithmetic, keys, [0] behind one, numbers and strings; "
                f"{_WRITE_LIKE}"
            )


def _unknown_key(name: str, text: str, keys: list[str]) -> str:
    """For Python ``user/angel`` is a division of two names; a user has written one key."""
    match = re.search(rf"[\w/]*\b{re.escape(name)}\b[\w/]*", text)
    written = name if match is None else match[0]
    nearest = get_close_matches(written, keys, 1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"they have {', '.join(sorted(keys))}"
    return f"no record has {written}; {hint}"


def _value(node: ast.expr, names: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if names[node.id] not in values:
            raise _UnknownError
        return values[names[node.id]]
    if isinstance(node, ast.Compare):
        sides = [_value(one, names, values) for one in (node.left, *node.comparators)]
        pairs = zip(node.ops, sides, sides[1:], strict=False)
        return all(_COMPARISONS[type(sign)](left, right) for sign, left, right in pairs)
    return _combined(node, names, values)


def _combined(node: ast.expr, names: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.BoolOp):
        decides = isinstance(node.op, ast.Or)
        truths = (_truth(_value(one, names, values)) for one in node.values)
        return next((decides for truth in truths if truth is decides), not decides)
    if isinstance(node, ast.BinOp):
        left, right = (_number(_value(one, names, values)) for one in (node.left, node.right))
        return _ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _truth(_value(node.operand, names, values))
    if isinstance(node, ast.UnaryOp):
        return _SIGNS[type(node.op)](_number(_value(node.operand, names, values)))
    if isinstance(node, ast.Subscript):
        return _element(*(_value(one, names, values) for one in (node.value, node.slice)))
    raise TypeError(f"{type(node).__name__} has no value")


def _element(vector: Any, index: Any) -> Any:
    if not isinstance(vector, list):
        raise TypeError(f"expected a list before [{index}], got {vector!r}")
    try:
        return vector[index]
    except IndexError as error:
        raise _UnknownError from error


def _held(key: str, value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text"}
    kinds |= {
        list: f"a list, which no filter can compare; one of its values it can: {key}[0]",
        dict: "an object",
        type(None): "nothing",
    }
    return f"{key} is {kinds.get(type(value), 'something else')}"


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError(f"expected true or false, got {value!r}")


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    raise TypeError(f"expected a number, got {value!r}")
