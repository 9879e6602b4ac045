"""A few pictures of a film, for a sheet that shows it at a glance."""

import numpy as np
from numpy.typing import NDArray

from donkey_activations.mosaic.contact_sheet import page, spread, tile

Picture = NDArray[np.uint8]

_PICTURES, _COLUMNS = 12, 3


class ContactSheet:
    """Keeps pictures that are spread evenly over a film, and these small."""

    def __init__(self, records: int) -> None:
        """Keep nothing yet.

        Args:
            records: Number of records that the film is to show.
        """
        self._due = spread(_PICTURES, records)
        self._columns = min(_COLUMNS, len(self._due))
        self._tiles: list[Picture] = []
        self._last: tuple[Picture, str] | None = None

    def offer(self, number: int, picture: Picture, caption: str) -> None:
        """Keep the picture if it is due, as it is where a record before cannot be read.

        Args:
            number: The record's number among those of the film, from 0.
            picture: uint8 ``(height, width, 3)`` RGB; it must not change any more.
            caption: One line; what is not ASCII becomes a question mark.
        """
        self._last = picture, caption
        if self._due and number >= self._due[0]:
            self._due = [due for due in self._due if due > number]
            self._keep_last()

    def page(self, title: str) -> Picture:
        """Return the sheet: uint8 ``(height, width, 3)`` RGB.

        Args:
            title: One line; what is not ASCII becomes a question mark.
        """
        if self._due:
            # The film's last records cannot be read; the last picture is its end all the same.
            self._due = []
            self._keep_last()
        return page(self._tiles, title, self._columns)

    def _keep_last(self) -> None:
        if self._last is not None:
            picture, caption = self._last
            self._tiles.append(tile(picture, caption, self._columns))
            self._last = None
