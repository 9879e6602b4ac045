"""What an extractor's layers say of what their cells see."""

from pathlib import Path

import pytest
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor
from donkey_activations.extractors import receptive_fields
from donkey_activations.extractors.base import LayerInfo
from donkey_activations.extractors.graph import cut
from donkey_activations.graphs.receptive_field.geometry import layer_geometry
from donkey_activations.graphs.receptive_field.window import Window
from donkey_activations.graphs.tflite import read_graph


def test_an_extractors_layers_tell_the_geometry_of_their_graph(stock_pilot: StockPilot) -> None:
    geometry = layer_geometry(read_graph(cut(stock_pilot.tflite.read_bytes())))
    layers = open_extractor(stock_pilot.tflite).layers
    for layer, seen in zip(layers, geometry, strict=True):
        assert layer.name == seen.name
        assert layer.receptive_field == seen.receptive_field
        assert layer.stride == seen.stride
        assert layer.window == seen.window
    assert [layer.window for layer in layers] == [
        *[Window((5, 5), (2, 2), (0, 0))] * 3, *[Window((3, 3), (1, 1), (0, 0))] * 2
    ]  # fmt: skip


@pytest.mark.parametrize("layers", [None, ["conv2d_5"], ["conv2d_2", "conv2d_4"]])
def test_at_another_size_it_is_the_geometry_of_a_pilot_of_that_size(
    layers: list[str] | None, stock_pilot: StockPilot, pilot_folder: Path
) -> None:
    wide = build_stock_pilot(pilot_folder, height=90, width=220)
    resized = open_extractor(stock_pilot.tflite, layers, size=(90, 220))
    assert resized.size_changed
    assert resized.layers == open_extractor(wide.tflite, layers).layers
    assert resized.layers[-1].receptive_field is not None
    assert resized.layers[-1].window is not None


@pytest.mark.parametrize("error", [ValueError, IndexError, MemoryError, RuntimeError])
def test_a_pilot_whose_geometry_cannot_be_told_opens_and_says_unknown(
    error: type[Exception], stock_pilot: StockPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error("odd")

    known = open_extractor(stock_pilot.tflite).layers
    monkeypatch.setattr(receptive_fields, "layer_geometry", fail)
    assert open_extractor(stock_pilot.tflite).layers == tuple(
        LayerInfo(layer.name, layer.kind, layer.height, layer.width, layer.filters)
        for layer in known
    )


def test_layers_are_equal_and_hash_alike_when_they_are_the_same(stock_pilot: StockPilot) -> None:
    one, other = (open_extractor(stock_pilot.tflite).layers for _ in range(2))
    assert one == other
    assert len({*one, *other}) == len(one)
