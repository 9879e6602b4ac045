import cv2
import numpy as np
import pytest

from donkey_activations.demo import sheet
from donkey_activations.errors import TubError
from donkey_activations.mosaic.contact_sheet import WIDEST_PX


def mosaics(folder, count, hw=(300, 240)):
    paths = [folder / f"{number * 5}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((*hw, 3), 40 + number, np.uint8))
    return paths


@pytest.mark.parametrize(("count", "shown"), [(1, [0]), (2, [0, 1]), (79, [0, 16, 31, 47, 62, 78])])
def test_the_pictures_are_spread_from_the_first_to_the_last(tmp_path, count, shown):
    paths = mosaics(tmp_path, count)
    assert sheet.chosen(paths) == [paths[number] for number in shown]


@pytest.mark.parametrize("count", [1, 2, 4, 6, 7])
@pytest.mark.parametrize("hw", [(300, 240), (900, 1400), (1400, 3000)])
def test_the_sheet_is_never_wider_than_2000_pixels(tmp_path, count, hw):
    target = tmp_path / "sheet.jpg"
    sheet.write_sheet(target, mosaics(tmp_path, count, hw), "title")
    picture = cv2.imread(str(target))
    assert picture.shape[1] <= WIDEST_PX
    assert picture.std() > 0


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    paths = mosaics(tmp_path, 2)
    paths[1].write_bytes(b"torn")
    with pytest.raises(TubError, match=r"5\.jpg"):
        sheet.write_sheet(tmp_path / "sheet.jpg", paths, "title")
    assert not (tmp_path / "sheet.jpg").exists()
