import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from decoded_films import ALIKE, DecodedFilm, decode, distance, nearest
from drawn_frames import write_frame_tub
from offline_tubs import edit_catalog
from PIL import Image
from stock_pilot import StockPilot

from donkey_activations.films.film import FILM_LAYOUT, Film
from donkey_activations.films.time_axis import steady
from donkey_activations.films.video import FilmError
from donkey_activations.films.writing import FilmResult
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.pilots.options import PilotOptions
from donkey_activations.recorded.findings.layer_ranges import measure_ranges
from donkey_activations.tubs.records import read_frame, read_tub

COUNT = 9


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("original") / "tub", COUNT)


@pytest.fixture
def tub(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tub"))


def make(
    pilot: StockPilot, tub: Path, layout: Layout, scale: float = 1.0
) -> tuple[DecodedFilm, FilmResult]:
    """Makes a film of all records."""
    records = read_tub(tub).records
    film = Film(
        PilotOptions(pilot.tflite, layout=layout).open(),
        records,
        range(len(records)),
        steady(20),
        scale,
    )
    film.use_one_scale()
    result = film.write(tub / "film.mp4", None, lambda _done, _total: None)
    decoded = decode(tub / "film.mp4")
    assert decoded.size_hw == result.size_hw == film.size_hw
    return decoded, result


def mosaics(
    pilot: StockPilot, tub: Path, layout: Layout, run: dict[str, LayerRun] | None = None
) -> list[np.ndarray]:
    extractor = PilotOptions(pilot.tflite, layout=layout).open().extractor
    drawn = []
    for record in read_tub(tub).records:
        frame = read_frame(record, 3)
        controls = known_controls(record.values)
        maps = extractor(frame)
        drawn.append(
            render_mosaic(frame, extractor.layers, maps, layout, controls=controls, run=run)
        )
    return drawn


def test_every_picture_is_the_mosaic_of_its_record(stock_pilot: StockPilot, tub: Path) -> None:
    opened = PilotOptions(stock_pilot.tflite, layout=FILM_LAYOUT).open()
    run = measure_ranges(opened, read_tub(tub).records)
    expected = mosaics(stock_pilot, tub, FILM_LAYOUT, run)
    decoded, result = make(stock_pilot, tub, FILM_LAYOUT)
    assert decoded.size_hw == (720, 1280)
    assert (result.frames, result.unreadable) == (COUNT, [])
    assert result.seconds == Fraction(COUNT, 20)
    assert [nearest(picture, expected) for picture in decoded.pictures] == [*range(COUNT)]
    for picture, mosaic in zip(decoded.pictures, expected, strict=True):
        assert distance(picture, mosaic) < ALIKE


@pytest.mark.parametrize("layout", [Layout(), Layout(width_px=333, theme="light")])
def test_odd_sizes_get_a_row_or_a_column_of_background(
    layout: Layout, stock_pilot: StockPilot, tub: Path
) -> None:
    expected = mosaics(stock_pilot, tub, layout)
    decoded, _ = make(stock_pilot, tub, layout)
    height, width = expected[0].shape[:2]
    assert width == layout.width_px
    assert decoded.size_hw == (height + height % 2, width + width % 2)
    assert distance(decoded.pictures[3], expected[3]) < ALIKE
    background = expected[0][-1, -1].astype(int)
    for edge in (decoded.pictures[0][-1], decoded.pictures[0][:, -1]):
        assert np.abs(edge - background).mean() < 4


@pytest.mark.parametrize(("scale", "size_hw"), [(0.5, (360, 640)), (0.3, (216, 384))])
def test_scale_reduces_the_finished_picture_by_area(
    scale: float, size_hw: tuple[int, int], stock_pilot: StockPilot, tub: Path
) -> None:
    layout = Layout(arrangement="beside", width_px=1280, height_px=720)
    expected = mosaics(stock_pilot, tub, layout)
    decoded, _ = make(stock_pilot, tub, layout, scale)
    assert decoded.size_hw == size_hw
    height, width = size_hw
    small = np.asarray(Image.fromarray(expected[4]).resize((width, height), Image.Resampling.BOX))
    assert distance(decoded.pictures[4], small) < ALIKE


@pytest.mark.parametrize("scale", [0, -1, 1.5, float("nan"), 0.01])
def test_a_scale_that_gives_no_film_is_refused(
    scale: float, stock_pilot: StockPilot, tub: Path
) -> None:
    with pytest.raises(FilmError, match="scale"):
        make(stock_pilot, tub, FILM_LAYOUT, scale)


def test_a_film_keeps_its_size_where_a_driver_comes_and_goes(
    stock_pilot: StockPilot, tub: Path
) -> None:
    drives = [{}, {"user/angle": 0.5}, {"user/angle": 0.5, "pilot/angle": 0.1}]

    def edit(records: list[dict[str, object]]) -> list[dict[str, object]]:
        edited = []
        for number, record in enumerate(records):
            bare = {key: value for key, value in record.items() if not key.startswith("user/")}
            angles = drives[number % 3]
            throttles = {key.replace("angle", "throttle"): 0.2 for key in angles}
            edited.append({**bare, **angles, **throttles})
        return edited

    edit_catalog(tub, edit)
    expected = mosaics(stock_pilot, tub, Layout())
    assert len({picture.shape for picture in expected}) > 1
    decoded, _ = make(stock_pilot, tub, Layout())
    for picture, mosaic in zip(decoded.pictures, expected, strict=True):
        assert distance(picture, mosaic) < ALIKE
    assert decoded.size_hw[0] >= max(picture.shape[0] for picture in expected)


def write_growing_tub(tub: Path) -> None:
    """On the left always the same stripes; on the right stripes that grow from frame to frame."""
    stripes = (np.arange(160) // 4 % 2).astype(np.uint8)
    for index, image in enumerate(sorted(tub.glob("images/*.jpg"), key=_number)):
        frame = np.zeros((120, 160, 3), np.uint8)
        frame[:] = (stripes * 90)[:, None]
        frame[:, 80:] = (stripes * (40 + 25 * index))[80:, None]
        Image.fromarray(frame).save(image, quality=98)


def _number(image: Path) -> int:
    return int(image.name.split("_")[0])


def changes(pilot: StockPilot, tub: Path, layout: Layout) -> tuple[float, float]:
    """How far the left and the right of the brightest tile change over the film."""
    decoded, _ = make(pilot, tub, layout)
    tiles = np.stack(decoded.pictures)[:, 4:236].astype(int)
    left, right = tiles[:, :, 4:140], tiles[:, :, 190:310]
    spans = [np.ptp(side.mean(axis=(1, 2)), axis=0).max() for side in (left, right)]
    return float(spans[0]), float(spans[1])


def test_what_stays_the_same_keeps_its_colour_while_something_else_grows(
    stock_pilot: StockPilot, tub: Path
) -> None:
    write_growing_tub(tub)
    maps = (
        PilotOptions(stock_pilot.tflite)
        .open()
        .extractor(read_frame(read_tub(tub).records[-1], 3))[0]
    )
    brightest = int(maps[:, :35].mean(axis=(0, 1)).argmax())
    one_tile = {
        "panels": ("layers",),
        "layers": ("conv2d_1",),
        "filters": (brightest,),
        "captions": False,
        "width_px": 320,
        # Of what JPEG changes from frame to frame, faint colours show more.
        "gamma": 0.7,
    }
    left, right = changes(stock_pilot, tub, Layout(**one_tile, scaling="run"))
    assert left < 2
    assert right > 20
    # What a film would do otherwise; and the proof that this test sees it.
    left, _ = changes(stock_pilot, tub, Layout(**one_tile, scaling="layer"))
    assert left > 20


def test_filters_that_never_fire_in_the_film_are_left_out_of_it_and_make_it_lower(
    stock_pilot: StockPilot, tub: Path
) -> None:
    for image in tub.glob("images/*.jpg"):
        Image.fromarray(np.zeros((120, 160, 3), np.uint8)).save(image)
    # Random weights and no bias: of a black frame nothing fires.
    layout = Layout(scaling="run", layers_height_px=16)
    decoded, result = make(stock_pilot, tub, layout)
    records = read_tub(tub).records
    run = measure_ranges(PilotOptions(stock_pilot.tflite, layout=layout).open(), records)
    assert all(layer.peaks is not None and not layer.peaks.any() for layer in run.values())
    whole = mosaics(stock_pilot, tub, layout)[0].shape[0]
    left = mosaics(stock_pilot, tub, layout, run)[0].shape[0]
    assert left < whole
    assert decoded.size_hw[0] == result.size_hw[0] == left + left % 2
