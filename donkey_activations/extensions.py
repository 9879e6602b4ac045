"""Verbs, panels and openers of pilots: our own, and those that other distributions bring.

Each kind has a folder in this package, whose modules are our own, and an entry-point group, in
which any installed distribution names its modules: beside ``donkey_activations.mosaic.panels`` that
is ``donkey_activations.panels``. Both are loaded and checked in the same way. What is broken in
somebody else's is logged in one line, once a process, and costs nothing else.
"""

import inspect
import logging
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, get_origin, get_type_hints

from donkey_activations.errors import ExtensionError
from donkey_activations.formatting import one_line

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

logger = logging.getLogger(__name__)

_PACKAGE = __name__.partition(".")[0]
_OUR_DISTRIBUTION = "donkey-activations"
# The module of a folder that is no extension: what the others build on.
_SHARED_MODULE = "base"

Extension = TypeVar("Extension")


class ExtensionPoint(Generic[Extension]):
    """One kind of extension; nothing is imported before it is asked for."""

    def __init__(
        self,
        folder: str,
        protocol: type[Any],
        try_out: Callable[[str, Extension], None] = lambda *_: None,
    ) -> None:
        """Remember what to load.

        Args:
            folder: The package with our own extensions, such as ``donkey_activations.cli.verbs``.
            protocol: What each of them offers: values of the annotated types, and functions that
                take as many positional arguments.
            try_out: Called with the name of another distribution's and with itself; raises what
                makes it one that cannot be used.
        """
        self._folder = folder
        self._protocol = protocol
        self._try_out = try_out
        self._loaded: dict[str, Extension] = {}

    @cached_property
    def own(self) -> dict[str, Extension]:
        """Our own extensions by name, in alphabetical order."""
        return {name: self.load(name) for name in own_names(self._folder)}

    @cached_property
    def others(self) -> dict[str, Extension]:
        """Those of other distributions that can be used, by name, in alphabetical order."""
        usable = {}
        for name in other_names(self._folder):
            try:
                usable[name] = self.load(name)
            except ExtensionError as error:
                logger.warning("%s", error)
        return usable

    def load(self, name: str) -> Extension:
        """Import one extension and check it against the protocol.

        Args:
            name: One of ``own_names()`` or ``other_names()``.

        Raises:
            ExtensionError: It is another distribution's, and cannot be imported or used.
        """
        if name not in self._loaded:
            is_own = name in own_names(self._folder)
            self._loaded[name] = self._import_own(name) if is_own else self._import_other(name)
        return self._loaded[name]

    def failure(self, name: str, error: BaseException) -> ExtensionError:
        """Return what to report of another distribution's extension that has raised an error.

        Args:
            name: One of ``other_names()``.
            error: What it has raised.
        """
        owner = _owner(_entry_points(self._folder)[name])
        return ExtensionError(
            f"the {_kind(self._folder)} {name!r} of {owner} cannot be used "
            f"({type(error).__name__}: {one_line(str(error))}); update or uninstall {owner}"
        )

    def _import_own(self, name: str) -> Extension:
        return self._checked(import_module(f"{self._folder}.{name}"))

    def _import_other(self, name: str) -> Extension:
        try:
            extension = self._checked(_entry_points(self._folder)[name].load())
            self._try_out(name, extension)
        except (Exception, SystemExit) as error:
            raise self.failure(name, error) from error
        return extension

    def _checked(self, extension: object) -> Extension:
        faults = list(_faults(extension, self._protocol))
        if faults:
            raise TypeError("; ".join(faults))
        return cast(Extension, extension)


@cache
def own_names(folder: str) -> tuple[str, ...]:
    """Return the names of our own extensions, in alphabetical order, without importing them.

    Args:
        folder: The package that they are in.
    """
    modules = pkgutil.iter_modules(import_module(folder).__path__)
    return tuple(sorted(module.name for module in modules if module.name != _SHARED_MODULE))


def other_names(folder: str) -> tuple[str, ...]:
    """Return the names of other distributions' extensions, in alphabetical order.

    They are not imported. The first call of a process reads what all installed distributions offer,
    which takes milliseconds on a PC and far longer on a small board.

    Args:
        folder: The package with our own extensions of this kind.
    """
    return tuple(sorted(_entry_points(folder)))


@cache
def _entry_points(folder: str) -> dict[str, "EntryPoint"]:
    """Collect a kind by name: ours are not to be had, and of others the first on the path wins."""
    group = f"{_PACKAGE}.{folder.rpartition('.')[2]}"
    owners = dict.fromkeys(own_names(folder), _OUR_DISTRIBUTION)
    found: dict[str, EntryPoint] = {}
    for entry_point in _installed():
        if entry_point.group != group:
            continue
        name, owner = entry_point.name, _owner(entry_point)
        if owners.setdefault(name, owner) == owner:
            found.setdefault(name, entry_point)
            continue
        logger.warning(
            "the %s %r of %s is left out: %s has one of that name; update or uninstall %s",
            *(_kind(folder), name, owner, owners[name], owner),
        )
    return found


@cache
def _installed() -> tuple["EntryPoint", ...]:
    """Read the entry points of all kinds."""
    # Takes time of its own, which whoever uses no other's extension need not spend.
    from importlib.metadata import distributions

    found: list[EntryPoint] = []
    for distribution in distributions():
        try:
            offered = distribution.entry_points
            found += [one for one in offered if one.group.startswith(f"{_PACKAGE}.")]
        except Exception as error:  # noqa: BLE001 - one distribution's garbage, not ours to die of
            logger.warning(
                "the entry points of %s cannot be read (%s: %s); install it again",
                *(_name(distribution), type(error).__name__, one_line(str(error))),
            )
    return tuple(found)


def _owner(entry_point: "EntryPoint") -> str:
    return _name(entry_point.dist) or entry_point.value


def _name(distribution: "Distribution | None") -> str | None:
    with suppress(Exception):  # of a distribution whose metadata are garbage
        return None if distribution is None else distribution.name
    return None


def _kind(folder: str) -> str:
    """Return what one extension of a folder is called: a ``verb`` of ``verbs``."""
    return folder.rpartition(".")[2].removesuffix("s")


def _faults(extension: object, protocol: type[Any]) -> Iterator[str]:
    """Yield what an extension lacks of its protocol, or has otherwise."""
    for name, hint in get_type_hints(protocol).items():
        expected: type[Any] = get_origin(hint) or hint
        value = getattr(extension, name, None)
        if not isinstance(value, expected):
            got = "none" if value is None else repr(value)
            yield f"expected {name} of type {expected.__name__}, got {got}"
    for name, method in vars(protocol).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        arguments = list(inspect.signature(method).parameters)[1:]
        # Some functions written in C do not say what they take, which is a ValueError.
        with suppress(ValueError):
            try:
                inspect.signature(getattr(extension, name, None)).bind(*arguments)  # type: ignore[arg-type]
            except TypeError as error:
                yield f"expected {name}({', '.join(arguments)}), got another ({error})"
