"""``donkey activations layers``: the table, the JSON, and what it says to bad input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema
from built_package import Distributions
from small_venv import SmallVenv
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor
from donkey_activations.cli.main import main
from donkey_activations.graphs.tflite import read_graph, write_part

TABLE = """\
{model}
engine: litert; input: one frame of 160x120 RGB

layer     kind        maps  one cell sees  of the view  stride
conv2d_1  Conv2D  78x58x24         5x5 px         0.1%       2
conv2d_2  Conv2D  37x27x32       13x13 px         0.9%       4
conv2d_3  Conv2D  17x12x64       29x29 px         4.4%       8
conv2d_4  Conv2D  15x10x64       45x45 px        10.5%       8
conv2d_5  Conv2D   13x8x64       61x61 px        19.4%       8

maps: width x height x filters; stride: pixels from one cell's view to the next
"""


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["layers", "--json", *words]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_the_table_tells_maps_receptive_fields_and_strides(
    stock_pilot: StockPilot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["layers", "--model", str(stock_pilot.tflite)]) == 0
    assert capsys.readouterr().out == TABLE.format(model=stock_pilot.tflite)


def test_the_table_fits_80_columns_below_the_models_name(
    pilot_folder: Path, stock_pilot: StockPilot, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = build_stock_pilot(pilot_folder, kind="categorical", channels=1).tflite
    for model in (stock_pilot.tflite, grey):
        main(["layers", "--model", str(model)])
        _, *lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
    assert lines[0] == "engine: litert; input: one frame of 160x120 grey"


def test_json_tells_what_the_extractor_and_the_geometry_do(
    stock_pilot: StockPilot, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_json(capsys, "--model", str(stock_pilot.tflite))
    layers = report.pop("layers")
    assert report == {
        "model": str(stock_pilot.tflite),
        "engine": "litert",
        "size_changed": False,
        "unfed_inputs": [],
        "input": {"height": 120, "width": 160, "channels": 3, "sequence_length": 1},
    }
    assert layers[2] == {
        "name": "conv2d_3", "kind": "Conv2D", "height": 12, "width": 17, "filters": 64,
        "receptive_field": [29, 29], "stride": [8, 8],
    }  # fmt: skip
    infos = open_extractor(stock_pilot.tflite).layers
    assert [layer["name"] for layer in layers] == [info.name for info in infos]


def test_only_the_layers_asked_for_are_listed_in_the_networks_order(
    stock_pilot: StockPilot, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--model", str(stock_pilot.tflite), "--layers", "conv2d_4, conv2d_2")
    layers = run_json(capsys, *words)["layers"]
    assert [layer["name"] for layer in layers] == ["conv2d_2", "conv2d_4"]
    assert [layer["receptive_field"] for layer in layers] == [[13, 13], [45, 45]]


@pytest.mark.tensorflow
def test_a_keras_pilot_is_listed_as_its_tflite_is(
    stock_pilot: StockPilot,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keras, tflite = (
        run_json(capsys, "--model", str(path)) for path in (stock_pilot.keras, stock_pilot.tflite)
    )
    assert keras["layers"] == tflite["layers"]
    assert keras["input"] == tflite["input"]


def test_donkey_with_json_prints_json_and_nothing_else_on_stdout(
    tmp_path: Path, distributions: Distributions, stock_pilot: StockPilot
) -> None:
    environment = SmallVenv(tmp_path / "venv")
    environment.unpack(distributions.wheel)
    done = environment.donkey("activations", "layers", "--model", str(stock_pilot.tflite), "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["layers"]) == 5
    assert "using donkey v" in done.stderr


def test_the_module_with_json_prints_json_and_nothing_else_on_stdout(
    stock_pilot: StockPilot,
) -> None:
    words = ["layers", "--model", str(stock_pilot.tflite), "--json"]
    command = [sys.executable, "-m", "donkey_activations", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["engine"] == "litert"


BAD_INPUT = {
    "a missing file": ("no/such/pilot.tflite", [], "No such file"),
    "a folder": (".", [], "folder"),
    "a text file": ("notes.txt", [], "expected"),
    "an empty file": ("empty.tflite", [], "empty"),
    "a file cut short": ("short.tflite", [], "damaged or cut short"),
    "an unknown layer": ("pilot.tflite", ["--layers", "conv2d_1,conv9"], "conv9"),
    "a layer without a name": ("pilot.tflite", ["--layers", ","], "conv2d_1"),
}


@pytest.fixture
def in_a_folder_of_files(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = stock_pilot.tflite.read_bytes()
    Path("pilot.tflite").write_bytes(content)
    Path("short.tflite").write_bytes(content[:1000])
    Path("empty.tflite").touch()
    Path("notes.txt").write_text("not a pilot\n" * 9)


@pytest.mark.usefixtures("in_a_folder_of_files")
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(
    case: str, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    model, words, reason = BAD_INPUT[case]
    assert main(["layers", "--model", model, *words, *form]) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith("donkey activations layers: ")
    assert reason in line
    assert captured.out == ""


def test_a_pilot_without_convolutions_is_bad_input(
    stock_pilot: StockPilot, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    graph = read_graph(stock_pilot.tflite.read_bytes())
    for code in graph.model.operatorCodes:
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.FULLY_CONNECTED
    dense = tmp_path / "dense.tflite"
    dense.write_bytes(write_part(graph, dict.fromkeys(graph.outputs, "out")))
    assert main(["layers", "--model", str(dense)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "expected a pilot with at least one convolution" in line


def test_without_a_model_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["layers"])
    assert ended.value.code == 2
    said = "donkey activations layers: the following arguments are required: --model; see "
    assert capsys.readouterr().err == f"{said}donkey activations layers --help\n"
