"""A pilot at any resolution, against networks that its makers build at that very resolution."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from json_programs import run_program
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import ModelError, open_extractor
from donkey_activations.extractors import engines
from donkey_activations.planning.pilots import PlannedPilot

pytestmark = pytest.mark.timeout(1200)

LARGEST_DIFFERENCE = 1e-4
"""Of the layer's largest value."""

PLANNED = [
    ("linear", "160x120"), ("linear", "320x180"), ("categorical", "320x180"),
    ("inferred", "150x200"), ("memory", "320x180"), ("imu", "150x200"), ("behavior", "320x180"),
    ("localizer", "150x200"), ("latent", "320x180"), ("rnn", "150x200"), ("3d", "320x180"),
    ("nested", "150x200"),
]  # fmt: skip
"""Each takes a conversion; that every kind can be built at every size, test_rebuilding tells."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "cache"


@pytest.fixture(scope="module")
def tables(
    tensorflow: None, tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("planned")
    tasks = ("planned", "lite", "refused", "converted", "chosen")
    found: dict[str, Any] = run_program("planned_pilots", folder, *tasks, cache=cache)
    return found


@pytest.fixture
def planned(tables: dict[str, Any], kind: str, size: str) -> dict[str, Any]:
    found: dict[str, Any] = tables["planned"][kind]["sizes"][size]
    return found


@pytest.mark.parametrize(("kind", "size"), PLANNED)
def test_a_keras_pilot_has_the_layers_and_the_parameters_of_one_built_at_that_size(
    planned: dict[str, Any], size: str
) -> None:
    assert f"{planned['size_hw'][1]}x{planned['size_hw'][0]}" == size
    assert planned["input"][:2] == planned["size_hw"]
    assert not planned["size_changed"]
    assert planned["layers"] == planned["expected_layers"]
    assert list(planned["layers"]) == list(planned["expected_layers"])
    assert planned["parameters"] == planned["expected_parameters"]


@pytest.mark.parametrize(("kind", "size"), PLANNED)
def test_its_convolutions_give_the_maps_that_keras_computes_with_its_weights(
    planned: dict[str, Any],
) -> None:
    assert list(planned["differences"]) == list(planned["expected_layers"])
    assert max(planned["differences"].values()) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize(("kind", "size"), PLANNED)
def test_the_whole_of_it_runs_and_steers(planned: dict[str, Any]) -> None:
    assert sorted(planned["whole_outputs"]) == sorted(planned["expected_outputs"])


def test_the_whole_pilot_is_what_donkeycar_converts_it_to(tables: dict[str, Any]) -> None:
    assert tables["converted"] == [True, True]


def test_a_keras_pilot_tells_the_size_and_the_frames_it_was_trained_with(
    tables: dict[str, Any],
) -> None:
    told = {
        kind: (found["trained_hw"], found["sequence_length"])
        for kind, found in tables["planned"].items()
    }
    assert told["linear"] == ([120, 160], 1)
    assert told["rnn"] == ([60, 80], 2)
    assert told["3d"] == ([60, 80], 4)


def test_nothing_is_kept_on_the_disk(tables: dict[str, Any], cache: Path) -> None:
    assert tables["planned"]
    # What Donkeycar loads keeps its own things there, such as Matplotlib's list of fonts.
    assert not (cache / "donkey-activations").exists()
    assert not [
        path
        for path in cache.rglob("*")
        if path.suffix in {".tflite", ".json"} and path.parent.name != "matplotlib"
    ]


def test_layers_that_were_asked_for_are_had_at_every_size(tables: dict[str, Any]) -> None:
    assert tables["chosen"] == {
        "56x40": [["ReLU", "joined_relu", 26, 18], ["Conv2D", "last", 11, 7]],
        "80x60": [["ReLU", "joined_relu", 38, 28], ["Conv2D", "last", 17, 12]],
    }


@pytest.mark.parametrize("kind", ["3d", "residual", "two images", "separate activations"])
def test_a_tflite_at_another_size_is_what_an_extractor_runs_there(
    kind: str, tables: dict[str, Any]
) -> None:
    found = tables["lite"][kind]
    assert found["input"] == [68, 90, 3]
    assert not found["size_changed"]
    assert found["equal"]
    assert found["known"]
    assert found["layers"] == found["expected_layers"]


@pytest.mark.parametrize("layers", [None, ["conv2d_2", "conv2d_5"]])
@pytest.mark.parametrize("size", [(61, 61), (180, 320), (200, 150), (360, 640)])
def test_a_tflite_without_tensorflow_is_the_same_at_any_size(
    size: tuple[int, int], layers: list[str] | None, stock_pilot: StockPilot
) -> None:
    pilot = PlannedPilot(stock_pilot.tflite, layers=layers)
    sized = pilot.at(size)
    assert (sized.size_hw, sized.whole, sized.parameters) == (size, None, None)
    assert pilot.at(size) is sized
    own = engines.run(sized.cut_graph, None, 1)
    resized = open_extractor(stock_pilot.tflite, layers, size)
    assert not own.size_changed
    assert own.input_shape == (*size, 3)
    assert own.layers == resized.layers
    frame = np.random.default_rng(4).integers(0, 256, (*size, 3), np.uint8)
    for maps, expected in zip(own(frame), resized(frame), strict=True):
        np.testing.assert_array_equal(maps, expected)


def test_a_tflite_at_its_own_size_is_the_file_itself(stock_pilot: StockPilot) -> None:
    pilot = PlannedPilot(stock_pilot.tflite)
    assert (pilot.trained_hw, pilot.channels, pilot.sequence_length) == ((120, 160), 3, 1)
    assert not pilot.is_keras
    sized = pilot.at((120, 160))
    assert sized.whole == stock_pilot.tflite.read_bytes()
    # kernels and biases of five convolutions, and of the dense layers behind 13x8x64 cells; the
    # biases, which are all zeros in this pilot, need not be told apart
    convolutions = 5 * 5 * (3 * 24 + 24 * 32 + 32 * 64) + 2 * 3 * 3 * 64 * 64
    dense = 13 * 8 * 64 * 100 + 100 * 50 + 2 * 50
    biases = 24 + 32 + 3 * 64 + 100 + 50 + 2
    assert sized.parameters is not None
    assert 0 <= sized.parameters - convolutions - dense <= biases


@pytest.mark.parametrize("size", [(30, 40), (60, 61), (61, 60), (360, 20)])
def test_a_size_below_the_receptive_field_is_refused_with_the_trained_one(
    size: tuple[int, int], stock_pilot: StockPilot
) -> None:
    with pytest.raises(ModelError) as refused:
        PlannedPilot(stock_pilot.tflite).at(size)
    assert str(refused.value) == DOES_NOT_RUN.format(f"{size[1]}x{size[0]}", "160x120")


def test_height_and_width_are_told_apart(pilot_folder: Path) -> None:
    categorical = build_stock_pilot(pilot_folder, kind="categorical", height=100, width=140)
    pilot = PlannedPilot(categorical.tflite)
    assert pilot.trained_hw == (100, 140)
    assert open_extractor(categorical.tflite, size=(90, 200)).layers == (
        engines.run(pilot.at((90, 200)).cut_graph, None, 1).layers
    )


CHOOSE = (
    "it was trained at {}: choose another size, a larger one rather, or give {} of the same "
    "training"
)
DOES_NOT_RUN = (
    f"the network does not run at {{}} px (width x height); {CHOOSE.format('{}', 'the Keras file')}"
)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("linear.h5 61x61",
         "conv2d_1 29x29 conv2d_2 13x13 conv2d_3 5x5 conv2d_4 3x3 conv2d_5 1x1"),
        ("ConvLSTM.tflite 90x68", DOES_NOT_RUN.format("90x68", "56x40")),
        ("unet.h5 60x52", "down_0 60x52 down_1 30x26 up_0 30x26 up_1 60x52"),
        ("in_blocks.tflite 62x50", DOES_NOT_RUN.format("62x50", "64x48")),
        ("in_blocks.tflite 66x48", DOES_NOT_RUN.format("66x48", "64x48")),
        ("in_blocks.tflite 60x52", "seen 13x11"),
        ("in_blocks.tflite 64x8", DOES_NOT_RUN.format("64x8", "64x48")),
        ("gated.tflite 320x240", "seen 159x119 gate 1x1 after 157x117"),
        ("home_made.savedmodel 64x48", "seen 62x46"),
        ("stored_code.keras 80x60", "seen 78x58"),
    ],
)  # fmt: skip
def test_a_tflite_that_does_not_run_at_a_size_says_so_and_others_have_their_layers(
    asked: str, answer: str, tables: dict[str, Any]
) -> None:
    assert tables["refused"][asked] == answer


@pytest.mark.parametrize(
    ("asked", "trained"),
    [
        ("linear.h5 40x30", "160x120"),
        ("linear.h5 200x60", "160x120"),
        ("linear.h5 60x61", "160x120"),
        ("unet.h5 61x50", "64x48"),
        ("unet.h5 66x48", "64x48"),
        ("unet.h5 64x3", "64x48"),
        ("fixed.h5 128x96", "64x48"),
        ("fixed.h5 30x40", "64x48"),
    ],
)
def test_a_keras_pilot_that_cannot_be_built_at_a_size_says_why_and_what_it_was_trained_at(
    asked: str, trained: str, tables: dict[str, Any]
) -> None:
    answer = tables["refused"][asked]
    size = asked.split()[1]
    reason = answer.removeprefix(f"the network cannot be built at {size} px (width x height): ")
    assert reason != answer
    assert reason.endswith(CHOOSE.format(trained, "the .tflite"))
    assert "\n" not in answer


@pytest.mark.parametrize("size", [(240, 320), (180, 320), (119, 160), (40, 60)])
def test_a_graph_with_a_fixed_shape_in_it_names_the_size_it_was_trained_at(
    size: tuple[int, int], pilot_folder: Path
) -> None:
    rnn = build_stock_pilot(pilot_folder, kind="rnn").tflite
    with pytest.raises(ModelError) as refused:
        PlannedPilot(rnn).at(size)
    assert str(refused.value) == DOES_NOT_RUN.format(f"{size[1]}x{size[0]}", "160x120")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            "home_made.savedmodel 80x60",
            ["layer home_made", "not part of Keras", "give the .tflite"],
        ),
        ("by_hand.savedmodel 80x60", ["by_hand", "does not tell its layers", "give the .tflite"]),
        ("stored_code.keras", ["layer stored_code is a Lambda", "--trust-model"]),
        ("any_size.h5", ["one size", "save it with an Input"]),
        ("dense_only.h5", ["at least one convolution, found none"]),
    ],
)
def test_what_is_no_pilot_to_plan_with_says_so_in_one_line(
    asked: str, words: list[str], tables: dict[str, Any]
) -> None:
    said = tables["refused"][asked]
    assert "\n" not in said
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", ["no_such.tflite", "notes.txt"])
def test_a_file_that_is_no_pilot_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("turn left")
    with pytest.raises(ModelError, match=r"cannot be read|expected a \.tflite or a Keras pilot"):
        PlannedPilot(tmp_path / name)


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(stock_pilot: StockPilot) -> None:
    with pytest.raises(ModelError, match=r"conv2d_9.*did you mean conv2d_"):
        PlannedPilot(stock_pilot.tflite, layers=["conv2d_9"])
