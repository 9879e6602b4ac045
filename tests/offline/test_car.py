from pathlib import Path

import pytest

from donkey_activations import ConfigError
from donkey_activations.offline.car import read_car

CONFIG = "IMAGE_W = 160\nIMAGE_H = 120\nIMAGE_DEPTH = 3\nROI_CROP_TOP = 45\n"
CONFIG += "ROI_CROP_BOTTOM = 0\nROI_CROP_LEFT = 0\nROI_CROP_RIGHT = 0\nBLUR_KERNEL = 5\n"
CONFIG += "BLUR_KERNEL_Y = 5\nBLUR_GAUSSIAN = True\n"


def test_myconfig_beside_the_config_counts(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(CONFIG + "TRANSFORMATIONS = ['CROP']\n")
    mine = "POST_TRANSFORMATIONS = ['BLUR']\nACTIVATIONS_LAYERS = ['conv2d_2']\n"
    (tmp_path / "myconfig.py").write_text(mine + "ACTIVATIONS_LAYOUT = 'my.yaml'\n")
    car = read_car(tmp_path / "config.py")
    assert car.transformation_names == ("CROP", "BLUR")
    assert car.transformations is not None
    assert car.camera_shape == (120, 160, 3)
    assert car.settings.layers == ("conv2d_2",)
    assert car.settings.layout == str(tmp_path / "my.yaml")


def test_a_car_that_does_nothing_to_frames_leaves_their_shape_to_the_pilot(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("IMAGE_W = 99\n")
    car = read_car(tmp_path / "config.py")
    assert (car.camera_shape, car.transformations) == (None, None)


def test_what_a_config_prints_does_not_go_to_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.py").write_text("print('hello')\n")
    read_car(tmp_path / "config.py")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "hello" in shown.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("1 / 0", "division by zero"),
        ("ACTIVATIONS_LAYER = ['a']", "did you mean ACTIVATIONS_LAYERS"),
        ("TRANSFORMATIONS = ['CROPP']", "CROPP"),
        (CONFIG.replace("IMAGE_W = 160", "") + "TRANSFORMATIONS = ['CROP']", "IMAGE_W"),
    ],
)
def test_a_config_that_is_wrong_is_an_error_that_says_what(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "config.py").write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_car(tmp_path / "config.py")
