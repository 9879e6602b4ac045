import json
import os
import pickle
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from layout_files import load, refusal

from donkey_activations import LayoutError
from donkey_activations.mosaic.layout import LayerStyle, Layout
from donkey_activations.mosaic.layout_file import load_layout

ALL_KEYS = ", ".join(field.name for field in fields(Layout))
LONG = "x" * 200


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "look.yaml"


@pytest.mark.parametrize("content", ["", "# nothing set\n", "---\n", "null", "{}", "\ufeff"])
def test_an_empty_file_is_the_default_layout(content: str, file: Path) -> None:
    assert load(file, content) == Layout()


def test_keys_left_out_keep_their_default(file: Path) -> None:
    assert load(file, "gap_px: 3\r\ntheme: light\r\n") == Layout(gap_px=3, theme="light")


def test_a_path_may_begin_with_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "look.yaml").write_text("gap_px: 3")
    assert load_layout("~/look.yaml") == Layout(gap_px=3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("layers: [b, a]", Layout(layers=("b", "a"))),
        ("layers: [2020-01-01, =, <<, 'no']", Layout(layers=("2020-01-01", "=", "<<", "no"))),
        ("panels:\n- layers\n- camera\n", Layout(panels=("layers", "camera"))),
        ("filters: [3, 0]", Layout(filters=(3, 0))),
        ("scaling: [-1, 2]", Layout(scaling=(-1.0, 2.0))),
        ("scaling: [0, 1e-3]", Layout(scaling=(0.0, 0.001))),
        ("dead_threshold: 1e-3", Layout(dead_threshold=0.001)),
        ("dead_threshold: 2", Layout(dead_threshold=2.0)),
        ("hide_dead: yes", Layout(hide_dead=True)),
        ("layers: auto\nfilters: all\ntop: all\nheight_px: auto", Layout()),
        ("layers: all", Layout(layers="all")),
        ("layers:\nfilters: null\ntop: ~\nheight_px:", Layout()),
        ("per_layer:", Layout()),
        ("per_layer: {}", Layout()),
    ],
)
def test_values_are_taken_as_they_are_meant(content: str, expected: Layout, file: Path) -> None:
    assert load(file, content) == expected


def test_equal_numbers_are_one_layout_to_a_tub_however_they_are_written(file: Path) -> None:
    whole = load(file, "scaling: [0, 2]\ndead_threshold: 0").as_json()
    assert json.dumps(whole) == json.dumps(load(file, "scaling: [0.0, 2.0]").as_json())


def test_a_layers_style_inherits_what_it_leaves_out(file: Path) -> None:
    layout = load(
        file,
        "per_layer:\n  a: {scaling: filter, top: all}\n  b:\n  c: {filters: [1]}\n"
        "scaling: run\norder: energy\ntop: 4\nhide_dead: true\nfilters: [7, 5]\n",
    )
    style = {"order": "energy", "hide_dead": True, "filters": (7, 5)}
    assert dict(layout.per_layer) == {
        "a": LayerStyle(scaling="filter", **style),
        "b": LayerStyle(scaling="run", top=4, **style),
        "c": LayerStyle(scaling="run", top=4, **{**style, "filters": (1,)}),
    }


def test_a_loaded_layout_can_go_to_another_process(file: Path) -> None:
    layout = load(file, "per_layer: {a: {top: 1}}")
    sent = pickle.loads(pickle.dumps(layout))
    assert (sent, hash(sent)) == (layout, hash(layout))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("width_px: x", "line 1: width_px: expected a whole number from 160 to 4096, got 'x'"),
        ("\n# x\ngap_px: 99", "line 3: gap_px: expected a whole number from 0 to 16, got 99"),
        ("gap_px: true", "line 1: gap_px: expected a whole number from 0 to 16, got True"),
        ("gap_px:", "line 1: gap_px: expected a whole number from 0 to 16, got nothing"),
        ("top: 0", "line 1: top: expected a whole number from 1 to 65536, or all, got 0"),
        ("height_px: [\n1\n]", "line 1: height_px: expected a whole number from 90 to 4096, or "
         "auto, got [1]"),
        ("layers: conv", "line 1: layers: expected a list of names, each once, or all, "
         "or auto, got 'conv'"),
        ("panels: [layers, x]", "line 1: panels: expected one of camera, saliency, controls, "
         "layers, got 'x'"),
        ("scaling:\n- 5\n- 1", "line 1: scaling: expected layer, filter, run or [low, high] with "
         "low below high, both within 3.4e38, got [5, 1]"),
        ("dead_threshold: {a: 1}", "line 1: dead_threshold: expected a number, 0 or more, "
         "got {'a': 1}"),
        (f"theme: {LONG}", f"line 1: theme: expected one of dark, light, got '{'x' * 56}..."),
        (f"gap_px: {10**30}", f"line 1: gap_px: expected a whole number from 0 to 16, "
         f"got '{10**30}'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_answered_with_line_key_and_what_was_expected(
    content: str, said: str, file: Path
) -> None:
    assert refusal(file, content) == said


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("    scaling: x", "line 4: per_layer: conv2d_5: scaling: expected layer, "
         "filter, run or [low, high] with low below high, both within 3.4e38, "
         "got 'x'"),
        ("    top: x", "line 4: per_layer: conv2d_5: top: expected a whole number from 1 to 65536, "
         "or all, got 'x'"),
        ("    width_px: 9", "line 4: per_layer: conv2d_5: width_px: expected a known key, "
         "got 'width_px'; the keys: scaling, order, hide_dead, top, filters"),
        ("    oder: run", "line 4: per_layer: conv2d_5: oder: expected a known key, got 'oder'; "
         "did you mean order?"),
        ("    top: 1\n    top: 2", "line 5: per_layer: conv2d_5: top: expected each key once, "
         "got it in line 4 too; delete one of them"),
        ("    [1]", "line 3: per_layer: conv2d_5: expected lines 'key: value', got [1]"),
        ("  1: {}", "line 4: per_layer: 1: expected a name as key, got 1; "
         "put such a name in quotes"),
        ("  conv2d_5:", "line 4: per_layer: conv2d_5: expected each key once, got it in line 3 "
         "too; delete one of them"),
        ('  "a\\nb":\n    top: 0', "line 5: per_layer: 'a\\nb': top: expected a whole number from "
         "1 to 65536, or all, got 0"),
    ],
)  # fmt: skip
def test_an_error_in_a_layers_style_names_the_layer(style: str, said: str, file: Path) -> None:
    assert refusal(file, f"gap_px: 1\nper_layer:\n  conv2d_5:\n{style}\n") == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("gap_px: 1\nwidht_px: 3", "line 2: widht_px: expected a known key, got 'widht_px'; "
         "did you mean width_px?"),
        ("GAP_PX: 1", "line 1: GAP_PX: expected a known key, got 'GAP_PX'; did you mean gap_px?"),
        ("zzz: 1", f"line 1: zzz: expected a known key, got 'zzz'; the keys: {ALL_KEYS}"),
        ("<<: {top: 1}", f"line 1: <<: expected a known key, got '<<'; the keys: {ALL_KEYS}"),
        (f"{LONG}: 1", f"line 1: {'x' * 57}...: expected a known key, got '{'x' * 56}...; "
         f"the keys: {ALL_KEYS}"),
        ("top: 1\n\ntop: 2", "line 3: top: expected each key once, got it in line 1 too; "
         "delete one of them"),
        ("1: 2", "line 1: 1: expected a name as key, got 1; put such a name in quotes"),
        ("? [a]\n: 2", "line 1: ['a']: expected a name as key, got ['a']; "
         "put such a name in quotes"),
        ("- 1", "line 1: expected lines 'key: value', got [1]"),
        ("\n\ntop", "line 3: expected lines 'key: value', got 'top'"),
        ("per_layer: all", "line 1: per_layer: expected lines 'key: value', got 'all'"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_answered_with_what_to_do(content: str, said: str, file: Path) -> None:
    assert refusal(file, content) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("top: [", "line 1: expected YAML, got a mistake: .*stream end.*; look at this line"),
        ("top: 1\ngap_px 2\n", "line 3: expected YAML, got a mistake: could not find expected ':'"),
        ("top: 1\n\tgap_px: 2", r"line 2: expected YAML, got a mistake: found character '\\t'"),
        ("top: 1\n---\ntop: 1", "line 2: expected YAML, got a mistake: found another document"),
        ('\ntop: "\\UFFFFFFFF"', "line 2: expected YAML, got a number out of range"),
        (f"%YAML {'1' * 5000}.1\n---\n", "line 1: expected YAML, got a number out of range"),
        ("top: 1\nlayers: &a [b]", "line 2: expected plain values, got the anchor &a; write"),
        ("layers: *a", r"line 1: expected plain values, got the alias \*a; write"),
        ("!!python/object/apply:os.system [x]", "got the tag !!python/object/apply:os.system; le"),
        ("top: !!int", "line 1: expected plain values, got the tag !!int; leave the tag out"),
        ("top: !x y", "line 1: expected plain values, got the tag !x; leave the tag out"),
        ("top:\n " + "[" * 9 + "]" * 9, "line 2: expected plain values, got more than 8 levels"),
        ("[" * 60_000, "line 1: expected plain values, got more than 8 levels"),
        ("top: 1\na\0b", r"line 2: expected text, got the character '\\x00'; delete it"),
        ("top: 1\n".encode("utf-16"), "line 1: expected text in UTF-8, got the byte 0xff; save"),
        (b"top: 1\n\x80", "line 2: expected text in UTF-8, got the byte 0x80; save"),
        (b"#" * 65_537, ": expected at most 64 kB, got more"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(content: str | bytes, said: str, file: Path) -> None:
    assert re.match(f".*{said}", refusal(file, content))


def test_a_file_of_64_kb_is_read(file: Path) -> None:
    assert load(file, b"#" * 65_536) == Layout()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "No such file or directory"),
        (Path.mkdir, "expected a file, got none"),
        (os.mkfifo, "expected a file, got none"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
    ids=["nothing", "folder", "pipe", "endless link"],
)
def test_what_is_no_file_is_said_and_not_waited_for(
    make: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "look.yaml"
    make(path)
    with pytest.raises(LayoutError) as raised:
        load_layout(path)
    assert str(raised.value).startswith(f"{path}: cannot be read ({said}); check ")


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "~no such user/x", "\ud800", "x" * 5000])
def test_an_odd_path_is_a_layout_error_in_one_line(name: str) -> None:
    with pytest.raises(LayoutError, match=r"cannot be read .*; check ") as raised:
        load_layout(name)
    assert len(str(raised.value).splitlines()) == 1
