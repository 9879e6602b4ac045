"""Every kind of pilot, in every format, against Keras; one process builds and compares them all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from keras_release import KERAS_3

SUPPORT = Path(__file__).parents[1] / "support" / "pilot_kinds.py"
LARGEST_DIFFERENCE = 1e-4
"""Of the layer's largest value."""

KINDS = [
    "linear", "linear grey", "linear 320x180", "categorical", "inferred", "memory", "imu",
    "behavior", "localizer", "latent", "rnn", "3d", "separate activations",
    "kinds of convolution", "residual", "nested", "two images", "ConvLSTM", "numbered names",
    "called twice", "steps", "activations", "shortcuts", "activated steps",
    "groups",
]  # fmt: skip
SUFFIXES = [".tflite", ".h5", *([".keras"] if KERAS_3 else [])]
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


Tables = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def tables(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """All kinds of pilots compared in a format."""

    @cache
    def table(suffix: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("kinds")
        return compare(folder, "--kinds", ",".join(KINDS), "--formats", suffix)

    return table


def names_in_file(kind: str, suffix: str, layers: list[str]) -> list[str]:
    """The names that are left in a file.

    Keras 3 names no layer that is an output of a graph. Of one in groups that has no bias, the
    first name that is left is that of its activation.
    """
    if suffix == ".tflite" and kind == "groups":
        return [name.replace("b_groups", "b_relu") for name in layers]
    if KERAS_3 and suffix == ".tflite" and kind == "latent":
        assert layers[-1] == "img_out"
        return [*layers[:-1], "conv"]
    return layers


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pilot_gives_the_maps_that_keras_computes(kind: str, suffix: str, tables: Tables) -> None:
    pilot = tables(suffix)[kind]
    compared = pilot["formats"][suffix]
    assert list(compared["differences"]) == names_in_file(kind, suffix, pilot["layers"])
    assert compared["kinds"] == pilot["kinds"]
    assert max(compared["differences"].values()) <= LARGEST_DIFFERENCE


@pytest.mark.tensorflow
def test_a_bias_of_the_maps_own_size_is_part_of_the_layer(tmp_path: Path) -> None:
    suffix = ".spread.tflite"
    pilot = compare(tmp_path, "--kinds", "3d", "--formats", suffix)["3d"]
    compared = pilot["formats"][suffix]
    assert list(compared["differences"]) == pilot["layers"]
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
def test_each_convolution_is_known_by_its_kind(suffix: str, tables: Tables) -> None:
    table = tables(suffix)
    assert table["kinds of convolution"]["formats"][suffix]["kinds"] == [
        "DepthwiseConv2D", "SeparableConv2D", "Conv2D", "Conv2D", "Conv2DTranspose",
    ]  # fmt: skip
    assert table["ConvLSTM"]["formats"][suffix]["kinds"] == ["ConvLSTM2D", "Conv2D"]
    assert set(table["3d"]["formats"][suffix]["kinds"]) == {"Conv3D"}


@pytest.mark.parametrize("kind", ["linear", "imu", "rnn", "residual"])
def test_what_stands_behind_the_convolutions_never_takes_tensorflow(
    kind: str, tables: Tables
) -> None:
    assert tables(".tflite")[kind]["formats"][".tflite"]["engine"] == "litert"
