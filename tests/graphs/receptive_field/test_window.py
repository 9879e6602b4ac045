"""Which cells a layer's cells read: against TensorFlow's gradients, layer by layer."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from stock_pilot import StockPilot
from window_reference import STACKS, ReadingLayer, build_stacks

from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.operators import Field
from donkey_activations.graphs.receptive_field.axis import Axis
from donkey_activations.graphs.receptive_field.geometry import layer_geometry
from donkey_activations.graphs.receptive_field.window import Window, fitting_window
from donkey_activations.graphs.tflite import read_graph

Stacks = list[tuple[Path, list[ReadingLayer]]]


@pytest.fixture(scope="module")
def stacks(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    return build_stacks(tmp_path_factory.mktemp("stacks"))


def windows_of(pilot: Path, layers: list[str] | None = None) -> list[Window | None]:
    graph = read_graph(cut(pilot.read_bytes(), layers))
    return [layer.window for layer in layer_geometry(graph)]


def assert_reads_its_window(
    read: NDArray[np.bool_], axis: int, window: Window, layer: ReadingLayer
) -> None:
    places = np.arange(read.shape[1])
    for cell, cells_read in enumerate(read):
        start = cell * window.stride[axis] + window.offset[axis]
        end = start + window.kernel[axis]
        covered = (places >= start) & (places < end)
        assert not (cells_read & ~covered).any()
        if layer.alone and not layer.dilated:
            assert (cells_read == covered).all()
        elif start >= 0 and end <= len(places):
            assert cells_read[[start, end - 1]].all()


@pytest.mark.parametrize("number", range(STACKS))
def test_every_cell_of_a_stack_reads_its_window(stacks: Stacks, number: int) -> None:
    pilot, layers = stacks[number]
    for window, layer in zip(windows_of(pilot), layers, strict=True):
        assert window is not None
        assert_reads_its_window(layer.rows, 0, window, layer)
        assert_reads_its_window(layer.columns, 1, window, layer)


def test_the_stacks_have_layers_of_all_sorts(stacks: Stacks) -> None:
    layers = [layer for _, stack in stacks for layer in stack]
    assert {(layer.dilated, layer.alone) for layer in layers} == {
        (dilated, alone) for dilated in (False, True) for alone in (False, True)
    }


def test_between_chosen_layers_stands_the_window_of_all_in_between(
    stock_pilot: StockPilot,
) -> None:
    first, last = windows_of(stock_pilot.tflite, ["conv2d_1", "conv2d_5"])
    assert first == Window((5, 5), (2, 2), (0, 0))
    # kernels 5, 5, 3, 3 and strides 2, 2, 1, 1: 1 + 4 + 4 * 2 + 2 * 4 + 2 * 4
    assert last == Window((29, 29), (4, 4), (0, 0))


def field(first: list[int], last: list[int], stride: Fraction | None = Fraction(1)) -> Field:
    rows = Axis(np.array([first]), np.array([last]), stride)
    return Field((rows, Axis.of_image(4)))


def test_a_cell_in_the_padding_reads_nothing_and_has_its_window() -> None:
    nothing = np.iinfo(np.int64).max
    padded = field([nothing, 0, 1, 2, nothing], [-1, 0, 1, 2, -1])
    assert fitting_window(padded, (3, 4)) == Window((1, 1), (1, 1), (-1, 0))


@pytest.mark.parametrize(
    "irregular",
    [
        field([0, 0, 1, 1], [0, 0, 1, 1], Fraction(1, 2)),
        field([0, 1, 2], [2, 2, 4], Fraction(1)),
        field([0, 1, 2], [0, 1, 2], None),
        field([0, 0], [-1, -1]),
        Field((Axis.of_image(4), Axis.of_image(4)), uniform=True),
    ],
    ids=["upsampling", "uneven", "no places", "reads nothing", "all read the same"],
)
def test_what_no_window_tells_has_none(irregular: Field) -> None:
    assert fitting_window(irregular, (6, 4)) is None
