"""A layer's map is what its activation gives, whichever it is and in every format.

Of a Keras that brings an activation which is not in the tables here, these tests fail.
"""

from pathlib import Path
from typing import Any

import pytest
from between_workers import built_once
from json_programs import run_program
from keras_release import KERAS_3

LARGEST_DIFFERENCE = 1e-4
"""Of the layer's largest value."""

SUFFIXES = [".tflite", ".keras" if KERAS_3 else ".h5"]
IN_BOTH_RELEASES = [
    "elu", "exponential", "gelu", "hard_sigmoid", "linear", "mish", "relu", "selu", "sigmoid",
    "softmax", "softplus", "softsign", "swish", "tanh",
]  # fmt: skip
IN_KERAS_3 = [
    "celu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid",
    "log_softmax", "relu6", "silu", "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh_shrink",
]  # fmt: skip
IN_NO_LAYER = {
    "glu": "expected axis -1 of input shape to have value 4",  # it halves the channels
    "threshold": "missing 2 required positional arguments",
}

FUNCTIONS = IN_BOTH_RELEASES + (IN_KERAS_3 if KERAS_3 else [])


@pytest.fixture(scope="module")
def report(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def build(folder: Path) -> dict[str, Any]:
        found = run_program("activation_pilots", folder, *IN_NO_LAYER, cache=folder / "cache")
        assert isinstance(found, dict)
        return found

    return built_once(tmp_path_factory, "activation_pilots", build)


def test_every_activation_of_this_keras_is_in_the_table(report: dict[str, Any]) -> None:
    in_no_layer = list(IN_NO_LAYER) if KERAS_3 else []
    assert sorted(report["functions"]) == sorted(FUNCTIONS + in_no_layer)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_map_is_what_the_activation_gives(name: str, suffix: str, report: dict[str, Any]) -> None:
    differences = report["differences"]["functions"][suffix]
    assert differences[f"within_{name}"] <= LARGEST_DIFFERENCE
    assert differences[f"before_{name}"] <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["layers", "by hand", *(["operations"] if KERAS_3 else [])])
def test_activations_of_other_kinds_are_followed_to_their_end(
    kind: str, suffix: str, report: dict[str, Any]
) -> None:
    differences = report["differences"][kind][suffix]
    assert {name: one for name, one in differences.items() if one > LARGEST_DIFFERENCE} == {}


@pytest.mark.skipif(not KERAS_3, reason="Keras 2 has none of these")
@pytest.mark.parametrize("name", IN_NO_LAYER)
def test_what_is_left_out_is_nothing_that_keras_runs(name: str, report: dict[str, Any]) -> None:
    assert IN_NO_LAYER[name] in report["refused"][name]
