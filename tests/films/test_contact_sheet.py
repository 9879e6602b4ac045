import numpy as np
import pytest

from donkey_activations.films.contact_sheet import ContactSheet
from donkey_activations.mosaic.contact_sheet import page, tile


def picture(number: int) -> np.ndarray:
    return np.full((60, 80, 3), (0, 2 * number, 90), np.uint8)


def expected(shown: list[int], columns: int = 3) -> np.ndarray:
    return page([tile(picture(n), f"record {n}", columns) for n in shown], "title", columns)


@pytest.mark.parametrize(
    ("records", "missing", "shown"),
    [
        (1, [], [0]),
        (2, [], [0, 1]),
        (12, [], [*range(12)]),
        (100, [], [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]),
        # The next one that can be read stands for one that cannot.
        (100, [0, 9, 10], [1, 11, 18, 27, 36, 45, 54, 63, 72, 81, 90, 99]),
        # And the last one for the end.
        (100, [98, 99], [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90, 97]),
        (100, [*range(91, 100)], [0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90]),
        (100, [*range(1, 99)], [0, 99]),
    ],
)
def test_the_sheet_shows_pictures_from_the_first_to_the_last(
    records: int, missing: list[int], shown: list[int]
) -> None:
    contact_sheet = ContactSheet(records)
    for number in range(records):
        if number not in missing:
            contact_sheet.offer(number, picture(number), f"record {number}")
    assert np.array_equal(contact_sheet.page("title"), expected(shown, min(3, records)))
