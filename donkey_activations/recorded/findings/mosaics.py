"""The mosaics of a tub's records, drawn and written as a drive would have done it."""

from collections.abc import Mapping

from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.mosaic.run_ranges import LayerRun
from donkey_activations.recorded.walk import Seen
from donkey_activations.tubs.mosaics import MosaicSet


class WrittenMosaics:
    """Writes the mosaic of each record that is observed, and counts them.

    Attributes:
        made: Number of mosaics written.
        resized: Number of those whose frame was of another size than the camera's.
    """

    def __init__(self, mosaics: MosaicSet, jpeg_quality: int, run: Mapping[str, LayerRun]) -> None:
        """Write nothing yet.

        Args:
            mosaics: The set that the pictures belong to; its folder exists.
            jpeg_quality: 1 to 100.
            run: Each layer's range over the tub by its name; empty unless the layout asks for it.
        """
        self.made = 0
        self.resized = 0
        self._mosaics = mosaics
        self._jpeg_quality = jpeg_quality
        self._run = run

    def observe(self, seen: Seen) -> None:
        """Draw and write the mosaic of one record.

        Args:
            seen: The record and its maps.

        Raises:
            OSError: The picture cannot be written.
        """
        jpeg = encode_jpeg(seen.draw(self._run), self._jpeg_quality)
        self._mosaics.write_picture(seen.record.index, jpeg)
        self.made += 1
        self.resized += seen.resized

    def merge(self, other: "WrittenMosaics") -> None:
        """Add what another part has written.

        Args:
            other: A part of other records.
        """
        self.made += other.made
        self.resized += other.resized

    def result(self) -> tuple[int, int]:
        """Return the numbers of mosaics made and of those resized."""
        return self.made, self.resized
