import dataclasses
import importlib.util

import cv2
import pytest

from donkey_activations.car import myconfig_block
from donkey_activations.demo import driving, steps, training
from donkey_activations.demo.plan import Plan
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

SMALL = Resolution(80, 64)
EVERY_N_FRAMES = 5  # what the plugin's block says
# As real as the whole demo, and small enough for a test.
PLAN = dataclasses.replace(Plan.at(SMALL), records=60, epochs=1, batch_size=16, rounds=50)


class Listener:
    """Keeps what the demo tells."""

    def __init__(self):
        self.steps = []
        self.results = []

    def begin(self, step):
        self.steps.append(step)

    def tick(self, status):
        pass

    def end(self, result):
        self.results.append(result)


@pytest.fixture(scope="module")
def first(tensorflow: None, tmp_path_factory):
    listener = Listener()
    path = tmp_path_factory.mktemp("demo") / "demo-car"
    return steps.demo(path, SMALL, listener, PLAN), listener


def records_of(tub_path):
    from donkeycar.parts.tub_v2 import Tub

    tub = Tub(str(tub_path), read_only=True)
    records = list(tub)
    tub.close()
    return records


def test_the_real_chain_ends_with_mosaics_of_a_drive_and_a_sheet_of_them(first):
    result, listener = first
    assert len(listener.steps) == len(listener.results) == 4
    assert cv2.imread(str(result.sheet)) is not None
    assert listener.results[-1].startswith(f"mosaics {len(result.mosaics)} made")
    records = records_of(result.folder.drive_tub)
    named = [record["cnn/activations"] for record in records if record["cnn/activations"]]
    assert [str(path.relative_to(result.folder.drive_tub)) for path in result.mosaics] == named
    assert len(named) >= len(records) // EVERY_N_FRAMES // 2


def test_the_car_is_stock_but_for_its_myconfig(first):
    from donkeycar.management.base import TEMPLATES_PATH

    result, _ = first
    manage = (result.folder.path / "manage.py").read_text()
    with open(f"{TEMPLATES_PATH}/complete.py") as template:  # noqa: PTH123
        assert manage == template.read()
    assert myconfig_block.resolution_of(result.folder.myconfig.read_bytes()) == SMALL


def test_the_pilot_drove_and_not_the_user(first):
    result, _ = first
    records = records_of(result.folder.drive_tub)
    assert {record["user/mode"] for record in records} == {"local"}
    assert all("pilot/angle" in record for record in records)


def test_a_second_run_makes_nothing_anew_and_drives_again(first, monkeypatch):
    result, _ = first
    made = {
        path: path.stat().st_mtime_ns
        for path in [result.folder.myconfig, result.folder.pilot, result.folder.synthetic_tub]
    }
    listener = Listener()
    monkeypatch.setattr(driving, "drive", lambda *_: list(result.mosaics))
    steps.demo(result.folder.path, None, listener)
    assert listener.results[:3] == ["already there"] * 3
    assert {path: path.stat().st_mtime_ns for path in made} == made


def test_a_block_that_was_taken_out_comes_back_and_the_users_lines_stay(first, monkeypatch):
    result, _ = first
    path = result.folder.myconfig
    mine = myconfig_block.uninstall(path.read_bytes()) + b"DRIVE_LOOP_HZ = 20  # mine\n"
    path.write_bytes(mine)
    monkeypatch.setattr(driving, "drive", lambda *_: list(result.mosaics))
    steps.demo(result.folder.path, None, Listener())
    assert path.read_bytes() == myconfig_block.install(mine, SMALL)


def test_an_interrupted_training_is_done_by_the_next_run(tmp_path, first, monkeypatch):
    def interrupted(folder, tick):
        raise KeyboardInterrupt

    result, _ = first
    monkeypatch.setattr(training, "train", interrupted)
    path = tmp_path / "demo-car"
    with pytest.raises(KeyboardInterrupt):
        steps.demo(path, SMALL, Listener(), PLAN)
    trained = []
    monkeypatch.setattr(training, "train", lambda folder, _: trained.append(folder) or 0.1)
    monkeypatch.setattr(driving, "drive", lambda *_: list(result.mosaics))
    listener = Listener()
    steps.demo(path, None, listener, PLAN)
    assert listener.results[:2] == ["already there"] * 2
    assert [folder.path for folder in trained] == [path]


def test_without_tensorflow_nothing_is_made_and_the_message_says_what_to_install(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"pip install 'donkey-activations\[pc\]'"):
        steps.demo(tmp_path / "demo-car", None, Listener())
    assert not (tmp_path / "demo-car").exists()


@pytest.mark.tensorflow
def test_a_resolution_that_cannot_be_trained_makes_nothing(tmp_path):
    with pytest.raises(ConfigError, match="64 to 1280"):
        steps.demo(tmp_path / "demo-car", Resolution(4096, 4096), Listener())
    assert not (tmp_path / "demo-car").exists()
