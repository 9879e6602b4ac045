from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from decoded_films import boxes, decode

from donkey_activations.films.video import FilmError, VideoFile, check_size

MS = Fraction(1, 1000)
# What red, green and blue weigh in brightness.
BT709, BT601 = (0.2126, 0.0722), (0.299, 0.114)


def film(path: Path, pictures: list[np.ndarray], ticks: list[int], rate: int = 20) -> Path:
    with VideoFile(path, pictures[0].shape[:2], MS, Fraction(rate)) as video:
        for picture, tick in zip(pictures, ticks, strict=True):
            video.write(picture, tick)
        video.finish(40)
    return path


def flat(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_it_is_what_browsers_and_phones_play(tmp_path: Path) -> None:
    pictures = [flat(720, 1280, (shade, 40, 90)) for shade in (10, 60, 110)]
    path = film(tmp_path / "a.mp4", pictures, [0, 50, 100])
    decoded = decode(path)
    assert (decoded.codec, decoded.profile, decoded.pixel_format) == ("h264", "High", "yuv420p")
    assert decoded.level == 3.1
    assert decoded.size_hw == (720, 1280)
    names = boxes(path)
    assert names[0] == "ftyp"
    assert names.index("moov") < names.index("mdat")


def test_times_are_kept_to_the_millisecond_and_the_last_picture_stays(tmp_path: Path) -> None:
    ticks = [0, 3, 4, 54, 1054, 1061, 2061]
    pictures = [flat(64, 96, (30 * number, 99, 0)) for number in range(7)]
    decoded = decode(film(tmp_path / "a.mp4", pictures, ticks))
    assert decoded.times_ms == ticks
    assert decoded.duration_ms == 2061 + 40


@pytest.mark.parametrize(
    ("height", "weights", "number"), [(720, BT709, 1), (718, BT601, 6), (64, BT601, 6)]
)
@pytest.mark.parametrize("colour", [(250, 30, 30), (20, 200, 40), (10, 20, 240), (255, 255, 255)])
def test_colours_are_coded_as_the_tags_say(
    tmp_path: Path,
    height: int,
    weights: tuple[float, float],
    number: int,
    colour: tuple[int, int, int],
) -> None:
    decoded = decode(film(tmp_path / "a.mp4", [flat(height, 64, colour)], [0]))
    assert (decoded.colour_space, decoded.colour_range) == (number, 1)
    assert _coded(tmp_path / "a.mp4") == pytest.approx(_by_the_standard(colour, *weights), abs=2)


def _coded(path: Path) -> list[float]:
    """Brightness and the two colour differences of the first picture, as they are in the file."""
    import av

    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).to_ndarray()
    height = frame.shape[0] * 2 // 3
    planes = frame[:height], frame[height : height * 5 // 4], frame[height * 5 // 4 :]
    return [float(plane.mean()) for plane in planes]


def _by_the_standard(colour: tuple[int, int, int], red: float, blue: float) -> list[float]:
    r, g, b = (value / 255 for value in colour)
    y = red * r + (1 - red - blue) * g + blue * b
    differences = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    return [16 + 219 * y, *(128 + 224 * difference for difference in differences)]


def test_a_film_can_be_entered_every_two_seconds(tmp_path: Path) -> None:
    import av

    pictures = [flat(64, 64, (99, 99, 99)) for _ in range(100)]
    path = film(tmp_path / "a.mp4", pictures, [50 * number for number in range(100)])
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert keys[0] == 0
    assert max(np.diff([*keys, 100])) <= 40
    assert all(packet.pts == packet.dts for packet in packets)


def test_the_picture_given_is_left_alone_and_may_be_a_view(tmp_path: Path) -> None:
    large = np.random.default_rng(1).integers(0, 255, (80, 128, 3), np.uint8)
    before = large.copy()
    view = large[8:72, 32:96]
    decoded = decode(film(tmp_path / "a.mp4", [view], [0]))
    assert np.array_equal(large, before)
    assert decoded.size_hw == (64, 64)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.mp4"
    with pytest.raises(FilmError, match=r"nowhere: the film cannot be written.*No such file"):
        film(path, [flat(64, 64, (0, 0, 0))] * 100, [*range(100)])


@pytest.mark.parametrize("size_hw", [(720, 1280), (2304, 4096), (4096, 2304), (16, 16)])
def test_sizes_that_are_played_are_taken(size_hw: tuple[int, int]) -> None:
    check_size(size_hw)


@pytest.mark.parametrize("size_hw", [(4096, 4096), (2306, 4098), (14, 640), (640, 14)])
def test_sizes_that_nothing_plays_are_refused(size_hw: tuple[int, int]) -> None:
    with pytest.raises(FilmError, match="--scale"):
        check_size(size_hw)
