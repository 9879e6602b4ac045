"""Every kind of pilot, in every format, against Keras; one process builds and compares them all."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SUPPORT = Path(__file__).parents[1] / "support" / "pilot_kinds.py"
LARGEST_DIFFERENCE = 1e-4
"""Of the layer's largest value."""

KINDS = [
    "linear", "linear grey", "linear 320x180", "categorical", "inferred", "memory", "imu",
    "behavior", "localizer", "latent", "rnn", "3d", "separate activations",
    "kinds of convolution", "residual", "nested", "two images", "ConvLSTM",
]  # fmt: skip
SUFFIXES = [".tflite", ".h5"]
GREY_KINDS = [
    f"Keras{kind} grey 140x100"
    for kind in ("Categorical", "Inferred", "Memory", "IMU", "Behavioral", "Localizer", "LSTM")
]


def compare(folder: Path, *words: str) -> dict[str, Any]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, str(SUPPORT), str(folder), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    table: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return table


@pytest.fixture(scope="module")
def table(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("kinds")
    return compare(folder, "--kinds", ",".join(KINDS), "--formats", ",".join(SUFFIXES))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pilot_gives_the_maps_that_keras_computes(
    kind: str, suffix: str, table: dict[str, Any]
) -> None:
    compared = table[kind]["formats"][suffix]
    assert list(compared["differences"]) == table[kind]["layers"]
    assert max(compared["differences"].values()) <= LARGEST_DIFFERENCE


@pytest.fixture(scope="module")
def grey_table(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("grey_kinds")
    return compare(folder, "--kinds", ",".join(GREY_KINDS), "--formats", ".tflite")


@pytest.mark.parametrize("kind", GREY_KINDS)
def test_a_grey_pilot_of_another_size_gives_the_maps_that_keras_computes(
    kind: str, grey_table: dict[str, Any]
) -> None:
    compared = grey_table[kind]["formats"][".tflite"]
    assert list(compared["differences"]) == grey_table[kind]["layers"]
    assert max(compared["differences"].values()) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_convolution_is_known_by_its_kind(suffix: str, table: dict[str, Any]) -> None:
    assert table["kinds of convolution"]["formats"][suffix]["kinds"] == [
        "DepthwiseConv2D", "SeparableConv2D", "Conv2D", "Conv2D", "Conv2DTranspose",
    ]  # fmt: skip
    assert table["ConvLSTM"]["formats"][suffix]["kinds"] == ["ConvLSTM2D", "Conv2D"]
    assert set(table["3d"]["formats"][suffix]["kinds"]) == {"Conv3D"}


@pytest.mark.parametrize("kind", ["linear", "imu", "rnn", "residual"])
def test_what_stands_behind_the_convolutions_never_takes_tensorflow(
    kind: str, table: dict[str, Any]
) -> None:
    assert table[kind]["formats"][".tflite"]["engine"] == "litert"
