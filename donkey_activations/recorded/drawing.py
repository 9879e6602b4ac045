"""Draws the mosaics of recorded frames: the very pictures that a drive would have made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from donkey_activations.car.config import Car, read_car
from donkey_activations.errors import FrameError
from donkey_activations.images.frame import opencv
from donkey_activations.mosaic.controls import known_controls
from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.run_ranges import FixedRanges, LayerRun, RunRanges
from donkey_activations.pilots.pilot import OpenPilot, PilotOptions
from donkey_activations.recorded.frames import RecordedFrames, shape_to_read
from donkey_activations.recorded.sampling import sampled_maps
from donkey_activations.tubs.mosaics import MosaicSet
from donkey_activations.tubs.records import Record

# So many frames of a tub tell what full brightness is over the tub.
_FRAMES_OF_A_RUN = 200
_CONFIG = "config.py"


@dataclass(frozen=True)
class Look:
    """How mosaics are drawn: all that another process needs to draw the same.

    Attributes:
        model_path: The pilot's file.
        layers: Names of the wanted layers; None is every convolution.
        layout: The look.
        config_path: The car's ``config.py``, or None.
        trust_model: Open a Keras file even if that runs code stored in it.
        jpeg_quality: 1 to 100.
    """

    model_path: Path
    layers: tuple[str, ...] | None
    layout: Layout
    config_path: Path | None
    trust_model: bool
    jpeg_quality: int


def look_of(
    model_path: Path,
    *,
    layers: tuple[str, ...] | None,
    layout: Layout | None,
    config_path: Path | None,
    trust_model: bool,
) -> Look:
    """Returns how to draw, where what is left open is as the car does it.

    Args:
        model_path: The pilot's file.
        layers: Names of the wanted layers; None are the car's.
        layout: The look; None is the car's.
        config_path: The car's ``config.py``; None is the one in this folder, if there is one.
        trust_model: Open a Keras file even if that runs code stored in it.

    Raises:
        ConfigError: The car's configuration cannot be read.
        LayoutError: The car's layout is wrong.
    """
    if config_path is None and Path(_CONFIG).is_file():
        config_path = Path(_CONFIG)
    settings = read_car(config_path).settings
    return Look(
        model_path=model_path,
        layers=settings.layers if layers is None else layers,
        layout=settings.read_layout() if layout is None else layout,
        config_path=config_path,
        trust_model=trust_model,
        jpeg_quality=settings.jpeg_quality,
    )


@dataclass(frozen=True)
class Block:
    """Records of one tub that one process draws.

    Attributes:
        mosaics: Where the pictures go.
        records: In the order in which they were recorded; also those that only a history needs.
        due: Places in ``records`` of those that are to be drawn.
        run: What is known of layers over the tub, if the layout asks for that.
    """

    mosaics: MosaicSet
    records: tuple[Record, ...]
    due: tuple[int, ...]
    run: Mapping[str, LayerRun]


@dataclass(frozen=True)
class Outcome:
    """What became of one record.

    Attributes:
        index: Its ``_index``.
        resized: Its frame was of another size than the camera's.
        reason: Why its frame cannot be read; None if the mosaic is drawn and written.
    """

    index: int
    resized: bool
    reason: str | None


class Studio:
    """A pilot that is opened to draw recorded frames.

    Attributes:
        pilot: The pilot.
        car: What the configuration says.
        frame_shape: ``(height, width, channels)`` to which frames are brought when they are read.
    """

    def __init__(self, look: Look) -> None:
        """Opens the pilot and draws a black frame, so that what cannot work fails here.

        Args:
            look: How to draw.

        Raises:
            ActivationsError: The pilot, the layout or the configuration does not allow it.
        """
        self.car: Car = read_car(look.config_path)
        options = PilotOptions(
            model_path=look.model_path,
            layers=look.layers,
            layout=look.layout,
            threads=1,
            trust_model=look.trust_model,
            transformations=self.car.transformations,
            tub_path=None,
            jpeg_quality=look.jpeg_quality,
        )
        self.pilot: OpenPilot = options.open()
        self.frame_shape = self.car.camera_shape or shape_to_read(self.pilot.extractor)
        self._jpeg_quality = look.jpeg_quality
        # As many processes as cores, each of one thread, are faster than the reverse.
        opencv().setNumThreads(1)

    def frames(self, records: Sequence[Record]) -> RecordedFrames:
        """Returns what the pilot sees at each of these records."""
        return RecordedFrames(records, self.frame_shape, self.pilot.extractor.sequence_length)

    def measure_run(self, records: Sequence[Record]) -> dict[str, LayerRun]:
        """Measures what full brightness is over a tub, and which filters fire in it.

        Args:
            records: All records of the tub, whichever are drawn, so that every picture of the set
                has the same scale.

        Returns:
            What was found by the layer's name; of a long tub, in frames spread over it.
        """
        ranges = RunRanges(self.pilot.extractor.layers, _FRAMES_OF_A_RUN)
        frames = self.frames(records)
        for maps in sampled_maps(self.pilot, frames, range(len(records)), _FRAMES_OF_A_RUN):
            ranges.observe(maps)
        return ranges.whole()

    def draw(self, block: Block) -> Iterator[Outcome]:
        """Draws and writes the mosaics of a block, one an element.

        Args:
            block: The records.

        Raises:
            OSError: A picture cannot be written.
            FrameError: The pilot does not take what the transformations give.
        """
        ranges = None if self.pilot.run_ranges is None else FixedRanges(block.run)
        pilot = replace(self.pilot, run_ranges=ranges)
        frames = self.frames(block.records)
        for place in block.due:
            record = block.records[place]
            try:
                seen = frames.at(place)
            except FrameError as error:
                yield Outcome(record.index, False, str(error))
                continue
            picture = pilot.draw(seen, known_controls(record.values))
            block.mosaics.write_picture(record.index, encode_jpeg(picture, self._jpeg_quality))
            yield Outcome(record.index, place in frames.resized, None)
