import os
from pathlib import Path

import numpy as np
import pytest

from donkey_activations import ConfigError
from donkey_activations.car.config import read_car

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
        (CONFIG.replace("160", "10**6") + "TRANSFORMATIONS = ['CROP']", "width of 16 to 4096"),
        (CONFIG.replace("DEPTH = 3", "DEPTH = 7") + "TRANSFORMATIONS = ['CROP']", "IMAGE_DEPTH"),
        ("DRIVE_LOOP_HZ = float('inf')", "DRIVE_LOOP_HZ: expected a number above 0, got inf"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("class E(Exception):\n    __str__ = None\nraise E", "exception str"),
        ("ACTIVATIONS_THREADS = 10**5000", "cannot be loaded"),
    ],
)
def test_a_config_that_is_wrong_is_an_error_that_says_what(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "config.py").write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_car(tmp_path / "config.py")


@pytest.mark.parametrize("name", ["config.py", "myconfig.py"])
def test_a_config_that_is_a_pipe_or_endless_is_not_opened(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(CONFIG)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigError, match=f"{name}: expected a file"):
        read_car(tmp_path / "config.py")
    (tmp_path / name).unlink()
    with (tmp_path / name).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="of at most 16 MB"):
        read_car(tmp_path / "config.py")


def test_what_a_transformation_cannot_do_to_a_frame_is_told_by_its_key(tmp_path: Path) -> None:
    config = CONFIG.replace("BLUR_KERNEL = 5", "BLUR_KERNEL = -1")
    (tmp_path / "config.py").write_text(config + "TRANSFORMATIONS = ['BLUR']\n")
    transformations = read_car(tmp_path / "config.py").transformations
    assert transformations is not None
    with pytest.raises(ConfigError, match=r"TRANSFORMATIONS, POST_TRANSFORMATIONS: .*myconfig\.py"):
        transformations(np.zeros((120, 160, 3), np.uint8))
