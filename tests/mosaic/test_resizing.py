import numpy as np
import pytest

from donkey_activations.mosaic.resizing import resize, resize_into

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
@pytest.mark.parametrize("times", [(1, 1), (2, 1), (2, 2), (3, 5), (4, 3)])
def test_a_pixel_is_repeated_where_the_size_is_a_multiple(
    times: tuple[int, int], channels: tuple[int, ...]
) -> None:
    picture = RNG.integers(0, 256, (5, 7, *channels), np.uint8)
    expected = np.repeat(np.repeat(picture, times[0], axis=0), times[1], axis=1)
    resized = resize(picture, expected.shape[:2])
    np.testing.assert_array_equal(resized.reshape(expected.shape), expected)


@pytest.mark.parametrize("size", [(10, 14), (12, 17), (15, 15)])
def test_an_enlarged_picture_fills_its_part_of_a_larger_one_and_no_more(
    size: tuple[int, int],
) -> None:
    picture = RNG.integers(1, 256, (5, 7, 3), np.uint8)
    before = picture.copy()
    whole = np.zeros((30, 40, 3), np.uint8)
    area = whole[4 : 4 + size[0], 6 : 6 + size[1]]
    resize_into(area, picture)
    rows = np.arange(size[0]) * 5 // size[0]
    columns = np.arange(size[1]) * 7 // size[1]
    np.testing.assert_array_equal(area, picture[rows][:, columns])
    area[:] = 0
    assert not whole.any()
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize("times", [(2, 2), (3, 3), (1, 2)])
def test_a_pixel_is_the_mean_of_those_that_it_stands_for(times: tuple[int, int]) -> None:
    down, right = times
    picture = RNG.integers(0, 256, (4 * down, 6 * right, 3), np.uint8)
    means = picture.reshape(4, down, 6, right, 3).mean(axis=(1, 3))
    assert np.abs(resize(picture, (4, 6)) - means).max() <= 0.5
