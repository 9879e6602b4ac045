"""What layers see: against the support of TensorFlow's gradients, and worked by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from receptive_field_reference import PILOTS, SeenPilot, build_seen_pilots
from stock_pilot import StockPilot

from donkey_activations import open_extractor
from donkey_activations.errors import ModelError
from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.receptive_field.geometry import LayerGeometry, layer_geometry
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.graphs.tflite import Graph, read_graph, write_part

Pair = tuple[int, int]

# Strides worked by hand from the layers in receptive_field_reference.py, (height, width).
STRIDES = {
    "linear": [(2, 2), (4, 4), (8, 8), (8, 8), (8, 8)],
    "categorical": [(2, 2), (4, 4), (8, 8), (16, 16), (16, 16)],
    "rnn": [(2, 2), (4, 4), (8, 8), (8, 8)],
    "3d": [(3, 3), (6, 6), (12, 12), (24, 24)],
    "pooling_and_padding": [(2, 1), (4, 2), (4, 4)],
    "dilation": [(1, 1), (1, 1), (2, 2), (2, 2)],
    "residual": [(2, 2), (4, 4), (4, 4), (4, 4), (4, 4)],
    "squeeze_and_excite": [(3, 3), (3, 3)],
    "transposed": [(2, 2), (1, 1), (1 / 3, 1), (1, 3), (1 / 3, 1), (1 / 3, 1)],
    "encoder_and_decoder": [(2, 2), (4, 4), (2, 2), (2, 2)],
    "bottleneck": [(4, 4), None],  # behind a dense layer, cells are no places in the image
}

# Windows worked by hand: kernel, stride and offset, each (height, width).
WINDOWS: dict[str, list[tuple[Pair, Pair, Pair] | None]] = {
    "rnn": [
        ((5, 5), (2, 2), (0, 0)), ((5, 5), (2, 2), (0, 0)), ((3, 3), (2, 2), (0, 0)),
        ((3, 3), (1, 1), (0, 0)),
    ],
    # From the second on, a pooling of 2 stands before the convolution of 3.
    "3d": [((3, 3), (3, 3), (0, 0)), *[((6, 6), (2, 2), (-2, -2))] * 3],
    "pooling_and_padding": [
        None,  # the first window would reach into what is cropped
        ((6, 5), (2, 2), (-2, -1)), ((4, 8), (1, 2), (0, -2)),
    ],
    "dilation": [
        ((5, 5), (1, 1), (0, 0)), ((7, 3), (1, 1), (-3, -1)), ((3, 3), (2, 2), (0, 0)),
        ((5, 5), (1, 1), (-2, -2)),
    ],
    "residual": [
        ((3, 3), (2, 2), (0, 0)), ((5, 5), (2, 2), (-1, -1)), ((1, 3), (1, 1), (0, -1)),
        None, None,  # the short cut, and what it leads to
    ],
    "transposed": [
        ((3, 3), (2, 2), (0, 0)), None, None, ((5, 5), (3, 3), (0, 0)), None,
        ((2, 2), (1, 1), (0, 0)),
    ],
    "encoder_and_decoder": [((3, 3), (2, 2), (0, 0)), ((3, 3), (2, 2), (0, 0)), None, None],
    "bottleneck": [((5, 5), (4, 4), (0, 0)), None],
}  # fmt: skip


@pytest.fixture(scope="module")
def seen_pilots(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SeenPilot]:
    return build_seen_pilots(tmp_path_factory.mktemp("seen"))


def geometry_of(pilot: Path, layers: list[str] | None = None) -> tuple[LayerGeometry, ...]:
    return layer_geometry(read_graph(cut(pilot.read_bytes(), layers)))


def rewritten(graph: Graph) -> Graph:
    outputs = [int(tensor) for tensor in graph.model.subgraphs[0].outputs]
    labels = {tensor: graph.tensor_name(tensor) for tensor in outputs}
    return read_graph(write_part(graph, labels))


@pytest.mark.parametrize("name", PILOTS)
def test_receptive_fields_equal_the_support_of_tensorflows_gradients(
    seen_pilots: dict[str, SeenPilot], name: str
) -> None:
    pilot = seen_pilots[name]
    fields = [layer.receptive_field for layer in geometry_of(pilot.tflite)]
    assert fields == pilot.seen


@pytest.mark.parametrize("name", PILOTS)
def test_strides_equal_those_worked_by_hand(seen_pilots: dict[str, SeenPilot], name: str) -> None:
    layers = geometry_of(seen_pilots[name].tflite)
    assert [layer.stride for layer in layers] == STRIDES[name]


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_equal_those_worked_by_hand(seen_pilots: dict[str, SeenPilot], name: str) -> None:
    windows = [layer.window for layer in geometry_of(seen_pilots[name].tflite)]
    assert windows == [numbers and Window(*numbers) for numbers in WINDOWS[name]]


def test_behind_a_gate_a_cell_reads_the_whole_layer_before(
    seen_pilots: dict[str, SeenPilot],
) -> None:
    before, behind = open_extractor(seen_pilots["squeeze_and_excite"].tflite).layers
    window = behind.window
    assert window is not None
    for axis, (cells, read) in enumerate(
        ((behind.height, before.height), (behind.width, before.width))
    ):
        starts = np.arange(cells) * window.stride[axis] + window.offset[axis]
        assert (starts <= 0).all()
        assert (starts + window.kernel[axis] >= read).all()


def test_the_stock_pilot_sees_what_the_formula_says(stock_pilot: StockPilot) -> None:
    kernels, strides = (5, 5, 5, 3, 3), (2, 2, 2, 1, 1)
    expected, size, step = [], 1, 1
    for number, (kernel, stride) in enumerate(zip(kernels, strides, strict=True), start=1):
        size, step = size + (kernel - 1) * step, step * stride
        name = f"conv2d_{number}"
        window = Window((kernel, kernel), (stride, stride), (0, 0))
        expected.append(LayerGeometry(name, (size, size), (step, step), window))
    assert [layer.receptive_field for layer in expected] == [
        (5, 5), (13, 13), (29, 29), (45, 45), (61, 61)
    ]  # fmt: skip
    assert geometry_of(stock_pilot.tflite) == tuple(expected)


def test_whole_strides_are_integers(stock_pilot: StockPilot) -> None:
    strides = [layer.stride for layer in geometry_of(stock_pilot.tflite)]
    assert all(type(number) is int for stride in strides if stride for number in stride)


def test_only_the_layers_asked_for_are_told(stock_pilot: StockPilot) -> None:
    (layer,) = geometry_of(stock_pilot.tflite, ["conv2d_3"])
    assert (layer.name, layer.receptive_field, layer.stride) == ("conv2d_3", (29, 29), (8, 8))


def test_behind_an_operator_without_a_rule_nothing_is_told(stock_pilot: StockPilot) -> None:
    graph = read_graph(cut(stock_pilot.tflite.read_bytes()))
    custom = schema.OperatorCodeT()
    custom.builtinCode = custom.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    custom.customCode = b"SomebodysOwn"
    graph.model.operatorCodes.append(custom)
    graph.operators[2].opcodeIndex = len(graph.model.operatorCodes) - 1
    known = [layer.receptive_field is not None for layer in layer_geometry(rewritten(graph))]
    assert known == [True, True, False, False, False]


@pytest.mark.parametrize("stride", [0, -1])
def test_an_impossible_stride_makes_the_layer_unknown_and_no_crash(
    stock_pilot: StockPilot, stride: int
) -> None:
    graph = read_graph(cut(stock_pilot.tflite.read_bytes()))
    graph.operators[0].builtinOptions.strideH = stride
    assert all(layer.receptive_field is None for layer in layer_geometry(rewritten(graph)))


def test_what_is_no_graph_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"expected a \.tflite file"):
        read_graph(b"no graph at all")


def test_geometry_loads_no_tensorflow() -> None:
    module = "donkey_activations.graphs.receptive_field.geometry"
    code = f"import sys, {module}; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
