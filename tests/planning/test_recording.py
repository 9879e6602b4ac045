import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from drawn_frames import draw_frame

from donkey_activations.planning.recording import Recording, free_bytes, jpeg_bytes, record_bytes
from donkey_activations.tubs.records import read_tub

FRAMES = [draw_frame(index, 90, 160) for index in range(4)]


@pytest.fixture
def tub(tmp_path: Path) -> Path:
    """What Donkeycar itself writes of these frames."""
    with contextlib.redirect_stdout(io.StringIO()):
        from donkeycar.parts.tub_v2 import Tub
    tub = Tub(str(tmp_path / "tub"), ["cam/image_array", "user/angle"], ["image_array", "float"])
    for frame in FRAMES:
        tub.write_record({"cam/image_array": frame, "user/angle": 0.25})
    tub.close()
    return tmp_path / "tub"


def test_a_frame_takes_what_donkeycars_own_file_of_it_takes(tub: Path) -> None:
    sizes = [image.stat().st_size for image in (tub / "images").iterdir()]
    assert jpeg_bytes(FRAMES) == pytest.approx(np.mean(sizes))


def test_a_record_takes_what_its_line_in_the_catalog_takes(tub: Path) -> None:
    catalog = (tub / "catalog_0.catalog").stat().st_size
    assert record_bytes(read_tub(tub).records) == pytest.approx(catalog / len(FRAMES))


def test_a_minute_takes_60_times_the_rate_and_its_share_of_mosaics() -> None:
    recording = Recording(5000.0, 200.0, 100_000.0, enlarged=False)
    assert recording.bytes_per_minute(20.0, None) == 20 * 60 * 5200
    assert recording.bytes_per_minute(20.0, 5) == 20 * 60 * (5200 + 20_000)


def test_the_free_disk_is_that_of_the_folder(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0
    with pytest.raises(FileNotFoundError):
        free_bytes(tmp_path / "nowhere")
