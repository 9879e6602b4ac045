"""`.tflite` files of several functions, and with weights that are variables."""

from pathlib import Path
from typing import Any

import pytest
from between_workers import built_once
from json_programs import run_program


@pytest.fixture(scope="module")
def opened(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    def build(folder: Path) -> dict[str, Any]:
        found: dict[str, Any] = run_program("signature_pilots", folder, cache=folder / "cache")
        return found

    return built_once(tmp_path_factory, "signature_pilots", build)


@pytest.mark.parametrize("name", ["constants", "variables", "one"])
def test_the_function_with_convolutions_is_shown_with_its_variables_set(
    opened: dict[str, Any], name: str
) -> None:
    assert opened[name]["error"] is None
    assert opened[name]["layers"] == ["seen"]
    assert opened[name]["difference"] <= 1e-5


def test_two_functions_with_convolutions_are_named(opened: dict[str, Any]) -> None:
    assert "got again, steer; convert the one that steers" in opened["twice"]["error"]
