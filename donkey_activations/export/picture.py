"""From an image file to a picture file of what the pilot sees in it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from donkey_activations.extractors.base import FeatureExtractor, FeatureMaps
from donkey_activations.files import written_whole
from donkey_activations.images.fitting import fit_to_pilot
from donkey_activations.images.frame import opencv
from donkey_activations.images.reading import read_image
from donkey_activations.mosaic.jpeg import encode_jpeg
from donkey_activations.mosaic.layout import Layout
from donkey_activations.mosaic.render import render_mosaic

JPEG_QUALITY = 92


@dataclass(frozen=True, eq=False)
class SeenImage:
    """An image as a pilot sees it.

    Attributes:
        image_hw: ``(height, width)`` in pixels of the image in its file.
        resized: Whether the pilot takes another size.
        frame: What the pilot got of it, uint8 ``(height, width, channels)``.
        maps: The feature maps.
    """

    image_hw: tuple[int, int]
    resized: bool
    frame: NDArray[np.uint8]
    maps: FeatureMaps


def compute_image(extractor: FeatureExtractor, image_path: Path) -> SeenImage:
    """Compute the feature maps of an image.

    Args:
        extractor: The pilot. Where it takes a sequence, the image stands for all frames of it.
        image_path: Any file that ``read_image`` takes.

    Raises:
        FrameError: The image cannot be read.
    """
    image = read_image(image_path)
    frame, resized = fit_to_pilot(image, extractor.input_shape)
    length = extractor.sequence_length
    maps = extractor(frame if length == 1 else np.stack([frame] * length))
    return SeenImage((image.shape[0], image.shape[1]), resized, frame, maps)


def draw(
    extractor: FeatureExtractor, seen: SeenImage, layout: Layout | None = None
) -> NDArray[np.uint8]:
    """Draw the mosaic of what ``compute_image`` returned.

    Raises:
        LayoutError: The layout does not fit the pilot.
    """
    return render_mosaic(
        seen.frame,
        extractor.layers,
        seen.maps,
        layout,
        trained_hw=extractor.trained_hw,
        camera_hw=seen.image_hw if seen.resized else None,
        unfed_inputs=extractor.unfed_inputs,
    )


def save_picture(picture: NDArray[np.uint8], path: Path) -> None:
    """Write a picture, as PNG or JPEG by the file's suffix; it is there whole or not at all.

    Args:
        picture: uint8 ``(height, width, 3)`` RGB.
        path: What ``check_picture_path`` has accepted; a file there is replaced.

    Raises:
        OSError: The disk is full, gone, or read-only.
    """
    if path.suffix.lower() == ".png":
        content = opencv().imencode(".png", picture[:, :, ::-1])[1].tobytes()
    else:
        content = encode_jpeg(picture, JPEG_QUALITY)
    with written_whole(path) as unfinished:
        unfinished.write_bytes(content)
