"""Pilots that Keras 3 saved; what Keras 2 says of them is in test_keras_files.py."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

LARGEST_DIFFERENCE = 1e-4

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="Donkeycar 5.3 cannot save with Keras 3"
)

KINDS = {
    "plain": {"conv2d_1": "Conv2D", "conv2d_2": "Conv2D"},
    "branching": {
        "first": "Conv2D", "inside": "Conv2D", "wide": "Conv2D", "apart": "SeparableConv2D",
    },
    "sequence": {"inside": "Conv2D", "deeper": "Conv2D"},
    "recurrent": {"memory": "ConvLSTM2D", "after": "Conv2D"},
    "depthwise": {
        "apart": "SeparableConv2D", "deep": "DepthwiseConv2D", "apart_1": "SeparableConv2D",
    },
}  # fmt: skip
KINDS |= {"scaled": KINDS["plain"], "rescaling": KINDS["plain"]}


@pytest.fixture(scope="module")
def outcomes(keras_3_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((keras_3_folder / "outcomes.json").read_text())
    return found


@pytest.mark.parametrize(
    "name",
    [f"{stem}.keras" for stem in KINDS]
    + ["plain.json", "branching.h5", "sequence.h5", "recurrent.h5"]
    + ["plain.savedmodel", "branching.savedmodel", "sequence.tflite", "depthwise.tflite"],
)
def test_every_layer_has_its_name_its_kind_and_the_maps_of_keras(
    outcomes: dict[str, Any], name: str
) -> None:
    outcome = outcomes[name]
    assert outcome["error"] is None
    assert outcome["said"] == ""
    found = outcome["layers"]
    assert {layer: kind for layer, (kind, _) in found.items()} == KINDS[name.partition(".")[0]]
    assert max(difference for _, difference in found.values()) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("armed.keras", "layer sneaky is a Lambda"),
        ("armed.h5", "layer sneaky is a Lambda"),
        ("armed.json", "layer sneaky is a Lambda"),
        ("armed_nested.keras", "layer sneaky is a Lambda"),
        ("armed_activation.keras", "layer conv2d_1 is made with a function stored in the file"),
        ("armed_class.keras", "made with Innocent from the Python module armed_module"),
        ("armed_function.keras", "made with relu from the Python module armed_module"),
        ("armed_registered.keras", "layer n_outputs0 is a Lambda"),
        ("armed_builtin.keras", "made with exec from the Python module builtins"),
    ],
)
def test_stored_code_is_refused_before_it_runs(
    outcomes: dict[str, Any], name: str, reason: str
) -> None:
    outcome = outcomes[name]
    assert reason in outcome["error"]
    assert "--trust-model" in outcome["error"]
    assert not outcome["code_ran"]


def test_a_trusted_file_opens_and_its_code_runs(outcomes: dict[str, Any]) -> None:
    outcome = outcomes["trusted armed.keras"]
    assert outcome["error"] is None
    assert list(outcome["layers"]) == ["conv2d_1", "conv2d_2"]
    assert outcome["code_ran"]


@pytest.mark.parametrize(("name", "operation"), [("plain", "Relu"), ("scaled", "TrueDivide")])
def test_a_h5_that_keras_itself_cannot_read_names_the_file_beside_it(
    outcomes: dict[str, Any], name: str, operation: str
) -> None:
    said = rf"made with {operation}, which Keras 3\S+ cannot read from a \.h5; .*{name}\.keras"
    assert re.search(said, outcomes[f"{name}.h5"]["error"])
