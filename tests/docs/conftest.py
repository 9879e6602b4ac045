"""What the tests of the pages share."""

from pathlib import Path

import pytest
from between_workers import built_once
from documented_car import DocumentedCar, make_documented_car
from stock_pilot import StockPilot


@pytest.fixture(scope="session")
def car_of_the_pages(
    stock_pilot: StockPilot, tmp_path_factory: pytest.TempPathFactory
) -> DocumentedCar:
    """What the pages take to be there; nobody may change it."""
    return built_once(
        tmp_path_factory, "documented", lambda folder: make_documented_car(folder, stock_pilot)
    )


@pytest.fixture
def car(car_of_the_pages: DocumentedCar, tmp_path: Path) -> DocumentedCar:
    """A copy of it for one test."""
    return car_of_the_pages.copy_to(tmp_path / "home")
