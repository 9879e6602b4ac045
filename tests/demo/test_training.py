import sys

import pytest

from donkey_activations.demo import programs, training
from donkey_activations.demo.folder import open_folder
from donkey_activations.errors import ConfigError
from donkey_activations.resolution import Resolution

TRAINER = """
import json, pathlib, sys
model = pathlib.Path(sys.argv[sys.argv.index("--model") + 1])
print("Epoch 1/3", flush=True)
for suffix in {suffixes}:
    model.with_suffix(suffix).write_text("pilot")
database = pathlib.Path("models/database.json")
database.write_text(json.dumps([{{"History": {{"val_loss": [0.5, 0.25, 0.3]}}}}]))
sys.exit({code})
"""


@pytest.fixture
def folder(tmp_path):
    folder = open_folder(tmp_path / "demo-car", None, Resolution(160, 120))
    folder.pilot.parent.mkdir()
    return folder


def train_with(folder, monkeypatch, suffixes=(".h5", ".tflite"), code=0):
    text = TRAINER.format(suffixes=suffixes, code=code)
    monkeypatch.setattr(programs, "donkey", lambda *words: [sys.executable, "-c", text, *words])
    return training.train(folder, lambda _: None)


def test_a_training_leaves_both_pilots_and_its_best_loss(folder, monkeypatch):
    assert not training.has_pilot(folder)
    assert train_with(folder, monkeypatch) == 0.25
    assert training.has_pilot(folder)
    names = sorted(path.name for path in folder.pilot.parent.iterdir())
    assert names == ["database.json", "pilot.h5", "pilot.tflite"]


@pytest.mark.parametrize(
    ("suffixes", "code"),
    [((".h5", ".tflite"), 1), ((".h5",), 0), ((), 0)],
    ids=["failed", "no tflite", "nothing"],
)
def test_a_training_that_did_not_come_to_its_end_leaves_no_pilot(
    folder, monkeypatch, suffixes, code
):
    with pytest.raises(ConfigError, match=r"the whole output is in .*train\.log"):
        train_with(folder, monkeypatch, suffixes, code)
    assert not training.has_pilot(folder)


def test_what_a_killed_training_left_is_removed_by_the_next(folder, monkeypatch):
    left_over = folder.pilot.parent / ".unfinished-old"
    left_over.mkdir()
    (left_over / "pilot.h5").write_text("half")
    folder.pilot.write_text("from a kill between the two renames")
    assert not training.has_pilot(folder)
    train_with(folder, monkeypatch)
    assert training.has_pilot(folder)
    assert folder.pilot.read_text() == "pilot"
    assert not left_over.exists()


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("", ""),
        ("Epoch 2/3\n", "epoch 2/3"),
        (
            "Epoch 2/3\n\r 7/75 [=>....] - ETA: 2s - loss: 0.5120 - n_outputs0_loss: 0.4",
            "epoch 2/3, step 7/75, loss 0.5120",
        ),
    ],
)
def test_how_far_the_training_is_comes_from_its_output(output, shown):
    assert training._how_far(output) == shown
