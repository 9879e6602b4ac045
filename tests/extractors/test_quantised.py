"""Quantised pilots against the same graph, run uncut with every tensor preserved."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from donkey_activations import open_extractor

SUPPORT = Path(__file__).parents[1] / "support" / "quantised_pilots.py"
NAMES = [f"conv2d_{number}" for number in range(1, 6)]


@pytest.fixture(scope="module")
def quantised(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantised")
    subprocess.run(
        [sys.executable, str(SUPPORT), str(folder)], check=True, capture_output=True, timeout=600
    )
    return folder


def preserved_maps(pilot: Path, frame: np.ndarray) -> dict[str, tuple[np.ndarray, float]]:
    """The maps as real numbers and the quantum (0 where they are floats), by layer."""
    interpreter = Interpreter(str(pilot), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]
    scaled = (frame * (1.0 / 255.0))[np.newaxis]
    if image["dtype"] != np.float32:
        scale, zero_point = image["quantization"]
        scaled = np.round(scaled.astype(np.float32) / np.float32(scale)) + zero_point
    interpreter.set_tensor(image["index"], scaled.astype(image["dtype"]))
    interpreter.invoke()
    found = {}
    for tensor in interpreter.get_tensor_details():
        name = tensor["name"].split("/")[1] if "/Relu" in tensor["name"] else ""
        if name not in NAMES:
            name = name.removesuffix("_1")  # as Keras 3 names what a layer computes
        if name in NAMES and len(tensor["shape"]) == 4:
            found[name] = as_real_numbers(tensor, interpreter.get_tensor(tensor["index"])[0])
    return found


def as_real_numbers(tensor: Any, values: np.ndarray) -> tuple[np.ndarray, float]:
    scale, zero_point = tensor["quantization"]
    return ((values.astype(np.float64) - zero_point) * scale if scale else values), scale


@pytest.mark.parametrize("kind", ["int8", "uint8", "float_in_int8"])
def test_integer_maps_are_within_one_quantum(kind: str, quantised: Path) -> None:
    pilot = quantised / f"{kind}.tflite"
    frame = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    extractor = open_extractor(pilot)
    expected = preserved_maps(pilot, frame)
    assert [layer.name for layer in extractor.layers] == NAMES
    for layer, maps in zip(extractor.layers, extractor(frame), strict=True):
        reference, quantum = expected[layer.name]
        assert quantum > 0
        assert maps.dtype == np.float32
        assert np.abs(maps - reference).max() <= quantum * 1.001, layer.name
        assert reference.max() > 10 * quantum


@pytest.mark.parametrize(("kind", "tolerance"), [("dynamic", 0.02), ("float16", 1e-5)])
def test_maps_of_packed_weights_are_those_of_the_whole_graph(
    kind: str, tolerance: float, quantised: Path
) -> None:
    pilot = quantised / f"{kind}.tflite"
    frame = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    extractor = open_extractor(pilot)
    expected = preserved_maps(pilot, frame)
    for layer, maps in zip(extractor.layers, extractor(frame), strict=True):
        reference, _ = expected[layer.name]
        assert np.abs(maps - reference).max() <= tolerance * np.abs(reference).max(), layer.name


def test_integer_maps_are_what_each_activation_gives_in_keras(quantised: Path) -> None:
    frame = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    extractor = open_extractor(quantised / "activations.tflite")
    expected = dict(np.load(quantised / "activations.npz"))
    assert {layer.name for layer in extractor.layers} == set(expected)
    for layer, maps in zip(extractor.layers, extractor(frame), strict=True):
        reference = expected[layer.name]
        assert maps.dtype == np.float32
        assert np.abs(maps - reference).max() <= 0.1 * np.abs(reference).max(), layer.name
