import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from stock_pilot import StockPilot

from donkey_activations import FrameError, ModelError, open_extractor

H5 = pytest.param(".h5", marks=pytest.mark.tensorflow)
KERAS = pytest.param("keras", marks=pytest.mark.tensorflow)


def test_the_layers_of_a_linear_pilot_have_the_sizes_of_donkeycars_documentation(
    stock_pilot: StockPilot,
) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    sizes = [(layer.width, layer.height, layer.filters) for layer in extractor.layers]
    assert sizes == [(78, 58, 24), (37, 27, 32), (17, 12, 64), (15, 10, 64), (13, 8, 64)]
    assert {layer.kind for layer in extractor.layers} == {"Conv2D"}
    assert extractor.input_shape == (120, 160, 3)
    assert extractor.sequence_length == 1
    assert extractor.engine == "litert"
    assert not extractor.size_changed


def test_chosen_layers_come_in_the_order_of_the_network_and_with_the_same_maps(
    stock_pilot: StockPilot, noise: NDArray[np.uint8]
) -> None:
    every = open_extractor(stock_pilot.tflite)
    chosen = open_extractor(stock_pilot.tflite, layers=["conv2d_4", "conv2d_2"])
    assert [layer.name for layer in chosen.layers] == ["conv2d_2", "conv2d_4"]
    maps = every(noise[0])
    for ours, expected in zip(chosen(noise[0]), (maps[1], maps[3]), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("suffix", [".tflite", H5])
def test_an_unknown_layer_is_answered_with_the_names_there_are(
    stock_pilot: StockPilot, suffix: str
) -> None:
    model = stock_pilot.tflite if suffix == ".tflite" else stock_pilot.keras
    with pytest.raises(ModelError, match=r"conv9.*conv2d_1, conv2d_2"):
        open_extractor(model, layers=["conv9"])


def test_another_size_runs_the_same_filters_and_says_so(stock_pilot: StockPilot) -> None:
    extractor = open_extractor(stock_pilot.tflite, size=(240, 320))
    assert extractor.size_changed
    assert extractor.input_shape == (240, 320, 3)
    # floor((n - 5) / 2) + 1 for each side of the first layer
    assert (extractor.layers[0].height, extractor.layers[0].width) == (118, 158)
    quarter = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    stock = open_extractor(stock_pilot.tflite)(quarter[:120, :160].copy())[0]
    np.testing.assert_allclose(extractor(quarter)[0][:58, :78], stock, atol=1e-6)


def test_a_size_too_small_for_the_network_is_a_model_error(stock_pilot: StockPilot) -> None:
    with pytest.raises(ModelError, match="16x12"):
        open_extractor(stock_pilot.tflite, size=(12, 16))


def test_a_frame_is_left_unchanged_and_the_maps_belong_to_the_caller(
    stock_pilot: StockPilot, noise: NDArray[np.uint8]
) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    before = noise[0].copy()
    first = extractor(noise[0])
    kept = [maps.copy() for maps in first]
    extractor(noise[1])
    np.testing.assert_array_equal(noise[0], before)
    for maps, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(maps, copy)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (np.zeros((360, 640, 3), np.uint8), r"160x120 RGB.*640x360 RGB.*IMAGE_W = 160"),
        (np.zeros((120, 160), np.uint8), r"160x120 RGB.*160x120 grey"),
        (np.zeros((120, 160, 3), np.float64), "uint8.*float64"),
        (None, "uint8.*NoneType"),
    ],
)
def test_an_unfit_frame_is_answered_with_both_shapes_and_the_way_out(
    stock_pilot: StockPilot, frame: object, said: str
) -> None:
    with pytest.raises(FrameError, match=said):
        open_extractor(stock_pilot.tflite)(frame)  # type: ignore[arg-type]


def test_what_is_in_a_file_counts_and_not_its_suffix(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    disguised = tmp_path / "pilot.h5"
    disguised.write_bytes(stock_pilot.tflite.read_bytes())
    assert len(open_extractor(disguised).layers) == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"# my pilot\n", "this is neither"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"\x1c\x00\x00\x00TFL3", "damaged"),
        pytest.param(b"\x89HDF\r\n\x1a\n", "damaged", marks=pytest.mark.tensorflow),
    ],
)
def test_a_file_that_is_no_pilot_is_a_model_error_that_names_it(
    content: bytes, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "pilot.tflite"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=said) as raised:
        open_extractor(file)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_a_folder_are_model_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        open_extractor(tmp_path / "none.tflite")
    with pytest.raises(ModelError, match="folder"):
        open_extractor(tmp_path)


def test_the_right_file_beside_a_wrong_one_is_named(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    (tmp_path / "pilot.tflite").write_bytes(stock_pilot.tflite.read_bytes())
    (tmp_path / "pilot.trt").write_bytes(b"a TensorRT engine")
    with pytest.raises(ModelError, match=r"give pilot\.tflite beside it"):
        open_extractor(tmp_path / "pilot.trt")


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".tflite", H5])
def test_a_file_cut_short_is_a_model_error(
    stock_pilot: StockPilot, suffix: str, share: float, tmp_path: Path
) -> None:
    whole = (stock_pilot.tflite if suffix == ".tflite" else stock_pilot.keras).read_bytes()
    torn = tmp_path / f"torn{suffix}"
    torn.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError):
        open_extractor(torn)


@pytest.mark.tensorflow
def test_a_keras_file_that_would_run_stored_code_is_refused_with_the_layers_name(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    armed = tmp_path / "armed.h5"
    armed.write_bytes(stock_pilot.keras.read_bytes())
    with h5py.File(armed, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        code = {"class_name": "Lambda", "config": {"name": "sneaky", "function": ["4wEAAAAA"]}}
        config["config"]["layers"].append(code)
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(ModelError, match=r"sneaky.*trust_model"):
        open_extractor(armed)


@pytest.mark.tensorflow
def test_an_h5_with_weights_only_says_what_is_missing(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.create_group("conv2d_1")
    with pytest.raises(ModelError, match="weights only"):
        open_extractor(tmp_path / "weights.h5")


@pytest.mark.parametrize("pilot_format", ["tflite", KERAS])
def test_a_misspelt_layer_is_answered_with_the_nearest_name(
    stock_pilot: StockPilot, pilot_format: str
) -> None:
    with pytest.raises(ModelError, match=r"named conv2d3; did you mean conv2d_3\? the convol"):
        open_extractor(getattr(stock_pilot, pilot_format), ["conv2d3"])
