import pytest

from donkey_activations.car import myconfig_block
from donkey_activations.demo.plan import Plan
from donkey_activations.demo.settings import has_section, with_section
from donkey_activations.resolution import Resolution

PLAN = Plan.at(Resolution(160, 120))


def load(car):
    """The settings as Donkeycar reads them."""
    from donkeycar.config import Config

    config = Config()
    config.from_pyfile(str(car / "myconfig.py"))
    return vars(config)


@pytest.mark.parametrize("content", [b"", b"# mine\n", b"# mine"])
def test_the_section_goes_to_the_end_and_is_known_again(content):
    assert not has_section(content)
    changed = with_section(content, PLAN)
    assert changed.startswith(content)
    assert has_section(changed)


@pytest.mark.parametrize("name", ["demo-car", "odd [name] with *"])
def test_the_camera_plays_the_synthetic_tub_wherever_the_folder_lies(tmp_path, name):
    from donkeycar.parts.camera import ImageListCamera

    car = tmp_path / name
    images = car / "data" / "synthetic" / "images"
    images.mkdir(parents=True)
    (images / "0_cam_image_array_.jpg").write_bytes(b"")
    (car / "myconfig.py").write_bytes(with_section(b"", PLAN))
    seen = load(car)
    camera = ImageListCamera(seen["PATH_MASK"])
    assert camera.image_filenames == [str(images / "0_cam_image_array_.jpg")]
    assert seen["DATA_PATH"] == str(car / "data" / "drive")
    assert (seen["MAX_EPOCHS"], seen["BATCH_SIZE"]) == (PLAN.epochs, PLAN.batch_size)
    assert seen["MAX_LOOPS"] == PLAN.rounds


def test_the_plugins_block_comes_out_again_and_leaves_the_section(tmp_path):
    section = with_section(b"# mine\n", PLAN)
    assert myconfig_block.uninstall(myconfig_block.install(section)) == section
