"""Films that compare resolutions: against pictures drawn from frames that Pillow resized."""

import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from decoded_films import ALIKE, DecodedFilm, decode, distance, nearest
from drawn_frames import write_frame_tub
from offline_tubs import image
from PIL import Image
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor
from donkey_activations.extractors.base import FeatureExtractor
from donkey_activations.films.side_by_side import SideBySide, View, choose_filters
from donkey_activations.films.time_axis import steady
from donkey_activations.films.video import FilmError
from donkey_activations.films.writing import FilmResult
from donkey_activations.mosaic.comparison.column import Seen, Side
from donkey_activations.mosaic.comparison.filter_ranges import Limits
from donkey_activations.mosaic.comparison.page import Comparison
from donkey_activations.mosaic.representative_filters import representative_filters
from donkey_activations.tubs.records import read_tub

COUNT = 6
SMALL_HW, LARGE_HW = (120, 160), (240, 320)
FIRST_3D = "conv3d"
FILTERS = {"conv2d_1": (4, 0, 9), "conv2d_3": (7, 30, 2), "conv2d_5": (1, 0, 63)}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("original") / "tub", COUNT)


@pytest.fixture
def tub(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tub"))


@pytest.fixture(scope="module")
def views(stock_pilot: StockPilot) -> list[View]:
    """The same filters at the pilot's size and at twice that."""
    extractors = [open_extractor(stock_pilot.tflite, size=size) for size in (SMALL_HW, LARGE_HW)]
    return [View(extractor, extractor.trained_hw) for extractor in extractors]


def make(
    views: Sequence[View], tub: Path, filters: dict[str, tuple[int, ...]]
) -> tuple[DecodedFilm, FilmResult, SideBySide]:
    """Makes a film of all records."""
    records = read_tub(tub).records
    film = SideBySide(views, records, range(len(records)), steady(20), layers=filters)
    done = []
    result = film.write(tub / "film.mp4", lambda number, of: done.append((number, of)))
    assert done == [(number + 1, len(records)) for number in range(len(records))]
    decoded = decode(tub / "film.mp4")
    assert decoded.size_hw == result.size_hw == film.size_hw
    return decoded, result, film


def frame_at(extractor: FeatureExtractor, tub: Path, index: int) -> np.ndarray:
    """A record's frame as Donkeycar brings it to a pilot's size: with Pillow's own resize."""
    height, width, _ = extractor.input_shape
    with Image.open(image(tub, index)) as picture:
        rgb = picture.convert("RGB")
        return np.asarray(rgb if rgb.size == (width, height) else rgb.resize((width, height)))


def drawn(views: Sequence[View], tub: Path, film: SideBySide, history: int = 1) -> list[np.ndarray]:
    """What the film of all records should show.

    A history below 0 is as long, and of the newest frame alone.
    """
    sides, seen = [], []
    for view in views:
        extractor = view.extractor
        frames = [frame_at(extractor, tub, index) for index in range(COUNT)]
        sides.append(Side(extractor.input_shape[:2], extractor.layers, view.trained_hw))
        seen.append([])
        for index, frame in enumerate(frames):
            before = [frames[max(0, index - back)] for back in range(history - 1, -1, -1)]
            before = before or [frame] * -history
            maps = extractor(frame if history == 1 else np.stack(before))
            seen[-1].append(Seen(frame, maps, (120, 160)))
    limits = {}
    for name, numbers in film.filters.items():
        place = [layer.name for layer in views[0].extractor.layers].index(name)
        tops = [
            np.percentile(
                [one.maps[place][:, :, numbers].max(axis=(0, 1)) for one in of_view], 95, axis=0
            )
            for of_view in seen
        ]
        top = np.max(tops, axis=0)
        top = np.maximum(top, 0.1 * top.max()).astype(np.float32)
        limits[name] = Limits(np.zeros_like(top), top)
    comparison = Comparison(sides, film.filters)
    return [comparison.draw(one, limits) for one in zip(*seen, strict=True)]


def test_every_picture_is_its_record_at_both_sizes_on_one_scale(
    views: list[View], tub: Path
) -> None:
    decoded, result, film = make(views, tub, FILTERS)
    assert film.filters == FILTERS
    assert decoded.size_hw[0] <= 1080
    assert decoded.size_hw[1] == 1920
    assert (result.frames, result.unreadable, result.resized) == (COUNT, [], 0)
    assert result.seconds == Fraction(COUNT, 20)
    expected = drawn(views, tub, film)
    assert [nearest(picture, expected) for picture in decoded.pictures] == [*range(COUNT)]
    for picture, comparison in zip(decoded.pictures, expected, strict=True):
        assert distance(picture, comparison) < ALIKE


def test_only_the_side_that_is_larger_than_the_recorded_frame_is_marked_as_enlarged(
    views: list[View], tub: Path
) -> None:
    decoded, _, film = make(views, tub, FILTERS)
    records = read_tub(tub).records
    assert len(records) == COUNT
    expected = drawn(views, tub, film)[0]
    unmarked = np.full_like(expected, expected[-1, -1])
    head, left, right = slice(0, 30), slice(300, 900), slice(1400, 1900)
    assert distance(decoded.pictures[0][head, right], expected[head, right]) < ALIKE
    assert distance(decoded.pictures[0][head, right], unmarked[head, right]) > 2 * ALIKE
    assert distance(decoded.pictures[0][head, left], unmarked[head, left]) < ALIKE


def test_a_record_that_cannot_be_read_is_left_out_and_counted(views: list[View], tub: Path) -> None:
    expected = drawn(views, tub, make(views, tub, FILTERS)[2])
    image(tub, 2).write_bytes(image(tub, 2).read_bytes()[:300])
    image(tub, 5).unlink()
    decoded, result, _ = make(views, tub, FILTERS)
    assert result.frames == len(decoded.pictures) == COUNT - 2
    assert [index for index, _ in result.unreadable] == [2, 5]
    assert "5_cam_image_array_.jpg" in result.unreadable[1][1]
    assert [nearest(picture, expected) for picture in decoded.pictures] == [0, 1, 3, 4]


def test_a_film_without_a_frame_that_can_be_read_is_none(views: list[View], tub: Path) -> None:
    for index in range(COUNT):
        image(tub, index).unlink()
    records = read_tub(tub).records
    film = SideBySide(views, records, range(COUNT), steady(20), layers=FILTERS)
    with pytest.raises(FilmError, match="no frame of the records asked for can be read: record 0"):
        film.write(tub / "film.mp4", lambda _number, _of: None)
    assert not list(tub.glob("*.mp4*"))


def test_frames_that_have_none_of_the_sizes_are_counted(views: list[View], tmp_path: Path) -> None:
    tub = write_frame_tub(tmp_path / "tub", 2, height=60, width=80)
    _, result, _ = make(views, tub, FILTERS)
    assert (result.frames, result.resized) == (2, 2)


def test_a_sequence_pilot_sees_the_frames_before_at_every_size(
    pilot_folder: Path, tub: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, kind="3d").tflite
    # What follows its first layer needs TensorFlow.
    extractors = [open_extractor(pilot, [FIRST_3D], size) for size in (None, LARGE_HW)]
    views = [View(extractor, extractor.trained_hw) for extractor in extractors]
    decoded, _, film = make(views, tub, {FIRST_3D: (5, 0, 11)})
    length = extractors[0].sequence_length
    assert length > 1
    seeing, still = (drawn(views, tub, film, history) for history in (length, -length))
    for index, picture in enumerate(decoded.pictures):
        assert distance(picture, seeing[index]) < ALIKE
        if index:
            assert distance(picture, seeing[index]) < distance(picture, still[index]) / 2


def test_the_filters_are_chosen_where_there_are_most_pixels(views: list[View], tub: Path) -> None:
    records = read_tub(tub).records
    chosen = choose_filters([views[1], views[0]], records, range(COUNT))
    largest = views[1].extractor
    maps = [largest(frame_at(largest, tub, index)) for index in range(COUNT)]
    assert chosen == representative_filters(largest, maps, 8)
    assert {len(numbers) for numbers in chosen.values()} == {8}
