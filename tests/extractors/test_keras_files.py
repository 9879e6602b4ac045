import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from keras_zoo import ARMED, OPENED, SAME, UNLOADABLE, KerasZoo

from donkey_activations import open_extractor
from donkey_activations.errors import ModelError
from donkey_activations.extractors.keras_files import load_pilot
from donkey_activations.extractors.pilot_format import PilotFormat


@pytest.mark.parametrize("name", OPENED)
def test_a_harmless_pilot_opens_without_trust_and_without_a_word(
    keras_zoo: KerasZoo, name: str
) -> None:
    outcome = keras_zoo.refused(name)
    assert outcome.error is None
    assert "conv2d_1" in outcome.layers
    assert outcome.said == ""


@pytest.mark.parametrize("name", SAME)
def test_every_format_and_suffix_gives_the_same_network(keras_zoo: KerasZoo, name: str) -> None:
    outcome = keras_zoo.refused(name)
    assert outcome.difference is not None
    assert outcome.difference < 1e-6


@pytest.mark.parametrize("name", ARMED)
def test_a_trusted_pilot_opens_and_its_code_runs(keras_zoo: KerasZoo, name: str) -> None:
    outcome = keras_zoo.trusted(name)
    assert outcome.error is None
    assert outcome.code_ran


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("weights_only.h5", r"weights only.*model\.save"),
        ("custom.h5", r"HomeMade.*not part of Keras.*give custom\.savedmodel beside it"),
        ("custom.keras", r"HomeMade.*not part of Keras.*give custom\.savedmodel beside it"),
        ("keras_9.keras", r"saved by Keras 9\.0\.0.*keras_to_tflite"),
        ("json_other_weights.json", r"Keras cannot load this file"),
    ],
)
@pytest.mark.parametrize("trusted", [False, True])
def test_what_does_not_load_says_what_it_is_and_the_way_out_in_one_line(
    keras_zoo: KerasZoo, name: str, said: str, trusted: bool
) -> None:
    error = keras_zoo.outcomes[name, trusted].error
    assert error is not None
    assert re.search(said, error)
    assert "\n" not in error


def test_every_file_of_the_zoo_is_looked_at(keras_zoo: KerasZoo) -> None:
    known = {*OPENED, *ARMED, *UNLOADABLE}
    suffixes = {".h5", ".hdf5", ".keras", ".json", ".savedmodel"}
    bookkeeping = {"tasks.json", "outcomes.json"}
    found = {file.name for file in keras_zoo.folder.iterdir() if file.suffix in suffixes}
    assert found - bookkeeping <= known


def test_a_tflite_is_not_for_keras(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a Keras pilot"):
        load_pilot(SimpleNamespace(), tmp_path, PilotFormat.TFLITE, False)


def test_the_maps_are_the_same_from_every_format(keras_zoo: KerasZoo) -> None:
    frame = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)
    expected = open_extractor(keras_zoo.folder / "plain.h5")(frame)
    for name in ("plain.keras", "plain.savedmodel", "json_checkpoint.json"):
        for ours, maps in zip(
            open_extractor(keras_zoo.folder / name)(frame), expected, strict=True
        ):
            np.testing.assert_allclose(ours, maps, atol=1e-6)


def test_a_pilot_once_trusted_is_still_refused_to_who_does_not_trust_it(
    keras_zoo: KerasZoo,
) -> None:
    armed = keras_zoo.folder / "armed.h5"
    assert len(open_extractor(armed, trust_model=True).layers) == 2
    with pytest.raises(ModelError, match="sneaky"):
        open_extractor(armed)
