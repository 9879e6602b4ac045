"""What is counted in graphs that are damaged, or that leave open how much they compute."""

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from changed_graphs import changed
from json_programs import run_program
from stock_pilot import StockPilot
from workload_reference import Counted

from donkey_activations.errors import ModelError
from donkey_activations.extractors.engines import engine_of
from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.tflite import read_graph
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


def test_sizes_in_loops_and_behind_them_follow_where_the_file_does_not_tell_them(
    counted_pilots: Pilots,
) -> None:
    content = counted_pilots["loops"].tflite.read_bytes()

    def forget(model: Any) -> None:
        for graph in model.subgraphs:
            for operator in graph.operators:
                for number in operator.outputs:
                    graph.tensors[number].shape = graph.tensors[number].shapeSignature = []

    assert workload(changed(content, forget)) == workload(content)


def test_a_loop_whose_end_nobody_knows_is_named_and_left_out(counted_pilots: Pilots) -> None:
    builtin = schema.BuiltinOperator
    content = changed(
        counted_pilots["rnn"].tflite.read_bytes(),
        lambda model: rename_operators(model, builtin.LESS, builtin.NOT_EQUAL),
    )
    found = workload(content, engine_of(read_graph(content))[0])
    pilot = counted_pilots["rnn"]
    loops = [macs for name, macs in pilot.macs_of.items() if name.startswith("LSTM")]
    assert len(loops) == 2
    assert found.macs == sum(pilot.macs_of.values()) - sum(loops)
    assert found.parameters == pilot.parameters
    assert "WHILE" in found.uncounted


def test_rows_that_a_loop_cuts_out_at_each_step_have_the_sizes_of_that_step(
    counted_pilots: Pilots,
) -> None:
    content = counted_pilots["loops"].tflite.read_bytes()

    def cut_twice(model: Any) -> None:
        names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
        for graph in model.subgraphs:
            for operator in list(graph.operators):
                if names[model.operatorCodes[operator.opcodeIndex].builtinCode] == "SLICE":
                    again = copy(operator)
                    graph.tensors.append(copy(graph.tensors[operator.outputs[0]]))
                    again.outputs = [len(graph.tensors) - 1]
                    graph.operators.append(again)

    # The first LSTM writes a row of 6 units at each of four steps, and cuts out the rows before and
    # behind: 0 and 3, 1 and 2, 2 and 1, 3 and 0.
    rows = (0 + 3) + (1 + 2) + (2 + 1) + (3 + 0)
    once, twice = workload(content), workload(changed(content, cut_twice))
    assert (once.uncounted, twice.uncounted) == ((), ())
    assert twice.activation_bytes - once.activation_bytes == rows * 6 * 4


def test_a_loop_of_two_billion_steps_is_named_and_not_run(counted_pilots: Pilots) -> None:
    def go_on(model: Any) -> None:
        model.buffers.append(schema.BufferT())
        model.buffers[-1].data = np.frombuffer(np.int32(2**31 - 1).tobytes(), np.uint8)
        for graph in model.subgraphs:
            if graph.name.endswith(b"while_cond"):
                written = {number for operator in graph.operators for number in operator.outputs}
                for number in {operator.inputs[1] for operator in graph.operators} - written:
                    graph.tensors[number].buffer = len(model.buffers) - 1

    pilot = counted_pilots["loops"]
    found = workload(changed(pilot.tflite.read_bytes(), go_on))
    loops = [macs for name, macs in pilot.macs_of.items() if name.startswith("lstm")]
    assert found.macs == sum(pilot.macs_of.values()) - sum(loops)
    assert found.uncounted == ("WHILE",)


def test_an_operator_that_nobody_knows_is_named(stock_pilot: StockPilot) -> None:
    def make_custom(model: Any) -> None:
        custom = schema.OperatorCodeT()
        custom.builtinCode = custom.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        custom.customCode = b"SomebodysOwn"
        model.operatorCodes.append(custom)
        model.subgraphs[0].operators[1].opcodeIndex = len(model.operatorCodes) - 1

    content = cut(stock_pilot.tflite.read_bytes())
    with pytest.raises(ModelError, match=r"cannot be run here.*SomebodysOwn"):
        workload(changed(content, make_custom))


def test_nothing_is_made_up_for_an_image_of_open_size(stock_pilot: StockPilot) -> None:
    def leave_open(model: Any) -> None:
        model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shapeSignature = [-1, -1, -1, 3]

    with pytest.raises(ModelError, match="one of any size"):
        workload(changed(cut(stock_pilot.tflite.read_bytes()), leave_open))


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
        loop = next(op for op in main.operators if hasattr(op.builtinOptions, "bodySubgraphIndex"))
        loop.builtinOptions.bodySubgraphIndex = 0
        main.inputs, main.outputs = list(loop.inputs), list(loop.outputs)

    content = changed(counted_pilots["loops"].tflite.read_bytes(), call_itself)
    with pytest.raises(ModelError, match="damaged"):
        workload(content)


def test_what_is_no_graph_is_a_model_error() -> None:
    with pytest.raises(ModelError, match=r"expected a \.tflite file"):
        workload(b"no graph at all")


@pytest.mark.parametrize("name", ["loops", "on_maps"])
def test_bytes_that_were_changed_at_random_are_counted_or_refused(
    counted_pilots: Pilots, name: str, tmp_path: Path
) -> None:
    counted, refused = run_program(
        "damaged_workloads", counted_pilots[name].tflite, "200", cache=tmp_path
    )
    assert counted > 0
    assert refused > 0
    assert counted + refused == 200
