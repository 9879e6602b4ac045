"""Which records a user asks for: an expression as in ``donkey ui``, and nothing that runs code."""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from donkey_activations.errors import ActivationsError

RecordFilter = Callable[[Mapping[str, Any]], bool]

_LONGEST = 1000
_WRITE_LIKE = "write it like: user/angle > 0.1 and user/mode == 'user'"


class FilterError(ActivationsError):
    """A filter that is no expression over a record, or that does not fit the records."""


def record_filter(text: str, keys: Iterable[str]) -> RecordFilter:
    """Return a filter of an expression such as ``user/angle > 0.1 and user/mode == 'user'``.

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
    if len(text) > _LONGEST:
        raise FilterError(f"filter: expected at most {_LONGEST} characters, got {len(text)}")
    known = list(keys)
    try:
        tree, names = _parsed(text, known)
        expression = _compiled(tree, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FilterError(f"filter {text!r}: expected an expression; {_WRITE_LIKE}") from error
    except NameError as error:
        raise FilterError(f"filter {text!r}: {_unknown_key(str(error), text, known)}") from error
    except NotImplementedError as error:
        raise FilterError(
            f"filter {text!r}: {error} is not allowed, only comparisons, and, or, not, "
            f"arithmetic, keys, [0] after one, numbers and strings; {_WRITE_LIKE}"
        ) from error

    def wanted(values: Mapping[str, Any]) -> bool:
        try:
            answer = expression(values)
        except (LookupError, ZeroDivisionError):  # a key or an element that this record lacks
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


def _parsed(text: str, keys: list[str]) -> tuple[ast.expr, dict[str, str]]:
    """Return the tree, and the key of each name in it: a slash in a key is no division."""
    by_key: dict[str, str] = {}
    # Only those in the text: a damaged tub can have a great many.
    longest_first = sorted((key for key in keys if key and key in text), key=len, reverse=True)
    strings = r"\"[^\"]*\"|'[^']*'"
    words = "|".join([strings, *(rf"(?<!\w){re.escape(key)}(?!\w)" for key in longest_first)])

    def name(match: re.Match[str]) -> str:
        key = match[0]
        return key if key[0] in "\"'" else by_key.setdefault(key, f"_key_{len(by_key)}")

    with warnings.catch_warnings():
        # Python finds some of what a user may write odd, before we say what is wrong with it.
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(re.sub(words, name, text).strip(), mode="eval").body
    return tree, {name: key for key, name in by_key.items()}


def _unknown_key(name: str, text: str, keys: list[str]) -> str:
    """For Python ``user/angel`` is a division of two names; a user has written one key."""
    match = re.search(rf"[\w/]*\b{re.escape(name)}\b[\w/]*", text)
    written = name if match is None else match[0]
    nearest = get_close_matches(written, keys, 1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"they have {', '.join(sorted(keys))}"
    return f"no record has {written}; {hint}"


def _compiled(node: ast.AST, names: Mapping[str, str]) -> Callable[[Mapping[str, Any]], Any]:
    """Return what computes an expression from a record's values.

    Raises:
        NameError: A name is none of ``names``.
        NotImplementedError: A part of it is not allowed; the message is which.
    """
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as constant):
            return lambda _: constant
        case ast.Constant(value=constant):
            raise NotImplementedError(repr(constant))
        case ast.Name(id=name) if name in names:
            return operator.itemgetter(names[name])
        case ast.Name(id=name):
            raise NameError(name)
        case ast.BoolOp(op=sign, values=operands):
            decide = all if isinstance(sign, ast.And) else any
            parts = [_compiled(operand, names) for operand in operands]
            return lambda values: decide(_checked(part(values), bool) for part in parts)
        case ast.UnaryOp(op=sign, operand=operand):
            function, operands = _function(sign), [operand]
        case ast.BinOp(left=left, op=sign, right=right):
            function, operands = _function(sign), [left, right]
        case ast.Compare(left=left, ops=signs, comparators=others):
            function, operands = _chained([_function(sign) for sign in signs]), [left, *others]
        case ast.Subscript(value=vector, slice=index):
            function, operands = _element, [vector, index]
        case _:
            raise NotImplementedError(type(node).__name__)
    parts = [_compiled(operand, names) for operand in operands]
    return lambda values: function(*[part(values) for part in parts])


def _function(sign: ast.AST) -> Callable[..., Any]:
    if type(sign) not in _OPERATORS:
        raise NotImplementedError(type(sign).__name__)
    return _OPERATORS[type(sign)]


def _chained(comparisons: list[Callable[..., Any]]) -> Callable[..., bool]:
    return lambda *sides: all(
        map(lambda compare, *pair: compare(*pair), comparisons, sides, sides[1:])
    )


def _element(vector: Any, index: Any) -> Any:
    return _checked(vector, list)[index]


def _checked(value: Any, *types: type) -> Any:
    if isinstance(value, types):
        return value
    raise TypeError(f"expected {types}, got {value!r}")


def _numeric(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: function(*[_checked(value, int, float) for value in values])


# No power: a few characters of it would ask for hours.
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Add: _numeric(operator.add),
    ast.Sub: _numeric(operator.sub),
    ast.Mult: _numeric(operator.mul),
    ast.Div: _numeric(operator.truediv),
    ast.FloorDiv: _numeric(operator.floordiv),
    ast.Mod: _numeric(operator.mod),
    ast.USub: _numeric(operator.neg),
    ast.UAdd: _numeric(operator.pos),
    ast.Not: lambda value: not _checked(value, bool),
}


def _held(key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{key} is a list, which no filter can compare; one of its values it can: {key}[0]"
    kinds = {bool: "true or false", str: "text", dict: "an object", type(None): "nothing"}
    return f"{key} is {kinds.get(type(value), 'a number')}"
