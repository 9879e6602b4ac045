"""What is counted in a graph: against Keras' own figures, and against formulas worked by hand."""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras_release import KERAS_3
from stock_pilot import StockPilot
from workload_reference import QUANTISED, STOCK, Counted

from donkey_activations import open_extractor
from donkey_activations.cli.main import main
from donkey_activations.extractors.engines import engine_of
from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.tflite import read_graph
from donkey_activations.graphs.workload.workload import Workload, layer_workloads, workload

FLOAT32 = 4

Pilots = dict[str, Counted]


# Width and height of the maps: floor((n - kernel) / 2) + 1 of 160x120 pixels.
HALVED = [(78, 58), (37, 27), (17, 12), (8, 5), (3, 2)]


def engine(content: bytes) -> Any:
    """What can run a graph: TensorFlow, where it has operators of TensorFlow's own."""
    return engine_of(read_graph(content))[0]


def counted(pilot: Counted) -> Workload:
    content = pilot.tflite.read_bytes()
    return workload(content, engine(content))


def layers_of(pilot: Path, layers: list[str] | None = None) -> dict[str, Workload]:
    """The workloads of the layers asked for, or of all that see the camera, by their name."""
    content = cut(pilot.read_bytes(), layers)
    graph = read_graph(content)
    names = [graph.tensor_name(n).partition(":")[2] for n in graph.model.subgraphs[0].outputs]
    return dict(zip(names, layer_workloads(content, engine(content)), strict=True))


def bytes_that_litert_writes(content: bytes) -> int:
    """Runs a graph with all its tensors kept, and adds up those that its operators wrote."""
    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    types = {tensor["index"]: tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    written = [int(n) for operator in read_graph(content).operators for n in operator.outputs]
    return sum(interpreter.get_tensor(n).size * np.dtype(types[n]).itemsize for n in written)


# Each of Keras' batch normalisations has four values a unit. The two of the 3d pilot have 256 units
# and stand behind dense layers, whose weights and biases take them in.
FOLDED = {"3d": 2 * 4 * 256}


@pytest.mark.parametrize("name", STOCK)
def test_the_parameters_of_donkeycars_pilots_are_those_that_keras_counts(
    counted_pilots: Pilots, name: str
) -> None:
    pilot = counted_pilots[name]
    assert counted(pilot).parameters == pilot.parameters - FOLDED.get(name, 0)


@pytest.mark.parametrize(
    ("name", "parameters"), [("linear", 817_028), ("linear_640x360", 17_905_028)]
)
def test_the_dense_layer_behind_the_maps_grows_with_the_image(
    counted_pilots: Pilots, name: str, parameters: int
) -> None:
    assert counted(counted_pilots[name]).parameters == parameters


@pytest.mark.parametrize(
    "name", [*STOCK, *QUANTISED, "stacks", "shared", "on_maps", "fused_lstm", "loops"]
)
def test_macs_are_those_of_the_formulas_from_keras_configuration(
    counted_pilots: Pilots, name: str
) -> None:
    found = counted(counted_pilots[name])
    assert (found.macs, found.uncounted) == (sum(counted_pilots[name].macs_of.values()), ())


def test_macs_of_the_stock_pilot_equal_those_worked_by_hand(counted_pilots: Pilots) -> None:
    convolutions = (
        58 * 78 * 24 * 5 * 5 * 3
        + 27 * 37 * 32 * 5 * 5 * 24
        + 12 * 17 * 64 * 5 * 5 * 32
        + 10 * 15 * 64 * 3 * 3 * 64
        + 8 * 13 * 64 * 3 * 3 * 64
    )
    dense = 8 * 13 * 64 * 100 + 100 * 50 + 50 * 1 + 50 * 1
    assert counted(counted_pilots["linear"]).macs == convolutions + dense


def test_a_sequence_pilot_computes_every_frame_of_its_sequence(counted_pilots: Pilots) -> None:
    # In Keras 3 a layer inside of a wrapper computes under the wrapper's name.
    name = "time_distributed" if KERAS_3 else "conv2d"
    frames, first = 3, layers_of(counted_pilots["rnn"].tflite)[name]
    assert first.macs == frames * 58 * 78 * 24 * 5 * 5 * 3


@pytest.mark.parametrize("name", ["linear", "categorical", "latent", "stacks", "conv_lstm"])
def test_each_layer_has_the_macs_and_parameters_of_its_keras_layer(
    counted_pilots: Pilots, name: str
) -> None:
    reference = counted_pilots[name]
    # The stacks have an image each, so that none but the first would be shown.
    layers = layers_of(reference.tflite, reference.convolutions if name == "stacks" else None)
    if KERAS_3 and name == "latent":
        # Its maps are an output of the pilot. 5.4 names those `Identity`, and no kernel.
        layers["img_out"] = layers.pop("conv")
    assert len(layers) == len(reference.convolutions)
    assert {n: layer.macs for n, layer in layers.items()} == {
        n: reference.macs_of[n] for n in layers
    }
    assert {n: layer.parameters for n, layer in layers.items()} == {
        n: reference.parameters_of[n] for n in layers
    }


def test_a_tflite_whose_lstm_is_a_loop_is_planned_whole(
    counted_pilots: Pilots, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("donkey_activations.planning.latency._MEASURED_S", 0.0)
    monkeypatch.setattr("donkey_activations.planning.drive_loop._MEASURED_S", 0.0)
    pilot = counted_pilots["loops"]
    assert main(["plan", "--model", str(pilot.tflite), "--sizes", "30x20", "--json"]) == 0
    (size,) = json.loads(capsys.readouterr().out)["sizes"]
    assert size["pilot"]["macs"] == sum(pilot.macs_of.values())
    assert size["pilot"]["parameters"] == pilot.parameters
    assert (size["pilot"]["uncounted"], size["layers"][0]["macs"]) == ([], pilot.macs_of["conv"])


def test_the_random_stacks_have_all_kinds_of_layers_in_them(counted_pilots: Pilots) -> None:
    pilot = counted_pilots["stacks"]
    content = cut(pilot.tflite.read_bytes(), pilot.convolutions)
    graph = read_graph(content)
    outputs = graph.model.subgraphs[0].outputs
    kinds = [graph.tensor_name(number).partition(":")[0] for number in outputs]
    assert set(kinds) == {"Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"}
    assert len(kinds) > 60


@pytest.mark.parametrize("name", ["linear", "rnn", "3d", "shared", "conv_lstm"])
def test_layers_add_up_to_the_whole(counted_pilots: Pilots, name: str) -> None:
    content = cut(counted_pilots[name].tflite.read_bytes())
    layers = layer_workloads(content, engine(content))
    assert workload(content, engine(content)) == Workload(
        macs=sum(layer.macs for layer in layers),
        parameters=sum(layer.parameters for layer in layers),
        activation_bytes=sum(layer.activation_bytes for layer in layers),
    )


def test_halving_convolutions_leave_so_many_cells(counted_pilots: Pilots) -> None:
    layers = open_extractor(counted_pilots["halving"].tflite).layers
    assert [(layer.width, layer.height) for layer in layers] == HALVED


@pytest.mark.parametrize("name", ["linear", "categorical", "linear_640x360", "halving"])
def test_a_convolution_with_its_activation_writes_its_maps_once(
    counted_pilots: Pilots, name: str
) -> None:
    layers = layers_of(counted_pilots[name].tflite)
    assert {n: layer.activation_bytes for n, layer in layers.items()} == {
        n: prod(counted_pilots[name].outputs[n][1:]) * FLOAT32 for n in layers
    }


@pytest.mark.parametrize(
    "name", ["behavior", "latent", "rnn", "stacks", "shared", "on_maps", "normalised", "int8"]
)
def test_all_tensors_have_the_sizes_that_they_have_when_litert_runs(
    counted_pilots: Pilots, name: str
) -> None:
    content = counted_pilots[name].tflite.read_bytes()
    if name == "rnn":
        content = cut(content)  # what follows are operators of TensorFlow's own
    assert workload(content).activation_bytes == bytes_that_litert_writes(content)


@pytest.mark.parametrize(("name", "item_bytes"), [("halving", 4), ("float16", 4), ("int8", 1)])
def test_all_tensors_that_are_written_count_in_their_own_type(
    counted_pilots: Pilots, name: str, item_bytes: int
) -> None:
    maps = (58 * 78 + 27 * 37 + 12 * 17 + 5 * 8 + 2 * 3) * 8
    flat, controls = 2 * 3 * 8, 2
    # Keras 3's Flatten works out in int32 what to flatten to: the four sizes of its input, the
    # batch among them, and the two sizes of its output.
    sizes = (4 + 1 + 2) * 4 if KERAS_3 else 0
    written = counted(counted_pilots[name]).activation_bytes
    assert written == (maps + flat + controls) * item_bytes + sizes


@pytest.mark.parametrize("name", QUANTISED)
def test_quantised_weights_count_as_those_they_were_made_of(
    counted_pilots: Pilots, name: str
) -> None:
    assert counted(counted_pilots[name]).parameters == counted_pilots["halving"].parameters


def test_a_folded_batch_normalisation_leaves_a_bias_and_another_a_scale_and_an_offset(
    counted_pilots: Pilots,
) -> None:
    unbiased, folded_bias = 3 * 3 * 3 * 6, 6
    activated, scale, offset, slopes = 3 * 3 * 6 * 4 + 4, 4, 4, 4
    expected = unbiased + folded_bias + activated + scale + offset + slopes
    assert counted(counted_pilots["normalised"]).parameters == expected


@pytest.mark.parametrize(
    "name", ["shared", "on_maps", "fused_lstm", "conv_lstm", "loops", "stacks"]
)
def test_what_is_read_twice_is_a_parameter_once_and_fillers_are_none(
    counted_pilots: Pilots, name: str
) -> None:
    assert counted(counted_pilots[name]).parameters == counted_pilots[name].parameters


def test_the_shared_biases_of_an_untrained_pilot_count_for_each_convolution(
    stock_pilot: StockPilot,
) -> None:
    layers = layers_of(stock_pilot.tflite)
    assert [layer.parameters for layer in layers.values()] == [
        5 * 5 * 3 * 24 + 24,
        5 * 5 * 24 * 32 + 32,
        5 * 5 * 32 * 64 + 64,
        3 * 3 * 64 * 64 + 64,
        3 * 3 * 64 * 64 + 64,
    ]


def test_the_converter_leaves_out_the_zero_biases_of_untrained_dense_layers(
    counted_pilots: Pilots, stock_pilot: StockPilot
) -> None:
    untrained = workload(stock_pilot.tflite.read_bytes())
    assert untrained.parameters == counted_pilots["linear"].parameters - (100 + 50 + 1 + 1)
