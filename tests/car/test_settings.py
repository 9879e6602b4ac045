from types import SimpleNamespace

import pytest

from donkey_activations import ConfigError
from donkey_activations.car.settings import DriveConfig, read_config


def test_a_car_without_any_key_has_the_defaults() -> None:
    assert read_config(SimpleNamespace(IMAGE_W=160)) == DriveConfig()


def test_every_key_is_read() -> None:
    cfg = SimpleNamespace(
        ACTIVATIONS_ENABLED=False,
        ACTIVATIONS_MODEL="models/a.tflite",
        ACTIVATIONS_EVERY_N_FRAMES=1,
        ACTIVATIONS_LAYERS=["conv2d_1"],
        ACTIVATIONS_LAYOUT="look.yaml",
        ACTIVATIONS_RECORD=False,
        ACTIVATIONS_SHOW=True,
        ACTIVATIONS_JPEG_QUALITY=100,
        ACTIVATIONS_THREADS=4,
        ACTIVATIONS_COLUMN=False,
        ACTIVATIONS_TRUST_MODEL=True,
    )
    assert read_config(cfg) == DriveConfig(
        enabled=False,
        model="models/a.tflite",
        every_n_frames=1,
        layers=("conv2d_1",),
        layout="look.yaml",
        record=False,
        show=True,
        jpeg_quality=100,
        threads=4,
        column=False,
        trust_model=True,
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("ACTIVATIONS_ENABLED", 1, "True or False"),
        ("ACTIVATIONS_SHOW", "yes", "True or False"),
        ("ACTIVATIONS_TRUST_MODEL", 1, "True or False"),
        ("ACTIVATIONS_MODEL", 5, "None or a path"),
        ("ACTIVATIONS_MODEL", "", "None or a path"),
        ("ACTIVATIONS_EVERY_N_FRAMES", 0, "1 to 1000"),
        ("ACTIVATIONS_EVERY_N_FRAMES", 1001, "1 to 1000"),
        ("ACTIVATIONS_EVERY_N_FRAMES", 2.0, "1 to 1000"),
        ("ACTIVATIONS_EVERY_N_FRAMES", True, "1 to 1000"),
        ("ACTIVATIONS_JPEG_QUALITY", 101, "1 to 100"),
        ("ACTIVATIONS_THREADS", 0, "1 to 16"),
        ("ACTIVATIONS_LAYERS", "conv2d_1", "list of layer names"),
        ("ACTIVATIONS_LAYERS", [], "list of layer names"),
        ("ACTIVATIONS_LAYERS", [1], "list of layer names"),
    ],
)
def test_a_wrong_value_is_answered_with_the_key_what_was_expected_and_what_came(
    key: str, value: object, expected: str
) -> None:
    with pytest.raises(ConfigError, match=expected) as raised:
        read_config(SimpleNamespace(**{key: value}))
    assert key in str(raised.value)
    assert repr(value) in str(raised.value)


def test_a_misspelt_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"ACTIVATIONS_EVERY_N_FRAME: .*ACTIVATIONS_EVERY_N_FRAMES\?"
    ):
        read_config(SimpleNamespace(ACTIVATIONS_EVERY_N_FRAME=3))


def test_a_key_that_only_begins_like_ours_is_answered_too() -> None:
    with pytest.raises(ConfigError, match=r"ACTIVATION_SHOW: .*ACTIVATIONS_SHOW\?"):
        read_config(SimpleNamespace(ACTIVATION_SHOW=True))
