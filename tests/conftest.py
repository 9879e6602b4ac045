"""What tests of several packages share, and how they run beside each other."""

import importlib.util
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from between_workers import built_once, folder_of_the_run, machine
from built_package import Distributions, build_distributions
from stock_pilot import StockPilot, build_stock_pilot

REPOSITORY = Path(__file__).parents[1]
READY_PILOTS = os.environ.get("DONKEY_ACTIVATIONS_TEST_PILOTS")

# What these build, they build with TensorFlow; pilots can be there already.
TENSORFLOW_FIXTURES = {"tensorflow"} if READY_PILOTS else {"tensorflow", "pilot_folder"}
SLOW_FIXTURES = {"distributions"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the pictures of tests/mosaic/golden anew; look at them before you commit them",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a test needs by the fixtures that it uses."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & TENSORFLOW_FIXTURES:
            item.add_marker("tensorflow")
        if fixtures & SLOW_FIXTURES:
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test that measures while no other worker has one; the wait is not on its clock."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    with machine(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def tensorflow() -> None:
    """To be asked for by what builds something with TensorFlow: it marks the tests that use it."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.fail("TensorFlow is not installed: leave these tests out with -m 'not tensorflow'")


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
    return built_once(
        tmp_path_factory, "distributions", lambda folder: build_distributions(REPOSITORY, folder)
    )


@pytest.fixture(scope="session")
def pilot_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pilots of all tests are built, each once, or where they are ready."""
    folder = Path(READY_PILOTS or folder_of_the_run(tmp_path_factory) / "pilots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def stock_pilot(pilot_folder: Path) -> StockPilot:
    """Donkeycar's linear pilot at 160x120."""
    return build_stock_pilot(pilot_folder)
