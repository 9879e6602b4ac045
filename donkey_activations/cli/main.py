"""``donkey activations``: its parser, and what a command's errors become."""

import argparse
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from types import FrameType
from typing import NoReturn, Protocol

from donkey_activations import __version__
from donkey_activations.car.release import refuse_unknown_donkeycar
from donkey_activations.cli import verbs
from donkey_activations.cli.terminal import EXIT_BAD_INPUT, EXIT_INTERRUPTED, PROGRAM
from donkey_activations.errors import ActivationsError, ExtensionError
from donkey_activations.extensions import ExtensionPoint, other_names
from donkey_activations.files import UNFINISHED
from donkey_activations.formatting import one_line

_WAYS_OUT = {
    errno.ENOSPC: "free the disk, or name another place",
    errno.EACCES: "name a place that is yours",
    errno.ENOENT: "check it, and that its folder is there",
}
# What ends a program from outside, such as a terminal that is closed.
_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")
_VERBS_COLUMNS = 32


class Verb(Protocol):
    """What a module of ``verbs`` offers, or one of another distribution's.

    Attributes:
        HELP: What it does, in one line.
        EXAMPLE: One command line.
    """

    HELP: str
    EXAMPLE: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code: 0 done, 1 partly done, 2 bad input."""


def _show_help(name: str, verb: Verb) -> None:
    build_parser({name: verb}).format_help()


VERBS: ExtensionPoint[Verb] = ExtensionPoint(verbs.__name__, Verb, _show_help)


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong with the words, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2."""
        said = one_line(f"{self.prog}: {message}; see {self.prog} --help")
        self.exit(EXIT_BAD_INPUT, f"{said}\n")


class ActivationsCommand:
    """Donkeycar's own protocol for a command of ``donkey``."""

    def run(self, args: list[str]) -> None:
        """Run ``donkey activations`` with the words behind it, and end the program."""
        sys.exit(main(args))


def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: the words behind ``donkey activations``; those of this process if None.

    Returns:
        The exit code: 0 done, 1 partly done, 2 bad input, 130 interrupted.
    """
    arguments = sys.argv[1:] if argv is None else argv
    try:
        offered = load_verbs(arguments[0] if arguments else None)
    except ExtensionError as error:
        return _fail(PROGRAM, str(error), EXIT_BAD_INPUT)
    parser = build_parser(offered)
    args = parser.parse_args(arguments)
    if args.verb is None:
        parser.print_help()
        return 0
    quiet = getattr(args, "quiet", False) or getattr(args, "json", False)
    with _logging_from(logging.WARNING) if quiet else nullcontext():
        return answer(f"{PROGRAM} {args.verb}", lambda: _run(offered[args.verb], args))


@contextmanager
def _logging_from(level: int) -> Iterator[None]:
    logger = logging.getLogger("donkey_activations")
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


def _run(verb: Verb, args: argparse.Namespace) -> int:
    if getattr(args, "model", None) is not None:
        from donkey_activations.extractors import announcements

        announcements.withhold()
    return verb.run(args)


def answer(program: str, work: Callable[[], int]) -> int:
    """Do a command's work; what goes wrong becomes one line on stderr and an exit code.

    Args:
        program: How the line calls the command.
        work: Returns the exit code.

    Returns:
        Its exit code, or 2 for bad input, 130 interrupted.
    """
    _end_in_order()
    try:
        refuse_unknown_donkeycar()
        return work()
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain at its end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ActivationsError as error:
        return _fail(program, str(error), EXIT_BAD_INPUT)
    except OSError as error:
        return _fail(program, _told(error), EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        return _fail(program, "interrupted", EXIT_INTERRUPTED)


def _told(error: OSError) -> str:
    """Return what the system could not do, and what to do about it."""
    # The file that is written to, and not the hidden one that becomes it.
    place = UNFINISHED.sub(r"\1", str(error.filename or "the output"))
    way_out = _WAYS_OUT.get(error.errno or 0, "name another place")
    return f"{place}: cannot be read or written ({error.strerror or error}); {way_out}"


def load_verbs(wanted: str | None = None) -> dict[str, Verb]:
    """Import the verb modules: ours, and those of other distributions that may be meant.

    Args:
        wanted: The verb that is to run. Where there is one of that name, no other distribution's
            is loaded but this one.

    Raises:
        ExtensionError: It is another distribution's, and cannot be used.
    """
    # A module's name has no hyphens, and a verb's no underscores.
    own = {name.replace("_", "-"): verb for name, verb in VERBS.own.items()}
    if wanted in own:
        return own
    if wanted in other_names(verbs.__name__):
        return {**own, wanted: VERBS.load(wanted)}
    return {**own, **VERBS.others}


def build_parser(verbs: Mapping[str, Verb]) -> argparse.ArgumentParser:
    """Make the parser of ``donkey activations`` with one sub-parser a verb."""
    parser = OneLineParser(
        prog=PROGRAM,
        description="See what a Donkeycar pilot sees: its convolutions' feature maps.",
        formatter_class=partial(argparse.HelpFormatter, max_help_position=_VERBS_COLUMNS),
    )
    parser.add_argument("--version", action="version", version=f"donkey-activations {__version__}")
    choices = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for name, verb in verbs.items():
        verb_parser = choices.add_parser(
            name,
            help=verb.HELP,
            description=verb.HELP,
            epilog=f"example: {verb.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        verb.add_arguments(verb_parser)
    return parser


def _end_in_order() -> None:
    """End by an exception on the signals that end a program, so that nothing unfinished is left."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for name in _ENDING_SIGNALS:
            number = getattr(signal, name, None)
            # Whoever has told the system to ignore it, as nohup does, means it.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)


def _fail(program: str, message: str, exit_code: int) -> int:
    print(f"{program}: {one_line(message)}", file=sys.stderr)
    return exit_code
