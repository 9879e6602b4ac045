"""Our maps against those of Keras itself, for both formats that `donkey train` writes."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
from keras_reference import keras_feature_maps
from numpy.typing import NDArray
from PIL import Image
from stock_pilot import build_stock_pilot

from donkey_activations import open_extractor

pytestmark = pytest.mark.tensorflow

LARGEST_DIFFERENCE = 1e-4
"""Of the layer's largest value."""


def assert_maps_equal_keras(
    given: Path, keras_pilot: Path, frames: NDArray[np.uint8], scratch: Path
) -> None:
    extractor = open_extractor(given)
    expected = keras_feature_maps(keras_pilot, frames, scratch)
    assert [layer.name for layer in extractor.layers] == list(expected)
    for number, frame in enumerate(frames):
        for layer, maps in zip(extractor.layers, extractor(frame), strict=True):
            reference = expected[layer.name][number]
            assert maps.dtype == np.float32
            assert maps.shape == reference.shape == (layer.height, layer.width, layer.filters)
            difference = np.abs(maps - reference).max()
            assert difference <= LARGEST_DIFFERENCE * np.abs(reference).max(), layer.name


@pytest.mark.parametrize(
    ("kind", "channels", "suffix"),
    [
        ("linear", 3, ".tflite"),
        ("linear", 3, ".h5"),
        ("linear", 1, ".tflite"),
        ("categorical", 3, ".tflite"),
        ("categorical", 3, ".h5"),
    ],
)
def test_a_stock_pilot_gives_the_maps_that_keras_computes(
    kind: str, channels: int, suffix: str, pilot_folder: Path, tmp_path: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, 120, 160, kind, channels)
    given = pilot.tflite if suffix == ".tflite" else pilot.keras
    frames = np.random.default_rng(5).integers(0, 256, (2, 120, 160, channels), np.uint8)
    assert_maps_equal_keras(given, pilot.keras, frames, tmp_path)


def test_a_pilot_at_640x360_gives_the_maps_that_keras_computes(
    pilot_folder: Path, tmp_path: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, 360, 640)
    frames = np.random.default_rng(6).integers(0, 256, (1, 360, 640, 3), np.uint8)
    assert_maps_equal_keras(pilot.tflite, pilot.keras, frames, tmp_path)


@pytest.mark.parametrize("name", ["pilot.tflite", "pilot.h5"])
def test_a_trained_pilot_gives_the_maps_that_keras_computes_on_its_tub(
    name: str, shared_data: Path, tmp_path: Path
) -> None:
    with tarfile.open(shared_data / "tub.tar.gz") as tub:
        tub.extractall(tmp_path, filter="data")
    names = [f"{index}_cam_image_array_.jpg" for index in range(0, 1000, 50)]
    images = [np.asarray(Image.open(tmp_path / "tub" / "images" / name)) for name in names]
    assert_maps_equal_keras(
        shared_data / name, shared_data / "pilot.h5", np.stack(images), tmp_path
    )
