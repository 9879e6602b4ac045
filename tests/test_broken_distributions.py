"""Commands and a drive in an environment whose other distributions bring broken extensions."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from built_package import Distributions
from markdown_blocks import REPOSITORY, blocks_of
from PIL import Image
from small_venv import SmallVenv
from stock_pilot import StockPilot

GROUPS = {"verb": "verbs", "panel": "panels", "opener": "openers"}
# Of each kind one distribution for each way to break; what is in it is another matter.
BROKEN = {
    "importing": "import no_such_module",
    "ending": "raise SystemExit(3)",
    "lacking": "",
}

# Verbs whose help cannot be made.
SPOILT_HELP = """
HELP = "show 100% of it"
EXAMPLE = "donkey activations spoilt"
def add_arguments(parser):
    parser.add_argument("--help")
def run(args):
    return 0
"""

# An opener that fails only when it is asked.
FAILING_OPENER = """
SUFFIXES = (".fail",)
def recognises(path, head):
    raise LookupError("asked too much")
def files(path):
    return (path,)
def needs_conversion(path):
    return False
def open_pilot(path, options):
    raise LookupError
"""

# A drive of four rounds with the panel that the first argument names.
DRIVE = """
import logging, sys
import donkeycar
from pathlib import Path
from types import SimpleNamespace
import numpy as np
logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
logging.getLogger("donkey_activations").setLevel(logging.INFO)
from donkeycar.vehicle import Vehicle
from donkey_activations.drive.attach import add_activations

class Camera:
    def run(self):
        return np.zeros((120, 160, 3), np.uint8)

class Rounds:
    count = 0
    def run(self, mosaic):
        self.count += 1
        self.last = mosaic

Path("layout.yaml").write_text(f"panels: [camera, {sys.argv[1]}]")
vehicle, rounds = Vehicle(), Rounds()
vehicle.add(Camera(), outputs=["cam/image_array"])
add_activations(vehicle, SimpleNamespace(
    CAR_PATH=".", IMAGE_W=160, IMAGE_H=120, IMAGE_DEPTH=3,
    ACTIVATIONS_MODEL="mypilot.npz", ACTIVATIONS_LAYOUT="layout.yaml", ACTIVATIONS_EVERY_N_FRAMES=1,
    ACTIVATIONS_SHOW=True,
))
vehicle.add(rounds, inputs=["cam/image_array"])
vehicle.start(rate_hz=20, max_loop_count=4)
print("rounds:", rounds.count)
"""


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, distributions: Distributions
) -> SmallVenv:
    environment = SmallVenv(tmp_path_factory.mktemp("broken") / "venv")
    environment.unpack(distributions.wheel)
    for kind, group in GROUPS.items():
        for fault, code in BROKEN.items():
            name = f"{fault}_{kind}"
            entry_points = f"[donkey_activations.{group}]\n{name} = {name}\n"
            environment.add_plugin(name, entry_points, code)
    for name in ("tub", "keras", "layers"):
        groups = "".join(
            f"[donkey_activations.{group}]\n{name} = greedy_{name}\n" for group in GROUPS.values()
        )
        environment.add_plugin(f"greedy_{name}", groups, "raise SystemExit('ours was not first')")
    spoilt = "[donkey_activations.verbs]\nspoilt = spoilt\n"
    environment.add_plugin("spoilt", spoilt, SPOILT_HELP)
    failing = "[donkey_activations.openers]\nfailing = failing\n"
    environment.add_plugin("failing", failing, FAILING_OPENER)
    _add_the_pages_extensions(environment)
    kernel = np.random.default_rng(7).normal(size=(5, 5, 3, 8))
    np.savez(environment.folder / "mypilot.npz", kernel=kernel, input_hw=[120, 160])
    Image.new("RGB", (160, 120)).save(environment.folder / "road.png")
    (environment.folder / "notes.txt").write_text("train it on Sunday")
    return environment


def _add_the_pages_extensions(environment: SmallVenv) -> None:
    """Those of docs/extending.md, which are whole."""
    texts = {block.file: block.text for block in blocks_of(REPOSITORY / "docs" / "extending.md")}
    for kind, name in {"verbs": "silent", "panels": "live", "openers": "npz"}.items():
        (code,) = (
            text
            for file, text in texts.items()
            if file and Path(file).stem == name and file.endswith(".py")
        )
        environment.add_plugin(
            f"page_{name}", f"[donkey_activations.{kind}]\n{name} = page_{name}\n", code
        )


def lines(text: str) -> list[str]:
    """What is reported, without the logger's name and in an order of its own."""
    return sorted(re.sub(r"^WARNING:\S+?:", "", line) for line in text.splitlines())


def reported(kind: str, names: list[str]) -> list[str]:
    faults = {
        "importing": "ModuleNotFoundError: No module named 'no_such_module'",
        "ending": "SystemExit: 3",
    }
    found = []
    for name in names:
        fault = faults.get(name.partition("_")[0], "TypeError: expected ")
        found.append(f"the {kind} '{name}' of {name} cannot be used ({fault}")
    return found


def all_begin(got: list[str], expected: list[str]) -> bool:
    pairs = zip(got, sorted(expected), strict=True)
    return all(line.startswith(begin) for line, begin in pairs)


def test_help_lists_what_can_be_used_and_reports_each_that_cannot_in_a_line(
    environment: SmallVenv,
) -> None:
    done = environment.donkey("activations", "--help")
    assert done.returncode == 0
    assert "count the filters that are silent" in done.stdout
    assert "spoilt" not in done.stdout
    expected = reported("verb", [f"{fault}_verb" for fault in BROKEN])
    expected += ["the verb 'spoilt' of spoilt cannot be used ("]
    expected += [
        f"the verb '{name}' of greedy_{name} is left out: donkey-activations has one of that name"
        for name in ("layers", "tub")
    ]
    # Of the name of an opener of ours, but no verb of ours has it.
    expected += ["the verb 'keras' of greedy_keras cannot be used (SystemExit: ours was not first)"]
    assert all_begin(lines(done.stderr), expected), done.stderr


@pytest.mark.parametrize("name", [*(f"{fault}_verb" for fault in BROKEN), "spoilt"])
def test_a_broken_verb_that_is_meant_is_refused_in_one_line(
    name: str, environment: SmallVenv
) -> None:
    done = environment.donkey("activations", name, "--help")
    assert done.returncode == 2
    (line,) = (line for line in done.stderr.splitlines() if "left out" not in line)
    assert line.startswith(f"donkey activations: the verb '{name}' of {name} cannot be used (")
    assert line.endswith(f"; update or uninstall {name}")


def test_a_whole_verb_runs_beside_the_broken_ones(environment: SmallVenv) -> None:
    done = environment.donkey("activations", "silent", "--help")
    assert done.returncode == 0
    assert "count the filters that are silent" in done.stdout
    assert all("left out" in line for line in done.stderr.splitlines())


def test_a_verb_of_ours_with_a_pilot_of_ours_is_not_touched_by_any(
    environment: SmallVenv, stock_pilot: StockPilot
) -> None:
    for words in (["layers"], ["image", "--image", "road.png", "--out", "x.png", "--quiet"]):
        done = environment.donkey("activations", *words, "--model", str(stock_pilot.tflite))
        assert (done.returncode, done.stderr) == (0, "")


def test_a_pilot_of_a_whole_opener_opens_beside_the_broken_ones(environment: SmallVenv) -> None:
    done = environment.donkey("activations", "layers", "--model", "mypilot.npz")
    assert done.returncode == 0
    assert "engine: numpy" in done.stdout
    expected = reported("opener", [f"{fault}_opener" for fault in BROKEN])
    expected += ["the opener 'failing' of failing cannot be used (LookupError: asked too much)"]
    expected += [
        "the opener 'keras' of greedy_keras is left out: donkey-activations has one of that name",
        "the opener 'layers' of greedy_layers cannot be used (SystemExit",
        "the opener 'tub' of greedy_tub cannot be used (SystemExit",
    ]
    assert all_begin(lines(done.stderr), expected), done.stderr


def test_a_file_that_nobody_opens_is_refused_as_ever(environment: SmallVenv) -> None:
    done = environment.donkey("activations", "layers", "--model", "notes.txt")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "donkey activations layers: notes.txt: expected a .tflite or a Keras pilot"
    )


@pytest.mark.parametrize("fault", BROKEN)
def test_a_layout_with_a_broken_panel_is_refused_with_the_reason(
    fault: str, environment: SmallVenv, stock_pilot: StockPilot
) -> None:
    layout = environment.folder / f"{fault}.yaml"
    layout.write_text(f"panels: [camera, {fault}_panel]")
    done = environment.donkey(
        *("activations", "image", "--model", str(stock_pilot.tflite), "--image", "road.png"),
        *("--layout", str(layout), "--out", f"{fault}.png", "--quiet"),
    )
    assert done.returncode == 2
    (begin,) = reported("panel", [f"{fault}_panel"])
    (line,) = (line for line in done.stderr.splitlines() if "left out" not in line)
    assert line.startswith(f"donkey activations image: {begin}")
    assert "Traceback" not in done.stderr


def test_an_unknown_panel_is_answered_with_all_names(environment: SmallVenv) -> None:
    (environment.folder / "unknown.yaml").write_text("panels: [camera, lives]")
    done = environment.donkey(
        *("activations", "image", "--model", "mypilot.npz", "--image", "road.png"),
        *("--layout", "unknown.yaml", "--out", "unknown.png"),
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert "expected one of camera, saliency, controls, layers, " in last
    assert ", live, " in last


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ("live", None),
        *((f"{fault}_panel", f"the panel '{fault}_panel' of {fault}_panel") for fault in BROKEN),
    ],
)
def test_the_car_drives_with_what_is_whole_and_without_what_is_broken(
    panel: str, said: str | None, environment: SmallVenv
) -> None:
    done = environment.python("-c", textwrap.dedent(DRIVE), panel)
    assert done.returncode == 0, done.stderr
    assert "rounds: 4" in done.stdout
    refused = [line for line in done.stderr.splitlines() if line.startswith("activations: ")]
    if said is None:
        assert refused == []
        assert re.search(r"mosaics: [1-9] made, \d skipped .*, 0 failed", done.stderr)
    else:
        (line,) = refused
        assert line.startswith(f"activations: {said} cannot be used (")
        assert line.endswith("Driving without mosaics")
    assert "Traceback" not in done.stderr
