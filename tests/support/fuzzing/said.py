"""What a command may say: one line where the input is bad, and no library's own words."""

import json
import re
from collections.abc import Iterator, Sequence

from fuzzing.case import Case

_LONGEST_LINE = 5000
_OUR_LINE = re.compile(r"donkey (activations( \w+)?|cnnactivations): .+")
_OF_DONKEYCAR = re.compile(r"(INFO|WARNING|ERROR):donkeycar\.")
# What is said of the way there, also where it ends badly.
_ON_THE_WAY = re.compile(
    r"opening the pilot; one in a Keras format is converted, once"
    r"||opening .*"
    r"|looking for the largest values first, so that the film does not flicker"
    r"|.*: resized from \d+x\d+ to \d+x\d+"
    r"|the filters run at .*: these are not the maps that it computes"
    r"|the pilot takes \d+ frames at once: .*"
    r"|.*: \d+ of \d+  \d+/s  \d+:\d\d left"
    # LiteRT and libtiff write for themselves, past Python.
    r"|INFO: Created TensorFlow Lite .*|ERROR: .*|(tempfile\.tif|_?[A-Z]\w+): .*"
    # Donkeycar's own, and what a car's configuration prints.
    r"|(INFO|WARNING|ERROR):donkeycar\..*|using donkey v.*|[_/\\ ,<`|-]+|said by the configuration"
)


def complaints_about_output(
    case: Case, code: int | None, stdout: str, stderr: str, talkative: bool
) -> Iterator[str]:
    """Tells what is wrong with an exit code and what was said with it.

    Args:
        case: What was run.
        code: The exit code; None if an exception came out.
        stdout: What was written there.
        stderr: And there.
        talkative: Whether a library writes pages to stderr by itself.
    """
    if code not in (0, 1, 2):
        yield f"exit code {code}"
    lines = stderr.splitlines()
    if any(len(line) > _LONGEST_LINE for line in lines):
        yield "a line of stderr is longer than a page"
    if any(not line.isprintable() for line in stderr.split("\n") if not _OF_DONKEYCAR.match(line)):
        yield "stderr could move the terminal's cursor"
    said = [line for line in lines if not _ON_THE_WAY.fullmatch(line)]
    if talkative:
        said = [line for line in said if line.startswith("donkey ") or "Traceback" in line]
    if code == 2:
        yield from _about_refusal(said)
    elif code is not None:
        yield from _about_lines(case, code, said)
        yield from _about_stdout(case, stdout)


def _about_refusal(said: Sequence[str]) -> Iterator[str]:
    if len(said) != 1:
        yield f"{len(said)} lines on stderr for bad input: {said[:5]}"
    elif not _OUR_LINE.fullmatch(said[0]):
        yield f"the line does not say whose it is: {said[0]}"


def _about_lines(case: Case, code: int, said: Sequence[str]) -> Iterator[str]:
    # The image verb names each image that it could not read.
    if said and not (code == 1 and "image" in case.words):
        yield f"stderr where the work is done: {said[:5]}"


def _about_stdout(case: Case, stdout: str) -> Iterator[str]:
    if "--json" in case.words:
        try:
            if not isinstance(json.loads(stdout), dict):
                yield "--json prints no object"
        except ValueError:
            if not {"-h", "--help"} & set(case.words):
                yield f"--json prints something else: {stdout[:200]!r}"
    elif any(not line.isprintable() for line in stdout.split("\n")):
        yield f"stdout could move the terminal's cursor: {stdout[:300]!r}"
