"""Which functions of the package run in which thread, and how to have one of them raise."""

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper, cache
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, ClassVar

import donkey_activations

_PACKAGE = str(Path(donkey_activations.__file__).parent)
# They have no function that outlives their call, or run while a class is made.
_NOT_TO_BE_CALLED = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<module>")


@dataclass
class Calls:
    """The code of the package that was called, by thread."""

    in_this_thread: set[CodeType] = field(default_factory=set)
    in_other_threads: set[CodeType] = field(default_factory=set)


@contextmanager
def noting_calls() -> Iterator[Calls]:
    """Notes what runs in this thread, and in threads that are begun meanwhile."""
    calls = Calls()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_PACKAGE):
            mine = threading.current_thread() is this_thread
            (calls.in_this_thread if mine else calls.in_other_threads).add(code)

    this_thread = threading.current_thread()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def functions_of(codes: set[CodeType]) -> dict[str, list[FunctionType]]:
    """The functions that run these pieces of code, by name; one a closure."""
    found: dict[str, list[FunctionType]] = {}
    for code in codes:
        if code.co_name in _NOT_TO_BE_CALLED:
            continue
        functions = [one for one in gc.get_referrers(code) if isinstance(one, FunctionType)]
        module = str(Path(code.co_filename).relative_to(_PACKAGE))
        found.setdefault(f"{module}:{code.co_qualname}", []).extend(functions)
    return {name: functions for name, functions in sorted(found.items()) if functions}


class Raising:
    """Has functions raise, wherever they are called from and however they were imported.

    Attributes:
        count: How often they have raised.
    """

    current: ClassVar["Raising"]

    def __init__(self, functions: list[FunctionType], error: type[BaseException]) -> None:
        self.functions, self.error = functions, error
        self.count = 0

    def __enter__(self) -> "Raising":
        Raising.current = self
        self._codes = [function.__code__ for function in self.functions]
        for function in self.functions:
            # The code alone is exchanged: every reference to the function is still good.
            function.__code__ = _raiser(len(function.__code__.co_freevars))
        return self

    def __exit__(self, *_: object) -> None:
        for function, code in zip(self.functions, self._codes, strict=True):
            function.__code__ = code

    def raise_now(self) -> None:
        """What the exchanged code does."""
        self.count += 1
        raise self.error(f"{self.error.__name__} on purpose")


def _raiser(closed_over: int) -> CodeType:
    """Code that raises, and has as many free variables as the code that it stands for."""
    names = [f"free_{number}" for number in range(closed_over)]
    source = (
        f"def outer({', '.join(names)}):\n"
        "    def raiser(*_, **__):\n"
        f"        [{', '.join(names)}]\n"
        f"        from {__name__} import Raising\n"
        "        Raising.current.raise_now()\n"
        "    return raiser\n"
    )
    space: dict[str, Any] = {}
    exec(source, space)
    code: CodeType = space["outer"](*names).__code__
    return code


@cache
def _caches() -> list[Any]:
    found = [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)]
    return [one for one in found if one.__module__.startswith(donkey_activations.__name__)]


def forget_what_was_computed() -> None:
    """So that what is computed once and kept is called again."""
    for one in _caches():
        one.cache_clear()
