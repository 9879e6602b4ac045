"""What a car does to a frame before its pilot sees it, compared with Donkeycar's own parts."""

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from car_driver import read_records
from donkeycar.parts.image_transformations import ImageTransformations
from donkeycar.parts.tub_v2 import TubWriter
from donkeycar.vehicle import Vehicle
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from stock_pilot import StockPilot
from watched_extractor import watch_extractors

from donkey_activations import ConfigError, add_activations, open_extractor
from donkey_activations.car.transformations import keep_the_shape, transformations_of

NEGATIVE = """
class Negative:
    def __init__(self, config):
        self.white = config.WHITE

    def run(self, image):
        return self.white - image
"""
LISTS = {
    "crop": (["CROP"], []),
    "trapeze": (["TRAPEZE"], []),
    "blur": (["BLUR"], []),
    "custom": (["CUSTOM_NEGATIVE"], []),
    "after augmentation": ([], ["BLUR"]),
    "all": (["TRAPEZE", "CUSTOM_NEGATIVE"], ["CROP", "BLUR"]),
}


@pytest.fixture
def car_config(tmp_path: Path) -> SimpleNamespace:
    """The keys of Donkeycar's complete template that transformations read."""
    (tmp_path / "negative.py").write_text(NEGATIVE)
    return SimpleNamespace(
        CAMERA_TYPE="PICAM",
        IMAGE_W=160,
        IMAGE_H=120,
        IMAGE_DEPTH=3,
        ROI_CROP_TOP=45,
        ROI_CROP_BOTTOM=0,
        ROI_CROP_LEFT=10,
        ROI_CROP_RIGHT=0,
        ROI_TRAPEZE_LL=0,
        ROI_TRAPEZE_LR=160,
        ROI_TRAPEZE_UL=20,
        ROI_TRAPEZE_UR=140,
        ROI_TRAPEZE_MIN_Y=60,
        ROI_TRAPEZE_MAX_Y=120,
        BLUR_KERNEL=5,
        BLUR_KERNEL_Y=None,
        BLUR_GAUSSIAN=True,
        CUSTOM_NEGATIVE_MODULE=str(tmp_path / "negative.py"),
        CUSTOM_NEGATIVE_CLASS="Negative",
        WHITE=255,
        ACTIVATIONS_EVERY_N_FRAMES=1,
    )


class Camera:
    """Frame 0, 1, 2, ... in memory that it reuses."""

    def __init__(self) -> None:
        self.frame = np.zeros((120, 160, 3), np.uint8)
        self.count = 0

    def run(self) -> tuple[np.ndarray, float, float, str]:
        self.frame[:] = draw_frame(self.count)
        self.count += 1
        return self.frame, 0.0, 0.0, "local"


class Pilot:
    """Drives straight on, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[np.ndarray] = []

    def load(self) -> None: ...

    def run(self, frame: np.ndarray) -> tuple[float, float]:
        self.shown.append(frame.copy())
        return 0.0, 0.0


def drive(cfg: SimpleNamespace, model: Path, tub: Path, pilot: Pilot | None) -> list[int]:
    """Drives as the complete template does; returns the records that have a mosaic."""
    vehicle = Vehicle()
    vehicle.add(Camera(), outputs=STOCK_INPUTS)
    if pilot is not None:
        transformed = ImageTransformations(cfg, "TRANSFORMATIONS", "POST_TRANSFORMATIONS")
        seen = ["cam/image_array_trans"]
        vehicle.add(transformed, inputs=["cam/image_array"], outputs=seen)
        vehicle.add(pilot, inputs=seen, outputs=["pilot/angle", "pilot/throttle"])
    inputs, types = list(STOCK_INPUTS), list(STOCK_TYPES)
    vehicle.add(TubWriter(str(tub), inputs=inputs, types=types), inputs=inputs, outputs=["tub/n"])
    add_activations(vehicle, cfg, str(model))
    assert vehicle.start(rate_hz=30, max_loop_count=10)[0] == 10
    return [int(str(r["_index"])) for r in read_records(tub) if r["cnn/activations"]]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("with_pilot", [True, False], ids=["autopilot", "no pilot in the car"])
def test_the_drive_loop_the_function_and_the_pilot_see_the_same_of_a_frame(
    name: str,
    with_pilot: bool,
    *,
    car_config: SimpleNamespace,
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car_config.TRANSFORMATIONS, car_config.POST_TRANSFORMATIONS = deepcopy(LISTS[name])
    transform = transformations_of(deepcopy(car_config))
    assert transform is not None
    watched = watch_extractors(monkeypatch)
    pilot = Pilot()
    recorded = drive(car_config, stock_pilot.tflite, tmp_path, pilot if with_pilot else None)
    assert len(recorded) >= 3
    if not with_pilot:
        part = ImageTransformations(deepcopy(car_config), "TRANSFORMATIONS", "POST_TRANSFORMATIONS")
        pilot.shown = [part.run(draw_frame(index)) for index in range(10)]
    extractor = open_extractor(stock_pilot.tflite)
    # A black frame was tried before the drive, and one transformed, where that is ours to do.
    tried = 1 if with_pilot else 2
    asked, answered = watched[0].asked[tried:], watched[0].answered[tried:]
    assert len(asked) == len(recorded)
    for index, frame, maps in zip(recorded, asked, answered, strict=True):
        np.testing.assert_array_equal(frame, pilot.shown[index])
        np.testing.assert_array_equal(transform(draw_frame(index)), pilot.shown[index])
        assert not np.array_equal(frame, draw_frame(index))
        for one, other in zip(maps, extractor(pilot.shown[index]), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_pilot_part_that_reads_the_cameras_frame_has_nothing_done_to_it(
    car_config: SimpleNamespace,
    stock_pilot: StockPilot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car_config.TRANSFORMATIONS = ["CROP"]
    watched = watch_extractors(monkeypatch)
    vehicle = Vehicle()
    vehicle.add(Camera(), outputs=STOCK_INPUTS)
    outputs = ["pilot/angle", "pilot/throttle"]
    vehicle.add(Pilot(), inputs=["cam/image_array"], outputs=outputs)
    inputs, types = list(STOCK_INPUTS), list(STOCK_TYPES)
    writer = TubWriter(str(tmp_path), inputs=inputs, types=types)
    vehicle.add(writer, inputs=inputs, outputs=["tub/n"])
    add_activations(vehicle, car_config, str(stock_pilot.tflite))
    assert vehicle.start(rate_hz=30, max_loop_count=3)[0] == 3
    np.testing.assert_array_equal(watched[0].asked[1], draw_frame(0))


def test_a_car_without_transformations_has_no_function(car_config: SimpleNamespace) -> None:
    assert transformations_of(car_config) is None
    car_config.TRANSFORMATIONS, car_config.POST_TRANSFORMATIONS = [], None
    assert transformations_of(car_config) is None


def test_the_configuration_and_the_frame_are_left_as_they_were(
    car_config: SimpleNamespace,
) -> None:
    car_config.TRANSFORMATIONS, car_config.POST_TRANSFORMATIONS = deepcopy(LISTS["all"])
    before = deepcopy(vars(car_config))
    transform = transformations_of(car_config)
    assert transform is not None
    frame = draw_frame(3)
    transform(frame)
    np.testing.assert_array_equal(frame, draw_frame(3))
    assert vars(car_config) == before


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"TRANSFORMATIONS": "CROP"}, r"^TRANSFORMATIONS: expected a list of names"),
        ({"POST_TRANSFORMATIONS": [5]}, r"^POST_TRANSFORMATIONS: expected a list of names"),
        ({"TRANSFORMATIONS": ["CRAP"]}, r"^TRANSFORMATIONS: \['CRAP'\] cannot be set up"),
        ({"POST_TRANSFORMATIONS": ["CANNY"]}, r"^POST_TRANSFORMATIONS: .*CANNY_LOW_THRESHOLD"),
        ({"TRANSFORMATIONS": ["CUSTOM_NONE"]}, r"^TRANSFORMATIONS: .*CUSTOM_NONE"),
    ],
)
def test_what_is_wrong_is_answered_with_the_key(
    keys: dict[str, Any], said: str, car_config: SimpleNamespace
) -> None:
    with pytest.raises(ConfigError, match=said):
        transformations_of(SimpleNamespace(**{**vars(car_config), **keys}))


def test_only_masks_blurs_and_colours_are_known_to_keep_the_shape(
    car_config: SimpleNamespace,
) -> None:
    assert keep_the_shape(car_config)
    car_config.TRANSFORMATIONS = ["CROP", "TRAPEZE", "BLUR", "RGB2HSV"]
    assert keep_the_shape(car_config)
    car_config.POST_TRANSFORMATIONS = ["RESIZE"]
    assert not keep_the_shape(car_config)
