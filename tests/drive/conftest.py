"""Pilots, frames and driven cars, each made once for all tests that ask for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
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
    stock_pilot: StockPilot,
    frame_tub: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Future[Drive]]]:
    """Returns a recipe's drive, which its first caller starts; two drive at a time."""
    garage = tmp_path_factory.mktemp("garage")
    with ThreadPoolExecutor(2) as drivers:

        @cache
        def drive(name: str) -> Future[Drive]:
            recipe = RECIPES[name]
            pilot = stock_pilot.file(recipe.suffix)
            return drivers.submit(drive_recipe, recipe, garage / name, frame_tub, pilot)

        yield drive


@pytest.fixture
def driven(
    recipe_name: str, drives: Callable[[str], Future[Drive]], request: pytest.FixtureRequest
) -> Drive:
    """The finished drive of the recipe by which a test is parametrised.

    The chosen tests of the same file will ask for theirs, too, so those are under way meanwhile.
    """
    for item in request.session.items:
        if item.path == request.node.path and isinstance(item, pytest.Function):
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            drives(parameters.get("recipe_name", recipe_name))
    return drives(recipe_name).result()
