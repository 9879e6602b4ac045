import ast
import builtins
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from donkey_activations.car import myconfig_block as block
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

SMALL = Resolution(160, 120)
FILES = {
    "empty": b"",
    "one line": b"A = 1\n",
    "no final line end": b"A = 1",
    "windows": b"A = 1\r\nB = 2\r\n",
    "windows, no final line end": b"A = 1\r\nB = 2",
    "old mac": b"A = 1\rB = 2\r",
    "latin-1": b"# -*- coding: latin-1 -*-\nNAME = 'Andr\xe9'\n",
    "utf-8 with mark": b"\xef\xbb\xbfNAME = 'Andr\xc3\xa9'",
    "line ends only": b"\n\n\r\n\r",
}


def run(content):
    """What Donkeycar takes over from a myconfig.py: its uppercase names."""
    names = {}
    exec(compile(content, "myconfig.py", "exec"), names)
    return {key: value for key, value in names.items() if key.isupper()}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_uninstall_gives_the_file_back_byte_for_byte(content):
    installed = block.install(content)
    assert installed.startswith(content)
    assert block.uninstall(installed) == content


@given(st.binary())
@example(b"\r")
@example(b"x\n\r")
@example(b"x\r\n\n")
def test_install_then_uninstall_is_the_identity_for_any_bytes(content):
    assume(block.BEGIN not in content and block.END not in content)
    assert block.uninstall(block.install(content, SMALL)) == content


@given(st.text(st.sampled_from("\r\n#=A 1\"'\\\x0c\x00"), max_size=30))
def test_install_then_uninstall_is_the_identity_for_odd_line_ends(text):
    content = text.encode()
    assert block.uninstall(block.install(content)) == content


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_second_install_changes_nothing(content):
    once = block.install(content, SMALL)
    assert block.install(once) == once
    assert block.install(once, SMALL) == once


def test_the_block_takes_the_line_ends_of_the_file():
    installed = block.install(b"A = 1\r\n")
    assert installed.count(b"\n") == installed.count(b"\r\n")


def test_another_resolution_changes_two_numbers_and_nothing_else():
    edited = block.install(b"A = 1\n").replace(b"EVERY_N_FRAMES = 5 ", b"EVERY_N_FRAMES = 2 ")
    changed = block.install(edited, SMALL)
    assert block.resolution_of(changed) == SMALL
    old, new = edited.splitlines(), changed.splitlines()
    assert [n for o, n in zip(old, new, strict=True) if o != n] == [
        b"IMAGE_W = 160",
        b"IMAGE_H = 120",
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_resolution_with_a_comment_behind_it_is_changed_too(end):
    edited = block.install(b"A = 1" + end).replace(b"IMAGE_W = 640", b"IMAGE_W=640   # wide")
    changed = block.install(edited, SMALL)
    assert b"IMAGE_W=160   # wide" + end in changed


def test_a_width_that_is_no_plain_number_is_not_guessed_at():
    edited = block.install(b"").replace(b"IMAGE_W = 640", b"IMAGE_W = 2 * 320")
    with pytest.raises(ConfigError, match="one line 'IMAGE_W = NUMBER'"):
        block.install(edited, SMALL)
    assert block.resolution_of(edited) is None


def test_the_users_own_width_outside_of_the_block_is_never_touched():
    content = b"IMAGE_W = 320\n"
    installed = block.install(content, SMALL) + b"IMAGE_H = 240\n"
    again = block.install(installed, Resolution(800, 600))
    assert again.startswith(content)
    assert again.endswith(b"IMAGE_H = 240\n")
    assert block.uninstall(again) == b"IMAGE_W = 320\nIMAGE_H = 240\n"


def test_keys_set_twice_are_named_with_the_side_that_they_stand_on():
    content = b"IMAGE_W = 320\n# IMAGE_H = 1\nOTHER = 1\nACTIVATIONS_SHOW=True\nIMAGE_H == 3\n"
    installed = block.install(content) + b"IMAGE_H = 240\n"
    assert block.doubled_keys(installed) == (["IMAGE_W", "ACTIVATIONS_SHOW"], ["IMAGE_H"])
    assert block.doubled_keys(content) == ([], [])


def test_lines_written_behind_the_block_do_not_run_into_the_one_before():
    installed = block.install(b"A = 1") + b"B = 2\n"
    assert block.uninstall(installed) == b"A = 1\nB = 2\n"


WHOLE = block.template()
HALVES = {
    "begin only": WHOLE.splitlines(True)[0] + b"A = 1\n",
    "end only": b"A = 1\n" + WHOLE.splitlines(True)[-1],
    "twice": WHOLE + WHOLE,
    "end before begin": WHOLE.splitlines(True)[-1] + WHOLE.splitlines(True)[0],
}


@pytest.mark.parametrize("content", HALVES.values(), ids=HALVES.keys())
@pytest.mark.parametrize("change", [block.install, block.uninstall])
def test_half_a_block_is_refused_and_says_what_to_delete(change, content):
    with pytest.raises(ConfigError, match="by hand"):
        change(content)


def test_a_marker_inside_a_line_is_no_marker():
    content = b"A = 1  " + block.BEGIN + b"\n"
    assert block.uninstall(block.install(content)) == content


def test_a_template_appended_by_hand_is_found():
    content = b"A = 1\n\n"
    assert block.install(content + WHOLE) == content + WHOLE
    assert block.uninstall(content + WHOLE) == content


def test_the_template_is_plain_ascii_python_with_the_documented_defaults(monkeypatch):
    assert WHOLE.isascii()
    ast.parse(WHOLE)
    monkeypatch.setattr(builtins, "print", lambda *_args, **_kwargs: None)
    assert run(WHOLE) == {
        "IMAGE_W": 640,
        "IMAGE_H": 360,
        "ACTIVATIONS_ENABLED": True,
        "ACTIVATIONS_MODEL": None,
        "ACTIVATIONS_EVERY_N_FRAMES": 5,
        "ACTIVATIONS_LAYERS": None,
        "ACTIVATIONS_LAYOUT": None,
        "ACTIVATIONS_RECORD": True,
        "ACTIVATIONS_COLUMN": True,
        "ACTIVATIONS_SHOW": False,
        "ACTIVATIONS_JPEG_QUALITY": 85,
        "ACTIVATIONS_THREADS": 1,
        "ACTIVATIONS_TRUST_MODEL": False,
    }


def test_each_key_of_the_template_states_its_default():
    for line in WHOLE.decode().splitlines():
        if line.startswith("ACTIVATIONS_"):
            key_value, comment = line.split("#")
            default = re.search(r"default (\S+)$", comment)
            assert default is not None, line
            assert default[1] == key_value.split("=")[1].strip(), line


def test_the_car_without_this_package_still_drives_and_says_so_in_one_line(monkeypatch, capsys):
    def no_import(name, *args, **kwargs):
        if name == "donkey_activations":
            raise ModuleNotFoundError("No module named\n'donkey_activations'")
        return real_import(name, *args, **kwargs)

    real_import = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_import)
    assert run(WHOLE)["IMAGE_W"] == 640
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "driving without mosaics" in said


def test_a_package_that_fails_in_register_does_not_stop_the_car(monkeypatch, capsys):
    import donkey_activations

    def broken():
        raise RuntimeError("broken")

    monkeypatch.setitem(vars(donkey_activations), "register", broken)
    assert run(WHOLE)["IMAGE_H"] == 360
    assert "broken" in capsys.readouterr().out
