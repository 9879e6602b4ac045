"""A Keras network built anew at another size, against the one that its maker builds there."""

from typing import Any

import pytest
from json_programs import run_program

pytestmark = pytest.mark.timeout(1200)

KINDS = [
    "linear", "categorical", "inferred", "memory", "imu", "behavior", "localizer", "latent", "rnn",
    "3d", "separate activations", "kinds of convolution", "residual", "nested", "two images",
    "ConvLSTM", "shared encoder", "encoder in time", "normalised",
]  # fmt: skip
SIZES = ["320x180", "150x200"]


@pytest.fixture(scope="module")
def table(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rebuilt")
    found: dict[str, Any] = run_program("planned_pilots", folder, "rebuilt", cache=folder / "cache")
    return found["rebuilt"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_has_the_shape_that_its_maker_gives_it(
    kind: str, size: str, table: dict[str, Any]
) -> None:
    found = table[kind][size]
    # Layers without a name of their own are numbered anew.
    assert list(found["layers"].values()) == list(found["expected_layers"].values())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_fit_are_the_pilots_and_the_network_computes_the_same(
    kind: str, size: str, table: dict[str, Any]
) -> None:
    found = table[kind][size]
    assert found["weights_kept"] > 0
    assert found["weights_lost"] == 0
    assert found["difference"] <= 1e-6 * found["largest"]
