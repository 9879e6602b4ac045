import pytest

from donkey_activations.demo.plan import Plan
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution


def test_small_pictures_get_the_full_number_of_records_and_large_ones_fewer():
    assert Plan.at(Resolution(160, 120)).records == 1500
    assert Plan.at(Resolution(64, 64)).records == 1500
    assert 200 < Plan.at(Resolution(640, 360)).records < 400


@pytest.mark.parametrize("text", ["63x64", "64x63", "1281x720"])
def test_a_resolution_that_the_demo_cannot_train_at_is_refused(text):
    with pytest.raises(ConfigError, match=f"64 to 1280 pixels a side for the demo, got {text}"):
        Plan.at(Resolution.parse(text))
