"""Lets the ``donkey`` of stock Donkeycar find commands that plugins bring.

``donkey`` keeps its commands in a dict inside one function and offers no way in. So the .pth line
that is installed beside this package calls :func:`install` in every process whose program is
``donkey``, and the function is wrapped once Donkeycar has loaded it.

Any distribution joins with an entry point of the group ``donkeycar.commands`` that names a class
with ``run(self, args: list[str])``, as Donkeycar's own commands have. Stock names always win, but
for one: ``cnnactivations`` is answered by this distribution, as Donkeycar's own ends in a traceback
with the TensorFlow that its release asks for; ``--stock`` among its words brings that back. Where
Donkeycar looks at the group itself, or keeps its commands in another way than the one known here,
it is left as it is.

Donkeycar prints a banner on stdout when it is imported. Where a plugin's command is asked for JSON
(``--json``), the banner goes to stderr, so that a program can read what the command prints.
"""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout, suppress
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, EntryPoint, distributions
from types import CodeType, ModuleType
from typing import Protocol

GROUP = "donkeycar.commands"
EXIT_UNUSABLE_COMMAND = 2

_PACKAGE = "donkeycar"
_MODULE = "donkeycar.management.base"
_FUNCTION = "execute_from_command_line"
_WELL_KNOWN_COMMANDS = {"createcar", "train"}

_OUR_DISTRIBUTION = "donkey-activations"
_MENDED_COMMAND = "cnnactivations"
_STOCK_FLAG = "--stock"

Load = Callable[[ModuleType], None]


class Command(Protocol):
    """What Donkeycar and the group's entry points offer."""

    def run(self, args: list[str]) -> object:
        """Do the work; ``args`` are the words behind the command's name."""


def install() -> None:
    """Arrange that ``donkey`` finds plugin commands; a second call changes nothing.

    A venv runs each .pth line twice, so twice is the normal case.
    """
    if not any(isinstance(finder, _DonkeycarFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _DonkeycarFinder())


class _DonkeycarFinder(MetaPathFinder):
    """Stands by while two modules of Donkeycar are loaded, and leaves after the second.

    The package is the one that prints the banner, the other has ``donkey``'s commands.
    """

    def __init__(self) -> None:
        self._loads = {_PACKAGE: _load_package, _MODULE: _load_commands}

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        load_ours = self._loads.pop(fullname, None)
        if load_ours is None:
            return None
        if not self._loads:
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            # On the loader itself, so that the module keeps its own kind of loader.
            spec.loader.exec_module = partial(load_ours, load)  # type: ignore[method-assign]
        return spec


def _load_package(load: Load, package: ModuleType) -> None:
    if not _json_of_a_plugin(sys.argv[1:]):
        load(package)
        return
    with redirect_stdout(sys.stderr):
        load(package)


def _json_of_a_plugin(words: Sequence[str]) -> bool:
    """Tell whether a plugin's command is asked for JSON; without that word, look no plugin up."""
    if "--json" not in words[1:] or _wants_stock(words):
        return False
    for distribution in distributions():
        with suppress(Exception):  # what is broken here is told when the command is looked up
            if distribution.entry_points.select(group=GROUP, name=words[0]):
                return True
    return False


def _wants_stock(words: Sequence[str]) -> bool:
    return words[0] == _MENDED_COMMAND and _STOCK_FLAG in words[1:]


def _load_commands(load: Load, base: ModuleType) -> None:
    load(base)
    try:
        _extend(base)
    except Exception as error:  # noqa: BLE001 - stock donkey works, whatever ours does
        _say(f"no plugin commands ({_one_line(error)})")


def _extend(base: ModuleType) -> None:
    stock = getattr(base, _FUNCTION)
    # The keys of the dict in the function are constants of its code: there is no better list.
    stock_names = set(_strings(stock.__code__))
    if stock_names >= _WELL_KNOWN_COMMANDS and not _knows_the_group(base):
        setattr(base, _FUNCTION, _with_plugins(stock, stock_names))


def _knows_the_group(base: ModuleType) -> bool:
    values = vars(base).values()
    return any(GROUP in _strings(getattr(value, "__code__", value)) for value in values)


def _strings(constant: object) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, CodeType):
        yield from _strings(constant.co_consts)
    elif isinstance(constant, tuple):
        for part in constant:
            yield from _strings(part)


def _with_plugins(stock: Callable[[], None], stock_names: set[str]) -> Callable[[], None]:
    def execute_from_command_line() -> None:
        name = sys.argv[1] if len(sys.argv) > 1 else ""
        if name in stock_names:
            mended = _mended_command() if name == _MENDED_COMMAND else None
            if mended is None:
                stock()
            else:
                mended.run(sys.argv[2:])
            return
        plugins = {key: ep for key, ep in _plugin_commands().items() if key not in stock_names}
        if name in plugins:
            _run(plugins[name], sys.argv[2:])
            return
        stock()
        if plugins:
            _say(f"Commands of plugins: {sorted(plugins)}")

    return execute_from_command_line


def _mended_command() -> Command | None:
    """Return what answers in the place of a stock command; None where stock is to answer."""
    if _wants_stock(sys.argv[1:]):
        sys.argv.remove(_STOCK_FLAG)
        return None
    try:
        # Of our own distribution alone, so that no other plugin gets a stock name.
        entry_points = Distribution.from_name(_OUR_DISTRIBUTION).entry_points
        (entry_point,) = entry_points.select(group=GROUP, name=_MENDED_COMMAND)
        command: Command = entry_point.load()()
        return command
    except (Exception, SystemExit) as error:  # noqa: BLE001 - stock answers, whatever ours does
        _say(f"{_MENDED_COMMAND} is Donkeycar's own, as ours does not load ({_one_line(error)})")
        return None


def _plugin_commands() -> dict[str, EntryPoint]:
    """Collect the commands of all installed plugins; the first on the path has a name."""
    commands: dict[str, EntryPoint] = {}
    for distribution in distributions():
        try:
            for entry_point in distribution.entry_points.select(group=GROUP):
                commands.setdefault(entry_point.name, entry_point)
        except Exception as error:  # noqa: BLE001 - one distribution's garbage, not ours to die of
            _say(f"{distribution.name}: its entry points cannot be read ({_one_line(error)})")
    return commands


def _run(entry_point: EntryPoint, args: list[str]) -> None:
    try:
        command = entry_point.load()()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - reported, whatever it is
        owner = entry_point.dist.name if entry_point.dist is not None else entry_point.value
        _say(f"the command {entry_point.name!r} of {owner} does not load ({_one_line(error)})")
        sys.exit(EXIT_UNUSABLE_COMMAND)
    command.run(args)


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _say(message: str) -> None:
    # Standard output belongs to the commands.
    sys.stderr.write(f"donkey: {message}\n")
