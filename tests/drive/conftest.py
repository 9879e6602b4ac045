"""Pilots, frames and driven cars, each made once for all tests that ask for it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from car_driver import Drive
from drawn_frames import write_frame_tub
from drive_recipes import RECIPES, drive_recipe
from stock_pilot import StockPilot


@pytest.fixture(scope="session")
def frame_tub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the cars' cameras see."""
    return write_frame_tub(tmp_path_factory.mktemp("course") / "tub", 160)


@pytest.fixture(scope="session")
def drives(
    request: pytest.FixtureRequest,
    stock_pilot: StockPilot,
    frame_tub: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Future[Drive]]]:
    """The drives that the chosen tests ask for, two at a time."""
    garage = tmp_path_factory.mktemp("garage")
    with ThreadPoolExecutor(2) as drivers:
        futures = {}
        for name in _asked_for(request.session.items):
            recipe = RECIPES[name]
            pilot = stock_pilot.file(recipe.suffix)
            futures[name] = drivers.submit(drive_recipe, recipe, garage / name, frame_tub, pilot)
        yield futures


@pytest.fixture
def driven(recipe_name: str, drives: dict[str, Future[Drive]]) -> Drive:
    """The finished drive of the recipe by which a test is parametrised."""
    return drives[recipe_name].result()


def _asked_for(items: list[pytest.Item]) -> list[str]:
    names = [
        item.callspec.params["recipe_name"]
        for item in items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "recipe_name" in item.callspec.params
    ]
    return list(dict.fromkeys(names))
