"""What stands above the camera's frame: its size, and what was made of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from donkey_activations import LayerInfo, Layout, render_mosaic
from donkey_activations.mosaic.colours import THEMES
from donkey_activations.mosaic.text import Font

LAYER = LayerInfo("conv2d_1", "Conv2D", 8, 10, 6)
MAPS = (np.linspace(0, 1, 480, dtype=np.float32).reshape(8, 10, 6),)
FRAME = np.zeros((72, 128, 3), np.uint8)


def draw(
    trained_hw: tuple[int, int] | None,
    layout: Layout | None = None,
    camera_hw: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    return render_mosaic(FRAME, (LAYER,), MAPS, layout, trained_hw=trained_hw, camera_hw=camera_hw)


def caption(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[4 : 4 + Font().line_height_px, 4:]


def written(text: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The caption that has this text on the picture's background."""
    theme = THEMES["dark"]
    line = np.empty_like(caption(picture))
    line[:] = theme.background
    Font().write(line, text, 0, theme.text, theme.background)
    return line


def test_the_cameras_caption_names_the_size_that_the_pilot_was_trained_at() -> None:
    layout = Layout(panels=("camera", "layers"))
    picture = draw((120, 160), layout)
    expected = written("camera   128 x 72   not the pilot's 160 x 120", picture)
    np.testing.assert_array_equal(caption(picture), expected)


def test_where_there_is_little_room_the_mark_stays_and_other_words_go() -> None:
    picture = draw((120, 160), Layout(panels=("camera", "layers"), width_px=240))
    expected = written("not the pilot's 160 x 120", picture)
    np.testing.assert_array_equal(caption(picture), expected)


@pytest.mark.parametrize("other", [None, (60, 80)])
def test_pictures_of_different_sizes_do_not_share_a_caption(other: tuple[int, int] | None) -> None:
    marked = draw((120, 160))
    assert not np.array_equal(caption(draw(other)), caption(marked))
    np.testing.assert_array_equal(draw((120, 160)), marked)


def test_the_mark_changes_nothing_below_the_caption() -> None:
    below = 4 + Font().line_height_px
    np.testing.assert_array_equal(draw((120, 160))[below:], draw(None)[below:])


@pytest.mark.parametrize(
    ("camera_hw", "trained_hw", "width_px", "words"),
    [
        (None, None, 664, "camera   128 x 72 (x5)"),
        ((720, 1280), None, 664, "camera   1280 x 720   seen as 128 x 72"),
        ((73, 129), None, 664, "camera   129 x 73   seen as 128 x 72"),
        ((480, 640), None, 664, "camera   640 x 480   seen as 128 x 72   not in proportion"),
        ((480, 640), None, 280, "camera   640 x 480   seen as 128 x 72"),
        ((480, 640), None, 160, "camera   640 x 480"),
        (None, None, 160, "camera   128 x 72 (x1)"),
        ((120, 160), (120, 160), 340, "camera   128 x 72   not the pilot's 160 x 120"),
        (None, (120, 160), 180, "not the pilot's 160 x 120"),
        (None, (120, 160), 160, "not 160 x 120"),
        (
            (480, 640),
            (120, 160),
            664,
            "camera   640 x 480   seen as 128 x 72   not in proportion   not the pilot's 160 x 120",
        ),
    ],
)
def test_the_caption_tells_the_cameras_true_size_and_what_was_made_of_it(
    camera_hw: tuple[int, int] | None,
    trained_hw: tuple[int, int] | None,
    width_px: int,
    words: str,
) -> None:
    layout = Layout(panels=("camera", "layers"), width_px=width_px)
    picture = draw(trained_hw, layout, camera_hw)
    np.testing.assert_array_equal(caption(picture), written(words, picture))


def test_inputs_that_nobody_fed_are_named() -> None:
    layout = Layout(panels=("camera", "layers"))
    names = ("cmd_in", "rear")
    picture = render_mosaic(FRAME, (LAYER,), MAPS, layout, unfed_inputs=names)
    expected = written("camera   128 x 72   without cmd_in, rear (0)", picture)
    assert np.array_equal(caption(picture), expected)
