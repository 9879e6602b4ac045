"""Text of more than one line: against single lines that the font writes."""

import numpy as np

from donkey_activations.mosaic.comparison.flowing_text import FlowingText
from donkey_activations.mosaic.text import Font

FONT = Font()
WHITE, ORANGE, DARK = (240, 240, 240), (240, 180, 60), (10, 20, 30)


def dark(lines: int, width_px: int) -> np.ndarray:
    area = np.empty((lines * FONT.line_height_px, width_px, 3), np.uint8)
    area[:] = DARK
    return area


def test_pieces_stand_in_one_line_while_there_is_room() -> None:
    text = FlowingText([("160x120", WHITE), ("enlarged", ORANGE)], FONT, space="   ")
    width = FONT.width_px("160x120   enlarged")
    assert text.height_px(width) == FONT.line_height_px
    written, expected = dark(1, width), dark(1, width)
    text.write(written, DARK)
    FONT.write(expected, "160x120", 0, WHITE, DARK)
    FONT.write(expected, "enlarged", FONT.width_px("160x120   "), ORANGE, DARK)
    np.testing.assert_array_equal(written, expected)


def test_a_piece_that_does_not_fit_begins_the_next_line_whole() -> None:
    text = FlowingText([("160x120", WHITE), ("enlarged", ORANGE), ("a", WHITE)], FONT)
    width = FONT.width_px("160x120 enlarged") - 1
    assert text.height_px(width) == 2 * FONT.line_height_px
    written, expected = dark(2, width), dark(2, width)
    text.write(written, DARK)
    FONT.write(expected, "160x120", 0, WHITE, DARK)
    below = expected[FONT.line_height_px :]
    FONT.write(below, "enlarged", 0, ORANGE, DARK)
    FONT.write(below, "a", FONT.width_px("enlarged "), WHITE, DARK)
    np.testing.assert_array_equal(written, expected)


def test_a_piece_wider_than_the_room_has_a_line_of_its_own_and_is_cut_off() -> None:
    text = FlowingText([("a", WHITE), ("very long word", WHITE), ("b", WHITE)], FONT)
    width = FONT.width_px("very")
    assert text.height_px(width) == 3 * FONT.line_height_px
    written = dark(3, width)
    text.write(written, DARK)
    expected = dark(1, width)
    FONT.write(expected, "very long word", 0, WHITE, DARK)
    np.testing.assert_array_equal(written[FONT.line_height_px :][: FONT.line_height_px], expected)


def test_no_text_takes_no_room() -> None:
    assert FlowingText([], FONT).height_px(100) == 0
