"""``donkey`` and ``python`` as real processes, with our plugin whole, broken and beside others."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from built_package import Distributions
from markdown_blocks import DOCS, blocks_of
from small_venv import SmallVenv

import donkey_activations

STOCK_USAGE = "Usage: The available commands are:"
STOCK_COMMAND = ("createcar", "--help")

GREETER = """
class Greet:
    def run(self, args):
        print("greetings to", *args)
"""

ANNOUNCING_IMPORT = "print('the plugin was imported')"

SHOW_HOOK = """#!{python}
import sys
finders = [type(finder).__name__ for finder in sys.meta_path]
print(finders.count("_DonkeycarFinder"))
"""

SHOW_HOME_OF_COMMANDS = """#!{python}
from donkeycar.management import base
print(base.execute_from_command_line.__module__)
"""

TABLE_MOVED_ELSEWHERE = {
    "    commands = {\n": "    commands = dict(TABLE) or {\n",
    "def execute_from_command_line():": (
        "TABLE = {name.lower(): CreateCar for name in ['TRAIN']}\n\n"
        "def execute_from_command_line():"
    ),
    "        'createcar': CreateCar,\n": "",
}


@pytest.fixture
def stock(tmp_path: Path) -> SmallVenv:
    return SmallVenv(tmp_path / "venv")


@pytest.fixture
def with_ours(stock: SmallVenv, distributions: Distributions) -> SmallVenv:
    stock.unpack(distributions.wheel)
    return stock


def test_donkey_runs_our_command(with_ours: SmallVenv) -> None:
    done = with_ours.donkey("activations", "--version")
    assert done.returncode == 0
    assert f"donkey-activations {donkey_activations.__version__}" in done.stdout
    assert done.stderr == ""


def test_the_exit_code_of_our_command_is_that_of_donkey(with_ours: SmallVenv) -> None:
    assert with_ours.donkey("activations", "no-such-verb").returncode == 2


def test_a_stock_command_answers_as_it_does_without_us(
    stock: SmallVenv, distributions: Distributions
) -> None:
    before = stock.donkey(*STOCK_COMMAND)
    stock.unpack(distributions.wheel)
    after = stock.donkey(*STOCK_COMMAND)
    assert before.returncode == 0
    assert (after.returncode, after.stdout, after.stderr) == (0, before.stdout, before.stderr)


@pytest.mark.parametrize("args", [[], ["no-such-command"]])
def test_stock_usage_is_followed_by_one_line_with_the_commands_of_plugins(
    with_ours: SmallVenv, args: list[str]
) -> None:
    done = with_ours.donkey(*args)
    usage, _, plugins = done.stderr.splitlines()
    assert usage == STOCK_USAGE
    assert plugins == "donkey: Commands of plugins: ['activations']"
    assert done.returncode == 0


def test_another_plugin_brings_a_command_through_the_same_group(with_ours: SmallVenv) -> None:
    with_ours.add_plugin("greeter", "[donkeycar.commands]\ngreet = greeter:Greet\n", GREETER)
    assert "greetings to all donkeys" in with_ours.donkey("greet", "all", "donkeys").stdout
    assert "['activations', 'greet']" in with_ours.donkey().stderr


def test_a_plugin_never_takes_over_a_stock_command(with_ours: SmallVenv) -> None:
    entry_points = "[donkeycar.commands]\ncreatecar = greedy:Greedy\nui = greedy:Greedy\n"
    with_ours.add_plugin("greedy", entry_points, ANNOUNCING_IMPORT)
    done = with_ours.donkey(*STOCK_COMMAND)
    assert "usage: createcar" in done.stdout
    assert "imported" not in done.stdout
    assert with_ours.donkey().stderr.endswith("Commands of plugins: ['activations']\n")


OUR_USAGE = "usage: donkey cnnactivations "
STOCK_USAGE_OF_CNNACTIVATIONS = "usage: cnnactivations "


@pytest.mark.tensorflow
def test_cnnactivations_is_ours_and_stock_behind_its_flag(with_ours: SmallVenv) -> None:
    assert OUR_USAGE in with_ours.donkey("cnnactivations", "--help").stdout
    stock = with_ours.donkey("cnnactivations", "--stock", "--help")
    assert STOCK_USAGE_OF_CNNACTIVATIONS in stock.stdout
    assert "donkey" not in stock.stderr


def test_the_exit_code_of_our_cnnactivations_is_that_of_donkey(with_ours: SmallVenv) -> None:
    done = with_ours.donkey("cnnactivations", "--model", "none.tflite")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("donkey cnnactivations: the following arguments are required: --image")


@pytest.mark.tensorflow
def test_no_other_plugin_takes_over_cnnactivations(with_ours: SmallVenv) -> None:
    # A folder that is earlier on the path, and a name that is earlier in the alphabet.
    entry_points = "[donkeycar.commands]\ncnnactivations = a_greedy:Greedy\n"
    with_ours.add_plugin("a_greedy", entry_points, ANNOUNCING_IMPORT)
    for words, usage in (([], OUR_USAGE), (["--stock"], STOCK_USAGE_OF_CNNACTIVATIONS)):
        done = with_ours.donkey("cnnactivations", *words, "--help")
        assert usage in done.stdout
        assert "imported" not in done.stdout


def _cnnactivations(site_packages: Path) -> Path:
    return _package(site_packages) / "cli" / "cnnactivations.py"


def _without_our_entry_point(site_packages: Path) -> None:
    file = _metadata(site_packages) / "entry_points.txt"
    lines = file.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("cnnactivations")]
    assert len(kept) == len(lines) - 1
    file.write_text("".join(kept))


NOT_LOADING: dict[str, Callable[[Path], object]] = {
    "a syntax error": lambda site: _cnnactivations(site).write_text("("),
    "a module that exits": lambda site: _cnnactivations(site).write_text("exit(3)"),
    "a missing module": lambda site: _cnnactivations(site).unlink(),
    "no such class": lambda site: _cnnactivations(site).write_text(""),
    "no such entry point": _without_our_entry_point,
    "no metadata": lambda site: shutil.rmtree(_metadata(site)),
}


@pytest.mark.parametrize("breakage", NOT_LOADING)
@pytest.mark.tensorflow
def test_where_our_cnnactivations_does_not_load_stock_answers(
    with_ours: SmallVenv, breakage: str
) -> None:
    NOT_LOADING[breakage](with_ours.site_packages)
    done = with_ours.donkey("cnnactivations", "--help")
    assert (done.returncode, STOCK_USAGE_OF_CNNACTIVATIONS in done.stdout) == (0, True)
    # Stock loads matplotlib, which has something to say in a new home.
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("donkey"))
    assert line.startswith("donkey: cnnactivations is Donkeycar's own, as ours does not load (")


@pytest.mark.parametrize(("words", "on_stdout"), [((), False), (("--stock",), True)])
@pytest.mark.tensorflow
def test_the_banner_stays_where_stock_cnnactivations_has_it(
    with_ours: SmallVenv, words: tuple[str, ...], on_stdout: bool
) -> None:
    done = with_ours.donkey("cnnactivations", *words, "--json")
    assert done.returncode == 2
    assert (BANNER in done.stdout, BANNER in done.stderr) == (on_stdout, not on_stdout)


def test_a_stock_command_does_not_load_any_plugin(with_ours: SmallVenv) -> None:
    package = with_ours.site_packages / "donkey_activations" / "cli" / "__init__.py"
    package.write_text(ANNOUNCING_IMPORT)
    assert "imported" not in with_ours.donkey(*STOCK_COMMAND).stdout


@pytest.mark.parametrize(
    ("entry_point", "code", "reason"),
    [
        ("broken:Command", "import no_such_module", "No module named 'no_such_module'"),
        ("broken:Command", "raise SystemExit('gone')", "SystemExit: gone"),
        ("broken:Command", "this is no python", "SyntaxError"),
        ("broken:Command", "", "has no attribute 'Command'"),
        ("broken:Command", "Command = 3", "'int' object is not callable"),
        (":::", "", "broken does not load"),
    ],
)
def test_a_command_that_does_not_load_is_one_line_and_exit_code_2(
    with_ours: SmallVenv, entry_point: str, code: str, reason: str
) -> None:
    with_ours.add_plugin("broken", f"[donkeycar.commands]\nbrake = {entry_point}\n", code)
    done = with_ours.donkey("brake")
    (line,) = done.stderr.splitlines()
    assert line.startswith("donkey: the command 'brake' of broken does not load (")
    assert reason in line
    assert done.returncode == 2


def test_garbage_in_one_distribution_hides_no_other_plugin(with_ours: SmallVenv) -> None:
    with_ours.add_plugin("garbage", "[donkeycar.commands]\nno equals sign\n")
    done = with_ours.donkey("activations", "--version")
    assert "donkey-activations" in done.stdout
    assert done.stderr.startswith("donkey: garbage: its entry points cannot be read (")


def _package(site_packages: Path) -> Path:
    return site_packages / "donkey_activations"


def _metadata(site_packages: Path) -> Path:
    (folder,) = site_packages.glob("donkey_activations-*.dist-info")
    return folder


BREAKAGES: dict[str, Callable[[Path], object]] = {
    "a syntax error in our package": lambda site: (_package(site) / "__init__.py").write_text("("),
    "a syntax error in our hook": lambda site: (_package(site) / "donkey_hook.py").write_text("("),
    "a hook that exits": lambda site: (_package(site) / "donkey_hook.py").write_text("exit(3)"),
    "a hook without install": lambda site: (_package(site) / "donkey_hook.py").write_text(""),
    "a missing requirement": lambda site: (_package(site) / "donkey_hook.py").write_text(
        "import no_such_module"
    ),
    "a deleted package": lambda site: shutil.rmtree(_package(site)),
    "deleted metadata": lambda site: shutil.rmtree(_metadata(site)),
    "entry points that are no text": lambda site: (
        _metadata(site) / "entry_points.txt"
    ).write_bytes(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_python_and_stock_donkey_survive(with_ours: SmallVenv, breakage: str) -> None:
    BREAKAGES[breakage](with_ours.site_packages)
    python = with_ours.python("-c", "print('fine')")
    assert (python.returncode, python.stdout, python.stderr) == (0, "fine\n", "")
    broken = with_ours.donkey(*STOCK_COMMAND)
    assert (broken.returncode, "usage: createcar" in broken.stdout) == (0, True)
    assert all(line.startswith("donkey: ") for line in broken.stderr.splitlines())
    usage = with_ours.donkey()
    assert (usage.returncode, STOCK_USAGE in usage.stderr) == (0, True)
    assert "Traceback" not in usage.stderr


BANNER = "using donkey v"


@pytest.mark.parametrize(
    ("args", "on_stdout"),
    [
        (("greet", "--json"), False),
        (("greet", "all", "--json"), False),
        (("greet",), True),
        (("greet", "--jsonl"), True),
        (("createcar", "--json"), True),
        (("--json", "greet"), True),
        (("--json",), True),
        (("no-such-command", "--json"), True),
    ],
)
def test_the_banner_goes_to_stderr_only_where_a_plugins_command_is_asked_for_json(
    with_ours: SmallVenv, args: tuple[str, ...], on_stdout: bool
) -> None:
    with_ours.add_plugin("greeter", "[donkeycar.commands]\ngreet = greeter:Greet\n", GREETER)
    done = with_ours.donkey(*args)
    assert (BANNER in done.stdout, BANNER in done.stderr) == (on_stdout, not on_stdout)
    if not on_stdout:
        assert done.stdout == f"{' '.join(('greetings to', *args[1:]))}\n"


def test_a_stock_command_with_json_answers_as_it_does_without_us(
    stock: SmallVenv, distributions: Distributions
) -> None:
    before = stock.donkey("createcar", "--json")
    stock.unpack(distributions.wheel)
    after = stock.donkey("createcar", "--json")
    assert before.returncode == after.returncode == 2
    assert (after.stdout, after.stderr) == (before.stdout, before.stderr)


def test_garbage_in_one_distribution_does_not_put_the_banner_into_json(
    with_ours: SmallVenv,
) -> None:
    with_ours.add_plugin("garbage", "[donkeycar.commands]\nno equals sign\n")
    with_ours.add_plugin("greeter", "[donkeycar.commands]\ngreet = greeter:Greet\n", GREETER)
    done = with_ours.donkey("greet", "--json")
    assert done.stdout == "greetings to --json\n"
    assert done.stderr.count("donkey: garbage: ") == 1


def test_a_plain_python_start_loads_no_module_more(
    stock: SmallVenv, distributions: Distributions
) -> None:
    list_modules = ("-c", "import sys; print(sorted(sys.modules))")
    before = stock.python(*list_modules).stdout
    stock.unpack(distributions.wheel)
    assert stock.python(*list_modules).stdout == before


@pytest.mark.parametrize("program", ["donkey", "donkey.exe", "donkey-script.py", "Donkey.EXE"])
def test_the_hook_is_there_once_in_a_program_called_donkey(
    with_ours: SmallVenv, program: str
) -> None:
    with_ours.add_script(program, SHOW_HOOK)
    assert with_ours.script(program).stdout == "1\n"


@pytest.mark.parametrize("program", ["donkeys", "mydonkey", "pip", "donkey.py"])
def test_the_hook_is_in_no_program_of_another_name(with_ours: SmallVenv, program: str) -> None:
    with_ours.add_script(program, SHOW_HOOK)
    assert with_ours.script(program).stdout == "0\n"


def _upstream_change() -> dict[str, str]:
    """What the page's diff of Donkeycar takes away and puts there, by hunks."""
    (diff,) = [b.text for b in blocks_of(DOCS / "donkey-commands.md") if b.language == "diff"]
    hunks = [re.sub(r"^@.*\n", "", hunk) for hunk in re.split(r"^@", diff, flags=re.MULTILINE)]
    sides = [
        [
            "".join(line[1:] or "\n" for line in hunk.splitlines(keepends=True) if line[0] != sign)
            for sign in "+-"
        ]
        for hunk in hunks
    ]
    return dict(sides)


def _change_donkeycar(environment: SmallVenv, changes: dict[str, str]) -> None:
    package = environment.linked_packages / "donkeycar"
    original = package.resolve()
    package.unlink()
    shutil.copytree(original, package, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    base = package / "management" / "base.py"
    text = base.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    base.write_text(text)


def test_the_hook_steps_aside_when_donkeycar_reads_the_group_itself(with_ours: SmallVenv) -> None:
    _change_donkeycar(with_ours, _upstream_change())
    assert "donkey-activations" in with_ours.donkey("activations", "--version").stdout
    assert "['createcar', " in (usage := with_ours.donkey().stderr)
    assert "'ui', 'activations', 'cnnactivations']" in usage
    with_ours.add_script("donkey", SHOW_HOME_OF_COMMANDS)
    assert with_ours.donkey().stdout.endswith("donkeycar.management.base\n")


def test_json_stays_clean_when_donkeycar_reads_the_group_itself(with_ours: SmallVenv) -> None:
    _change_donkeycar(with_ours, _upstream_change())
    with_ours.add_plugin("greeter", "[donkeycar.commands]\ngreet = greeter:Greet\n", GREETER)
    assert with_ours.donkey("greet", "--json").stdout == "greetings to --json\n"


def test_a_command_table_of_another_make_is_left_alone(with_ours: SmallVenv) -> None:
    _change_donkeycar(with_ours, TABLE_MOVED_ELSEWHERE)
    done = with_ours.donkey("activations", "--version")
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, STOCK_USAGE)
    with_ours.add_script("donkey", SHOW_HOME_OF_COMMANDS)
    assert with_ours.donkey().stdout.endswith("donkeycar.management.base\n")
