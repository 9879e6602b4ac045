import numpy as np
import pytest

from donkey_activations.demo.tub import always_the_mean, write_tub
from donkey_activations.resolution import Resolution

RESOLUTION = Resolution(80, 64)


def records_of(path):
    from donkeycar.parts.tub_v2 import Tub

    tub = Tub(str(path), read_only=True)
    records = list(tub)
    tub.close()
    return tub, records


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "synthetic"
    write_tub(path, RESOLUTION, 30, seed=3)
    return path


def test_stock_donkeycar_opens_the_tub(written):
    tub, records = records_of(written)
    assert [record["_index"] for record in records] == list(range(30))
    assert tub.manifest.inputs == ["cam/image_array", "user/angle", "user/throttle", "user/mode"]
    assert all(-1 <= record["user/angle"] <= 1 for record in records)


def test_the_pictures_have_the_resolution_of_the_camera(written):
    import cv2

    pictures = sorted((written / "images").iterdir())
    assert len(pictures) == 30
    assert cv2.imread(str(pictures[0])).shape == (64, 80, 3)


def test_the_tub_says_that_it_is_synthetic(written):
    tub, _ = records_of(written)
    assert tub.manifest.metadata["origin"].startswith("synthetic")


def test_a_seed_writes_the_same_pictures_again(written, tmp_path):
    again = tmp_path / "synthetic"
    write_tub(again, RESOLUTION, 30, seed=3)
    for picture in (written / "images").iterdir():
        assert (again / "images" / picture.name).read_bytes() == picture.read_bytes()


def test_an_interrupted_tub_has_no_name_and_the_next_run_writes_it_whole(tmp_path):
    path = tmp_path / "synthetic"

    def interrupt(written):
        if written:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tub(path, RESOLUTION, 60, seed=3, progress=interrupt)
    assert not path.exists()
    write_tub(path, RESOLUTION, 10, seed=3)
    assert len(records_of(path)[1]) == 10
    assert [entry.name for entry in tmp_path.iterdir()] == ["synthetic"]


def test_the_loss_of_the_mean_is_the_variance_of_both_labels(written):
    _, records = records_of(written)
    angle = np.var([record["user/angle"] for record in records])
    throttle = np.var([record["user/throttle"] for record in records])
    assert always_the_mean(written) == pytest.approx(angle + throttle)
