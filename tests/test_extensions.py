"""Which extensions are found, and what becomes of those that cannot be used."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from other_distribution import on_the_path, write_distribution
from stock_pilot import StockPilot

from donkey_activations.cli import main
from donkey_activations.errors import ExtensionError
from donkey_activations.extensions import ExtensionPoint, other_names, own_names
from donkey_activations.extractors.openers import OPENERS
from donkey_activations.mosaic.arrangement import PANEL_MODULES


class Greeter(Protocol):
    """What an extension of these tests offers."""

    HELLO: str
    LANGUAGES: tuple[str, ...]

    def greet(self, name: str, loudly: bool) -> str:
        """Return a greeting."""


WHOLE = """
HELLO = {hello!r}
LANGUAGES = ("en",)
def greet(name, loudly):
    return HELLO + name
"""


class Shelf:
    """A folder on the import path: our own greeters in one package, and other distributions."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.folder = f"{folder.name}_ours.greeters"
        package = folder / f"{folder.name}_ours" / "greeters"
        package.mkdir(parents=True)
        (package.parent / "__init__.py").touch()
        (package / "__init__.py").touch()
        self._package = package

    def add_own(self, name: str, code: str) -> None:
        (self._package / f"{name}.py").write_text(code)

    def add_other(self, distribution: str, name: str, code: str | None) -> str:
        """Install a distribution with one greeter in a module of its own, which may be missing."""
        module = f"{self.path.name}_{distribution}_{name}"
        if code is not None:
            (self.path / f"{module}.py").write_text(code)
        group = "donkey_activations.greeters"
        write_distribution(self.path, distribution, f"{name} = {module}", group)
        return module

    @property
    def point(self) -> ExtensionPoint[Greeter]:
        return ExtensionPoint(self.folder, Greeter)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    folder = tmp_path / f"shelf{abs(hash(tmp_path))}"
    folder.mkdir()
    with on_the_path(folder):
        yield Shelf(folder)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [entry.message for entry in caplog.records if entry.levelno >= logging.WARNING]


def test_ours_and_others_are_found_by_name_and_used_alike(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add_own("zoe", WHOLE.format(hello="zoe "))
    shelf.add_own("adam", WHOLE.format(hello="adam "))
    shelf.add_own("base", "raise RuntimeError('what greeters share is no greeter')")
    shelf.add_other("acme", "yves", WHOLE.format(hello="yves "))
    shelf.add_other("bolt", "bob", WHOLE.format(hello="bob "))
    assert own_names(shelf.folder) == ("adam", "zoe")
    assert other_names(shelf.folder) == ("bob", "yves")
    point = shelf.point
    assert list(point.own) == ["adam", "zoe"]
    assert list(point.others) == ["bob", "yves"]
    assert point.load("zoe").greet("x", True) == "zoe x"
    assert point.load("yves").greet("x", True) == "yves x"
    assert warnings(caplog) == []


def test_nothing_is_imported_before_it_is_asked_for(shelf: Shelf) -> None:
    shelf.add_own("adam", WHOLE.format(hello=""))
    module = shelf.add_other("acme", "yves", WHOLE.format(hello=""))
    point = shelf.point
    assert other_names(shelf.folder) == ("yves",)
    assert point.own
    assert module not in sys.modules
    assert f"{shelf.folder}.adam" in sys.modules
    point.load("yves")
    assert module in sys.modules


BROKEN = {
    "an import that fails": ("import no_such_module", "ModuleNotFoundError: No module named"),
    "no module": (None, "ModuleNotFoundError"),
    "a program that ends": ("raise SystemExit('tired')", "SystemExit: tired"),
    "a mistake of syntax": ("def greet(", "SyntaxError"),
    "an error of many lines": ("raise ValueError('one\\n\\ntwo')", "ValueError: one two)"),
    "nothing": (
        "",
        "expected HELLO of type str, got none; expected LANGUAGES of type tuple, got none; "
        "expected greet(name, loudly), got another",
    ),
    "no value": (
        WHOLE.format(hello="").replace("HELLO =", "OTHER ="),
        "TypeError: expected HELLO of type str, got none",
    ),
    "a value of another type": (
        WHOLE.format(hello="").replace("HELLO = ''", "HELLO = 7"),
        "expected HELLO of type str, got 7",
    ),
    "a text in place of several": (
        WHOLE.format(hello="").replace('("en",)', '"en"'),
        "expected LANGUAGES of type tuple, got 'en'",
    ),
    "a function that takes less": (
        WHOLE.format(hello="").replace("(name, loudly)", "(name)"),
        "expected greet(name, loudly), got another (too many positional arguments)",
    ),
    "a function that takes more": (
        WHOLE.format(hello="").replace("(name, loudly)", "(name, loudly, twice)"),
        "expected greet(name, loudly), got another (missing a required argument: 'twice')",
    ),
    "no function": (
        WHOLE.format(hello="").replace(
            "def greet(name, loudly):\n    return HELLO + name", "greet=1"
        ),
        "expected greet(name, loudly), got another (1 is not a callable object)",
    ),
}


@pytest.mark.parametrize(("code", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_one_of_others_is_one_line_and_left_out(
    code: str | None, said: str, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add_own("adam", WHOLE.format(hello=""))
    shelf.add_other("acme", "broken", code)
    shelf.add_other("bolt", "whole", WHOLE.format(hello=""))
    point = shelf.point
    assert list(point.others) == list(point.others) == ["whole"]
    assert list(point.own) == ["adam"]
    (line,) = warnings(caplog)
    assert line.startswith("the greeter 'broken' of acme cannot be used (")
    assert line.endswith("; update or uninstall acme")
    assert said in line
    assert "\n" not in line
    with pytest.raises(ExtensionError) as raised:
        point.load("broken")
    assert str(raised.value) == line


@pytest.mark.parametrize(
    ("code", "error"), [("import no_such_module", ImportError), ("", TypeError)]
)
def test_a_broken_one_of_ours_is_not_hidden(
    code: str, error: type[Exception], shelf: Shelf
) -> None:
    shelf.add_own("adam", code)
    with pytest.raises(error):
        _ = shelf.point.own


def test_a_name_of_ours_is_not_to_be_had(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.add_own("adam", WHOLE.format(hello="ours "))
    module = shelf.add_other("acme", "adam", "raise SystemExit")
    point = shelf.point
    assert point.load("adam").greet("x", False) == "ours x"
    assert point.others == point.others == {}
    assert warnings(caplog) == [
        "the greeter 'adam' of acme is left out: donkey-activations has one of that name; "
        "update or uninstall acme"
    ]
    assert module not in sys.modules


def test_of_two_others_with_one_name_one_is_left_out(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add_other("acme", "eve", WHOLE.format(hello="a "))
    shelf.add_other("bolt", "eve", WHOLE.format(hello="b "))
    used = shelf.point.load("eve").greet("x", False)
    (line,) = warnings(caplog)
    first, second = ("acme", "bolt") if used == "a x" else ("bolt", "acme")
    assert line.startswith(f"the greeter 'eve' of {second} is left out: {first} has one of that")


def test_a_distribution_that_is_on_the_path_twice_counts_once(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shelf.add_other("acme", "eve", WHOLE.format(hello="first "))
    older = Shelf(tmp_path / f"{shelf.path.name}older")
    older.add_other("acme", "eve", WHOLE.format(hello="second "))
    monkeypatch.setattr(sys, "path", [*sys.path, str(older.path)])
    assert shelf.point.load("eve").greet("x", False) == "first x"
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    "garbage", [b"\xff\xfe\x00", b"[donkey_activations.greeters]\nno equals sign\n"]
)
def test_garbage_of_one_distribution_does_not_hide_the_others(
    garbage: bytes, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add_other("acme", "eve", WHOLE.format(hello=""))
    shelf.add_other("bolt", "zed", WHOLE.format(hello=""))
    (shelf.path / "acme-1.0.dist-info" / "entry_points.txt").write_bytes(garbage)
    assert list(shelf.point.others) == ["zed"]
    (line,) = warnings(caplog)
    assert line.startswith("the entry points of acme cannot be read (")
    assert "\n" not in line


def test_a_distribution_without_a_readable_name_is_called_by_its_module(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    module = shelf.add_other("acme", "eve", "")
    (shelf.path / "acme-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe\x00")
    assert shelf.point.others == {}
    (line,) = warnings(caplog)
    assert line.startswith(f"the greeter 'eve' of {module} cannot be used (")


POINTS = {"verb": main.VERBS, "panel": PANEL_MODULES, "opener": OPENERS}
OFFERED = {
    "verb": ["HELP of type str", "EXAMPLE of type str", "add_arguments(parser)", "run(args)"],
    "panel": ["make(setting, available_width_px)", "is_frame_sized(setting)"],
    "opener": [
        "SUFFIXES of type tuple",
        "recognises(path, head)",
        "files(path)",
        "needs_conversion(path)",
        "open_pilot(path, options)",
    ],
}


@pytest.mark.parametrize("kind", POINTS)
def test_each_kind_names_all_that_an_empty_module_lacks(kind: str, shelf: Shelf) -> None:
    point: Any = POINTS[kind]
    assert point.own
    (shelf.path / f"empty_{kind}.py").touch()
    group = f"donkey_activations.{kind}s"
    write_distribution(shelf.path, "acme", f"empty = empty_{kind}", group)
    with pytest.raises(ExtensionError, match=f"the {kind} 'empty' of acme") as raised:
        point.load("empty")
    said = str(raised.value)
    assert all(f"expected {offered}, got " in said for offered in OFFERED[kind])
    assert said.count("expected ") == len(OFFERED[kind])


def test_who_uses_ours_alone_reads_nothing_of_other_distributions(stock_pilot: StockPilot) -> None:
    program = (
        "import sys, numpy as np\n"
        "from donkey_activations import Layout, extensions, open_extractor, render_mosaic\n"
        "from donkey_activations.cli.main import main\n"
        f"assert main(['layers', '--model', {str(stock_pilot.tflite)!r}]) == 0\n"
        f"extractor = open_extractor({str(stock_pilot.tflite)!r})\n"
        "frame = np.zeros(extractor.input_shape, np.uint8)\n"
        "render_mosaic(frame, extractor.layers, extractor(frame), Layout())\n"
        "print('read', extensions._installed.cache_info().currsize)\n"
        "extensions.other_names('donkey_activations.mosaic.panels')\n"
        "print('read', extensions._installed.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["read 0", "read 1"]
