"""The search for sizes that a network takes, on rules that are known."""

from collections.abc import Callable

import pytest

from donkey_activations.planning.sizes import SizeSearch

Size = tuple[int, int]
TRAINED = (96, 128)


@pytest.mark.parametrize(
    ("takes", "smallest"),
    [
        (lambda h, w: h >= 61 and w >= 61, (61, 61)),
        (lambda h, w: h >= 20 and w >= 77, (20, 77)),
        (lambda h, w: h % 8 == 0 and w % 8 == 0 and h >= 30 and w >= 9, (32, 16)),
        (lambda h, w: h % 6 == 0 and w % 4 == 0, (6, 4)),
        (lambda h, w: h % 64 == 32 and w % 32 == 0, (32, 32)),
        (lambda _h, _w: True, (1, 1)),
        (lambda h, w: h >= 96 and w >= 128, (96, 128)),
    ],
)
def test_the_smallest_height_and_width_are_found(
    takes: Callable[[int, int], bool], smallest: Size
) -> None:
    search = SizeSearch(lambda size: takes(*size), TRAINED)
    assert search.smallest_hw == smallest
    assert not search.fixed


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ((97, 130), [(96, 128), (104, 136)]),
        ((96, 130), [(96, 128), (96, 136)]),
        ((99, 128), [(96, 128), (104, 128)]),
        ((41, 1001), [(40, 1000), (48, 1008)]),
    ],
)
def test_the_nearest_sizes_keep_a_side_that_works(asked: Size, near: list[Size]) -> None:
    search = SizeSearch(lambda size: size[0] % 8 == 0 and size[1] % 8 == 0, TRAINED)
    assert search.nearest(asked) == near


def test_where_nothing_works_within_64_pixels_nothing_is_named() -> None:
    search = SizeSearch(lambda size: size[0] % 96 == 0 and size[1] <= 128, TRAINED)
    assert search.nearest((96, 193)) == []
    assert search.nearest((96, 192)) == [(96, 128)]
    assert search.nearest((97, 100)) == [(96, 100)]


def test_a_network_of_one_size_is_told_from_one_that_takes_few() -> None:
    assert SizeSearch(lambda size: size == TRAINED, TRAINED).fixed
    for period in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 32, 64):
        few = SizeSearch(lambda size, period=period: (size[0] - 96) % period == 0, TRAINED)
        assert not few.fixed, period


def test_no_size_is_tried_twice() -> None:
    tried: list[Size] = []

    def takes(size: Size) -> bool:
        tried.append(size)
        return size[0] >= 61 and size[1] >= 61

    search = SizeSearch(takes, TRAINED)
    for _ in range(2):
        assert search.smallest_hw == (61, 61)
        assert search.nearest((60, 40)) == [(61, 61)]
        assert not search.fixed
    assert len(tried) == len(set(tried))
