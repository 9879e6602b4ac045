"""Untrusted JSON."""

import json
import subprocess
import sys

import pytest

from donkey_activations.files import loads_json


@pytest.mark.parametrize("value", [[], {"a": [1, "[{", None]}, [{}] * 1000, "[" * 9999, 1.5])
def test_what_is_not_deep_is_read_as_python_reads_it(value: object) -> None:
    assert loads_json(json.dumps(value)) == value
    assert loads_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("content", [b"", "{", b"\xff", "\ud800", "[" * 501, '{"a":' * 600])
def test_what_is_no_json_or_too_deep_is_a_value_error(content: bytes | str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads_json(content)


def test_deep_brackets_do_not_end_a_process_in_which_donkeycar_has_raised_the_limit() -> None:
    program = (
        "import sys\nsys.setrecursionlimit(10**5)\n"
        "from donkey_activations.files import loads_json\n"
        "try:\n    loads_json('[' * 200_000)\nexcept ValueError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "expected at most 500 brackets within each other, got more\n"
