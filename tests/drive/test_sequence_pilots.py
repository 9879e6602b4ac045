"""Pilots that see several frames at once: the part uses the very frames that the pilot keeps."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from drawn_frames import draw_frame
from sequence_drive import MODES, SIZE, SequenceDrive, drive_sequence_pilot, rolling_history
from stock_pilot import StockPilot, build_stock_pilot
from watched_extractor import watch_extractors

from donkey_activations import CnnActivations
from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps, LayerInfo
from donkey_activations.pilots.history import FrameHistory, kept_by

LENGTHS = {"rnn": 3, "3d": 4}


# A 3d pilot's pooling is an operator of TensorFlow.
@pytest.fixture(scope="module", params=["rnn", pytest.param("3d", marks=pytest.mark.tensorflow)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def pilot(kind: str, pilot_folder: Path) -> StockPilot:
    return build_stock_pilot(pilot_folder, *SIZE, kind=kind)


@pytest.fixture(scope="module")
def driven(kind: str, pilot: StockPilot, tmp_path_factory: pytest.TempPathFactory) -> SequenceDrive:
    folder = tmp_path_factory.mktemp("drives") / kind
    return drive_sequence_pilot(pilot.tflite, kind, folder, pilot.tflite)


def test_in_autopilot_the_frames_are_those_that_the_pilot_kept_in_that_round(
    kind: str, driven: SequenceDrive
) -> None:
    by_pilot = [index for index in driven.drawn if MODES[index] == "local"]
    assert len(by_pilot) >= 4
    for index in by_pilot:
        np.testing.assert_array_equal(driven.drawn[index], driven.frames_kept[index])
    # After a stretch by the user the pilot still holds old frames, and that is what it drives by.
    returned = MODES.index("local", MODES.index("user", MODES.index("local")))
    assert np.array_equal(driven.frames_kept[returned][0], driven.frames_kept[17][1])
    assert not np.array_equal(
        driven.frames_kept[returned], rolling_history(returned, LENGTHS[kind])
    )


def test_while_the_user_drives_the_frames_are_the_newest_of_the_camera(
    kind: str, driven: SequenceDrive
) -> None:
    by_user = [index for index in driven.drawn if MODES[index] == "user"]
    assert len(by_user) >= 4
    for index in by_user:
        np.testing.assert_array_equal(driven.drawn[index], rolling_history(index, LENGTHS[kind]))


def test_the_maps_are_those_of_the_pilots_frames(driven: SequenceDrive) -> None:
    assert list(driven.differences.values()) == [0.0] * len(driven.drawn)


def test_a_pilot_that_only_is_looked_into_sees_a_history_of_its_own(
    pilot_folder: Path, tmp_path: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, *SIZE, kind="rnn")
    other = tmp_path / "other.tflite"
    other.write_bytes(pilot.tflite.read_bytes())
    driven = drive_sequence_pilot(pilot.tflite, "rnn", tmp_path / "drive", other)
    for index, frames in driven.drawn.items():
        np.testing.assert_array_equal(frames, rolling_history(index, LENGTHS["rnn"]))


def test_the_history_goes_on_in_rounds_without_a_mosaic(
    pilot_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = build_stock_pilot(pilot_folder, *SIZE, kind="rnn")
    watched = watch_extractors(monkeypatch)
    part = CnnActivations(pilot.tflite, every_n_frames=5, show=True)
    for index in range(10):
        part.run(draw_frame(index, *SIZE))
    asked = watched[0].asked[1:]
    assert len(asked) == 2
    np.testing.assert_array_equal(asked[0], rolling_history(4, 3))
    np.testing.assert_array_equal(asked[1], rolling_history(9, 3))


def test_rounds_without_a_frame_and_other_sizes_stay_out_of_the_history(
    pilot_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pilot = build_stock_pilot(pilot_folder, *SIZE, kind="rnn")
    watched = watch_extractors(monkeypatch)
    part = CnnActivations(pilot.tflite, every_n_frames=1, show=True)
    for frame in (None, draw_frame(0, *SIZE), None, draw_frame(5, 48, 64), draw_frame(1, *SIZE)):
        part.run(frame)
    np.testing.assert_array_equal(watched[0].asked[-1], rolling_history(1, 3))


class GreySequence(FeatureExtractor):
    """Stands for a grey pilot that sees three frames."""

    input_shape = (*SIZE, 1)
    sequence_length = 3
    layers = (LayerInfo("conv2d", "Conv2D", 4, 4, 2),)
    engine = "litert"
    size_changed = False

    def __call__(self, _: np.ndarray) -> FeatureMaps:
        return (np.ones((4, 4, 2), np.float32),)


def test_a_grey_sequence_pilot_behind_a_colour_camera_sees_grey_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = watch_extractors(monkeypatch, lambda *_, **__: GreySequence())
    part = CnnActivations("grey.tflite", every_n_frames=1, show=True)
    assert part.pilot.shape_to_keep((*SIZE, 3)) == (*SIZE, 3)
    assert part.pilot.shape_to_keep((*SIZE, 1)) == (*SIZE, 1)
    part.run(draw_frame(0, *SIZE))
    grey = np.rint(draw_frame(0, *SIZE) @ [0.299, 0.587, 0.114])
    np.testing.assert_array_equal(watched[0].asked[1], np.stack([grey] * 3)[..., np.newaxis])
    assert part.failed == 0


def test_grey_frames_that_the_pilot_keeps_are_taken_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = watch_extractors(monkeypatch, lambda *_, **__: GreySequence())
    kept = SimpleNamespace(img_seq=[draw_frame(index, *SIZE)[..., 0] for index in range(3)])
    part = CnnActivations("grey.tflite", every_n_frames=1, show=True, driver=kept)
    part.run(draw_frame(9, *SIZE), False, True)
    np.testing.assert_array_equal(watched[0].asked[1], np.stack(kept.img_seq)[..., np.newaxis])
    assert part.failed == 0


def test_another_pilot_takes_over_with_its_own_number_of_frames(
    pilot_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.0)
    watched = watch_extractors(monkeypatch)
    model = tmp_path / "mypilot.tflite"
    shapes = []
    for kind in ("linear", "rnn", "linear"):
        pilot = build_stock_pilot(pilot_folder, *SIZE, kind=kind)
        model.write_bytes(pilot.tflite.read_bytes())
        if not watched:
            part = CnnActivations(model, every_n_frames=1, show=True)
        for index in range(4):
            part.run(draw_frame(index, *SIZE))
        shapes.append(watched[-1].asked[-1].shape)
    assert shapes == [(*SIZE, 3), (3, *SIZE, 3), (*SIZE, 3)]
    assert (part.made, part.failed) == (12, 0)


def test_a_history_is_padded_with_the_first_frame_and_forgets_the_oldest() -> None:
    history = FrameHistory(3)
    copied = np.empty((3, 2, 2), np.uint8)
    with pytest.raises(ValueError, match="got none"):
        history.copy_to(copied)
    seen = []
    for value in range(5):
        history.append(np.full((2, 2), value, np.uint8), (2, 2))
        history.copy_to(copied)
        seen.append(copied[:, 0, 0].tolist())
    assert seen == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 4]]
    history.append(np.full((1, 2), 9, np.uint8), (1, 2))
    narrow = np.empty((3, 1, 2), np.uint8)
    history.copy_to(narrow)
    assert narrow.tolist() == [[[9, 9]]] * 3


@pytest.mark.parametrize(
    ("driver", "taken"),
    [
        (None, False),
        (SimpleNamespace(), False),
        (SimpleNamespace(img_seq=[]), False),
        (SimpleNamespace(img_seq=[np.zeros((4, 6, 3))] * 2), False),
        (SimpleNamespace(img_seq=[np.zeros((4, 6, 3))] * 3), True),
        (SimpleNamespace(img_seq=[np.zeros((4, 6))] * 3), False),
        (SimpleNamespace(img_seq=[None] * 3), False),
    ],
)
def test_only_a_whole_history_of_fitting_frames_is_taken_from_the_pilot(
    driver: object, taken: bool
) -> None:
    assert (kept_by(driver, 3, (4, 6, 3)) is not None) == taken
