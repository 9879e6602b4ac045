"""Graphs that come from a converter, with names of their outputs or without."""

import pytest
from changed_graphs import changed
from stock_pilot import StockPilot

from donkey_activations import ModelError
from donkey_activations.extractors.graph import label_outputs


def test_a_graph_without_a_signature_is_refused_with_the_way_out(stock_pilot: StockPilot) -> None:
    content = stock_pilot.tflite.read_bytes()
    nameless = changed(content, lambda model: setattr(model, "signatureDefs", None))
    with pytest.raises(ModelError, match="without names; save the pilot again, or give the"):
        label_outputs(nameless, {"map_0": "Conv2D:conv2d_1"}, chosen=True)
