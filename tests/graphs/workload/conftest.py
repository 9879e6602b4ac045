"""What tests of the workloads share."""

import pytest
from between_workers import built_once
from workload_reference import Counted, build_counted_pilots


@pytest.fixture(scope="session")
def counted_pilots(
    tensorflow: None, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Counted]:
    """Pilots of many kinds with what Keras says of them, built once; it takes a minute."""
    return built_once(tmp_path_factory, "counted", build_counted_pilots)
