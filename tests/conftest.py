"""What tests of several rooms share."""

import os
from pathlib import Path

import pytest
from built_package import Distributions, build_distributions
from stock_pilot import StockPilot, build_stock_pilot

REPOSITORY = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the pictures of tests/mosaic/golden anew; look at them before you commit them",
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with a real pilot and a real tub; where CI runs it must be there."""
    folder = REPOSITORY.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    message = f"{folder} is missing: it holds the real pilot and tub of these tests"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The sdist and the wheels of this checkout, built once."""
    return build_distributions(REPOSITORY, tmp_path_factory.mktemp("distributions"))


@pytest.fixture(scope="session")
def pilot_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pilots of all tests are built, each once."""
    return tmp_path_factory.mktemp("pilots")


@pytest.fixture(scope="session")
def stock_pilot(pilot_folder: Path) -> StockPilot:
    """Donkeycar's linear pilot at 160x120."""
    return build_stock_pilot(pilot_folder)
