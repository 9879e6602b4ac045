"""What is counted in graphs that are damaged, or that leave open how much they compute."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from changed_graphs import changed
from fuzzing.graph_damage import damaged_graph
from keras_release import KERAS_3
from stock_pilot import StockPilot
from workload_reference import Counted

from donkey_activations.errors import ModelError
from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.workload.workload import layer_workloads, workload

Pilots = dict[str, Counted]


def rename_operators(model: Any, old: int, new: int) -> None:
    for code in model.operatorCodes:
        if max(code.builtinCode, code.deprecatedBuiltinCode) == old:
            code.builtinCode = code.deprecatedBuiltinCode = new


def test_sizes_of_maps_follow_from_the_image_where_the_file_does_not_tell_them(
    stock_pilot: StockPilot,
) -> None:
    content = cut(stock_pilot.tflite.read_bytes())

    def forget(model: Any) -> None:
        for operator in model.subgraphs[0].operators:
            tensor = model.subgraphs[0].tensors[operator.outputs[0]]
            tensor.shape = tensor.shapeSignature = []

    assert workload(changed(content, forget)) == workload(content)


def test_a_loop_whose_end_nobody_knows_is_named_and_left_out(counted_pilots: Pilots) -> None:
    builtin = schema.BuiltinOperator
    content = changed(
        counted_pilots["rnn"].tflite.read_bytes(),
        lambda model: rename_operators(model, builtin.LESS, builtin.NOT_EQUAL),
    )
    found, pilot = workload(content), counted_pilots["rnn"]
    loops = [macs for name, macs in pilot.macs_of.items() if name.startswith("LSTM")]
    assert len(loops) == 2
    assert found.macs == sum(pilot.macs_of.values()) - sum(loops)
    assert found.parameters == pilot.parameters
    assert "WHILE" in found.uncounted


def test_rows_that_a_loop_cuts_out_at_each_step_have_the_sizes_of_that_step(
    counted_pilots: Pilots,
) -> None:
    content = counted_pilots["rnn"].tflite.read_bytes()
    builtin = schema.BuiltinOperator

    def hide_cuts(model: Any) -> None:
        rename_operators(model, builtin.SLICE, builtin.REVERSE_V2)

    # Keras 3's LSTM writes a row of 128 units at each of three steps, and cuts out the rows before
    # and behind: 0 and 2, 1 and 1, 2 and 0. Keras 2 writes into a list, and cuts nothing.
    rows = (0 + 2) + (1 + 1) + (2 + 0) if KERAS_3 else 0
    whole, others = workload(content), workload(changed(content, hide_cuts))
    assert (whole.uncounted, "REVERSE_V2" in others.uncounted) == ((), KERAS_3)
    assert whole.activation_bytes - others.activation_bytes == rows * 128 * 4


def test_a_loop_of_two_billion_steps_is_counted_without_running_it(counted_pilots: Pilots) -> None:
    steps = np.iinfo(np.int32).max

    def go_on(model: Any) -> None:
        (tests,) = (graph for graph in model.subgraphs if graph.name.endswith(b"while_cond"))
        limit = tests.tensors[tests.operators[0].inputs[1]]
        model.buffers.append(schema.BufferT())
        model.buffers[-1].data = np.frombuffer(np.int32(steps).tobytes(), np.uint8)
        limit.buffer = len(model.buffers) - 1

    content = counted_pilots["conv_lstm"].tflite.read_bytes()
    (three_steps,) = counted_pilots["conv_lstm"].macs_of.values()
    first_state = 0 if KERAS_3 else 10 * 12 * 3 * 3 * 3 * 5
    one_step = (three_steps - first_state) // 3
    assert workload(changed(content, go_on)).macs == first_state + steps * one_step


def test_an_operator_that_nobody_knows_is_named(stock_pilot: StockPilot) -> None:
    def make_custom(model: Any) -> None:
        custom = schema.OperatorCodeT()
        custom.builtinCode = custom.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        custom.customCode = b"SomebodysOwn"
        model.operatorCodes.append(custom)
        for number in (1, 3):
            model.subgraphs[0].operators[number].opcodeIndex = len(model.operatorCodes) - 1

    content = cut(stock_pilot.tflite.read_bytes())
    whole, layers = workload(content), layer_workloads(content)
    found = workload(changed(content, make_custom))
    assert found.uncounted == ("SomebodysOwn",)
    assert found.macs == whole.macs - layers[1].macs - layers[3].macs


def test_nothing_is_made_up_for_an_image_of_open_size(stock_pilot: StockPilot) -> None:
    def leave_open(model: Any) -> None:
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shapeSignature = [-1, -1, -1, 3]

    found = workload(changed(cut(stock_pilot.tflite.read_bytes()), leave_open))
    assert (found.macs, found.activation_bytes, found.uncounted) == (0, 0, ("CONV_2D",))


def make_image_huge(model: Any) -> None:
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.shape = image.shapeSignature = [1, 2**31 - 1, 2**31 - 1, 3]


def make_kernel_huge(model: Any) -> None:
    kernel = model.subgraphs[0].tensors[model.subgraphs[0].operators[0].inputs[1]]
    kernel.shape = [2**31 - 1, 5, 5, 3]


def make_image_deep(model: Any) -> None:
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.shape = image.shapeSignature = [2**31 - 1] * 100_000


def make_image_negative(model: Any) -> None:
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.shape, image.shapeSignature = [1, -120, 160, 3], None


def make_image_too_small(model: Any) -> None:
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.shape = image.shapeSignature = [1, 8, 8, 3]


def make_stride_zero(model: Any) -> None:
    model.subgraphs[0].operators[0].builtinOptions.strideH = 0


def point_nowhere(model: Any) -> None:
    model.subgraphs[0].operators[1].inputs = [4000, 4001, 4002]


@pytest.mark.parametrize(
    "damage",
    [
        make_image_huge,
        make_kernel_huge,
        make_image_deep,
        make_image_negative,
        make_image_too_small,
        make_stride_zero,
        point_nowhere,
    ],
)
def test_a_damaged_graph_is_a_model_error(
    stock_pilot: StockPilot, damage: Callable[[Any], None]
) -> None:
    content = changed(cut(stock_pilot.tflite.read_bytes()), damage)
    for count in (workload, layer_workloads):
        with pytest.raises(ModelError, match="damaged"):
            count(content)


def test_a_loop_that_calls_itself_is_a_model_error(counted_pilots: Pilots) -> None:
    def call_itself(model: Any) -> None:
        main = model.subgraphs[0]
        (loop,) = (op for op in main.operators if hasattr(op.builtinOptions, "bodySubgraphIndex"))
        loop.builtinOptions.bodySubgraphIndex = 0
        main.inputs, main.outputs = list(loop.inputs), list(loop.outputs)

    content = changed(counted_pilots["conv_lstm"].tflite.read_bytes(), call_itself)
    with pytest.raises(ModelError, match="damaged"):
        workload(content)


def test_what_is_no_graph_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"expected a \.tflite file"):
        workload(b"no graph at all")


@pytest.mark.parametrize("name", ["conv_lstm", "on_maps"])
def test_bytes_that_were_changed_at_random_are_counted_or_refused(
    counted_pilots: Pilots, name: str
) -> None:
    content = counted_pilots[name].tflite.read_bytes()
    refused = 0
    for number in range(200):
        damaged = damaged_graph(content, Random(number))
        try:
            found = workload(damaged)
            layer_workloads(damaged)
        except ModelError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert min(found.macs, found.parameters, found.activation_bytes) >= 0
    assert 0 < refused < 200
