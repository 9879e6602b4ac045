"""A pilot of a class of its own is refused in one line, whose way out can be taken."""

from pathlib import Path
from typing import Any

import pytest
from json_programs import run_program


@pytest.fixture(scope="module")
def told(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("subclassed")
    return run_program("subclassed_pilots", folder, cache=folder / "cache")


@pytest.mark.parametrize("name", ["pilot.weights.h5", "pilot.keras"])
def test_the_line_asks_for_the_tflite_and_names_it_where_it_is(
    told: dict[str, Any], name: str
) -> None:
    alone, beside = told["alone"][name], told["beside"][name]
    assert "give the .tflite, .keras or .h5 of the same training" in alone
    assert beside.endswith("or give pilot.tflite beside it")
    assert "\n" not in alone + beside


def test_that_tflite_gives_the_maps_of_keras(told: dict[str, Any]) -> None:
    name, difference = told["tflite"]
    assert name == "first"
    assert difference <= 1e-4


def test_one_whose_class_is_registered_leads_to_the_tflite_as_well(told: dict[str, Any]) -> None:
    assert told["class"].endswith(
        "the pilot does not say what it takes; of a model of a class of its own, "
        "give pilot.tflite beside it"
    )
