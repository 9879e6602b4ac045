import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame, write_frame_tub
from PIL import Image
from stock_pilot import StockPilot

from donkey_activations import open_extractor
from donkey_activations.errors import FrameError, TubError
from donkey_activations.planning import sample_frames


@pytest.fixture(scope="module")
def tub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("tub") / "tub", 60)


def test_a_tubs_frames_are_spread_from_its_first_to_its_last_record(tub: Path) -> None:
    of_tub = sample_frames.of_tub(tub)
    indexes = [record.index for record in of_tub.records]
    assert (indexes[0], indexes[-1]) == (0, 59)
    assert max(np.diff(indexes)) <= 3
    assert (of_tub.tub_path, of_tub.is_drawn, of_tub.size_hw) == (tub, False, (120, 160))


def test_frames_at_another_size_are_those_that_donkeycar_makes(tub: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        from donkeycar.config import Config
        from donkeycar.utils import load_image
    cfg = Config()
    cfg.IMAGE_H, cfg.IMAGE_W, cfg.IMAGE_DEPTH = 90, 320, 3
    of_tub = sample_frames.of_tub(tub)
    for record, frame in zip(of_tub.records, of_tub.at((90, 320)), strict=True):
        np.testing.assert_array_equal(frame, load_image(str(record.image_path), cfg))


@pytest.mark.parametrize(
    ("size_hw", "enlarged"),
    [((120, 160), False), ((60, 160), False), ((121, 160), True), ((60, 161), True)],
)
def test_a_frame_is_enlarged_where_either_side_is(
    size_hw: tuple[int, int], enlarged: bool, tub: Path
) -> None:
    assert sample_frames.of_tub(tub).is_enlarged_at(size_hw) is enlarged
    assert sample_frames.drawn().is_enlarged_at(size_hw) is False


def test_records_without_a_frame_are_left_out_and_none_is_an_error(tmp_path: Path) -> None:
    tub = write_frame_tub(tmp_path / "tub", 4)
    images = sorted((tub / "images").iterdir())
    images[0].unlink()
    assert [record.index for record in sample_frames.of_tub(tub).records] == [1, 2, 3]
    for image in images[1:]:
        image.write_bytes(b"")
    with pytest.raises(TubError, match="got none"):
        sample_frames.of_tub(tub)


def test_an_image_is_one_frame(tmp_path: Path) -> None:
    Image.fromarray(draw_frame(3, 48, 64)).save(tmp_path / "frame.png")
    of_image = sample_frames.of_image(tmp_path / "frame.png")
    np.testing.assert_array_equal(of_image.frames, [draw_frame(3, 48, 64)])
    assert of_image.records == ()
    with pytest.raises(FrameError):
        sample_frames.of_image(tmp_path / "nowhere.png")


def test_drawn_frames_are_as_busy_as_a_cameras(tub: Path) -> None:
    def jpeg_bytes(frame: np.ndarray) -> int:
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "jpeg")
        return file.tell()

    # 0.6 to 2.4 bits a pixel is what JPEGs of a road take.
    bits = [8 * jpeg_bytes(frame) / (640 * 360) for frame in sample_frames.drawn().at((360, 640))]
    assert 0.3 < min(bits) <= max(bits) < 3


def test_a_pilot_sees_the_frame_at_its_own_size(stock_pilot: StockPilot) -> None:
    extractor = open_extractor(stock_pilot.tflite)
    seen = sample_frames.seen_by(extractor, draw_frame(0, 360, 640))
    assert seen.shape == extractor.input_shape
    assert len(extractor(seen)) == 5
