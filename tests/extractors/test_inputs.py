"""Which input the camera's frame goes to, and what the maps are where others are not fed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from between_workers import built_once
from json_programs import run_program

from donkey_activations.errors import ModelError
from donkey_activations.extractors.inputs import NetworkInput, camera_input, nothing_for

LAYERS = {
    "commanded": ["first", "second"],
    "named_second": ["front"],
    "colour_and_depth": ["seen"],
    "mixed": ["seen", "both"],
    "scanned": ["seen"],
    "bytes_in": ["seen"],
    "batch_of_four": ["seen"],
    "any_size": ["seen"],
    "four_channels": ["seen"],
}
UNFED = {"commanded": ["cmd_in"], "mixed": ["right"]}
SUFFIXES = (".h5", ".tflite")


@pytest.fixture(scope="module")
def opened(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def build(folder: Path) -> dict[str, Any]:
        found: dict[str, Any] = run_program("input_pilots", folder, cache=folder / "cache")
        return found

    return built_once(tmp_path_factory, "input_pilots", build)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", LAYERS)
def test_the_maps_are_those_of_the_frame_and_of_zeros_at_every_opening(
    opened: dict[str, Any], name: str, suffix: str
) -> None:
    outcome = opened[name + suffix]
    assert outcome["error"] is None
    assert outcome["layers"] == LAYERS[name]
    assert outcome["unfed"] == UNFED.get(name, [])
    assert outcome["difference"] <= 1e-4


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pilot_of_any_size_asks_for_one(opened: dict[str, Any], suffix: str) -> None:
    error = opened[f"any_size{suffix} at its own size"]["error"]
    assert "takes images of any size; give one (--size" in error


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_that_no_camera_makes_is_named_with_what_is_expected(
    opened: dict[str, Any], suffix: str
) -> None:
    error = opened[f"six_channels{suffix}"]["error"]
    assert "with 1, 3 or 4 channels, got img_in" in error


COLOUR, GREY, SMALL = (1, 120, 160, 3), (1, 240, 320, 1), (1, 60, 80, 3)


@pytest.mark.parametrize(
    ("inputs", "chosen"),
    [
        ([("imu_in", (1, 6)), ("view", COLOUR)], "view"),
        ([("view", COLOUR), ("img_in", GREY)], "img_in"),
        ([("a", GREY), ("b", COLOUR)], "b"),
        ([("a", SMALL), ("b", COLOUR)], "b"),
        ([("right", COLOUR), ("left", COLOUR)], "left"),
        ([("serving_default_img_in:0", SMALL), ("z", COLOUR)], "serving_default_img_in:0"),
        ([("a", (1, 3, 60, 80, 3)), ("b", (1, 60, 80, 4))], "a"),
    ],
)
def test_the_cameras_input_is_chosen_by_name_then_channels_then_size_then_name(
    inputs: list[tuple[str, tuple[int, ...]]], chosen: str
) -> None:
    for order in (inputs, inputs[::-1]):
        found = camera_input([NetworkInput(name, shape) for name, shape in order])
        assert order[found][0] == chosen


def test_no_image_among_the_inputs_is_told_with_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"got lidar \(1, 360, 1\), flow \(1, 48, 64, 2\)"):
        camera_input([NetworkInput("lidar", (1, 360, 1)), NetworkInput("flow", (1, 48, 64, 2))])


def test_nothing_is_the_zero_point_of_a_quantised_input() -> None:
    detail = {"shape": np.array([1, 3]), "dtype": np.int8, "quantization": (0.5, -7)}
    assert nothing_for(detail).tolist() == [[-7, -7, -7]]
    plain = {"shape": np.array([2]), "dtype": np.float32, "quantization": (0.0, 0)}
    assert nothing_for(plain).tolist() == [0.0, 0.0]
