"""Twenty random stacks of layers: their sizes against Keras, and what they see by its gradients."""

from typing import Any

import pytest
from json_programs import run_program

pytestmark = pytest.mark.timeout(1200)

STACKS = 20


@pytest.fixture(scope="module")
def stacks(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("stacks")
    found: list[dict[str, Any]] = run_program("random_stacks", folder, cache=folder / "cache")
    return found


@pytest.mark.parametrize("number", range(STACKS))
def test_the_layers_of_a_stack_have_the_sizes_that_keras_tells(
    number: int, stacks: list[dict[str, Any]]
) -> None:
    stack = stacks[number]
    assert stack["layers"] == stack["expected_layers"]
    assert stack["parameters"] == stack["expected_parameters"]


@pytest.mark.parametrize("number", range(STACKS))
def test_at_another_size_they_have_those_of_a_stack_built_there(
    number: int, stacks: list[dict[str, Any]]
) -> None:
    stack = stacks[number]
    assert stack["rebuilt"] == stack["expected_rebuilt"]
    assert stack["resized"] == stack["expected_resized"]


@pytest.mark.parametrize("number", range(STACKS))
def test_the_last_layer_sees_what_its_gradient_reaches(
    number: int, stacks: list[dict[str, Any]]
) -> None:
    assert stacks[number]["seen"] == stacks[number]["expected_seen"]
