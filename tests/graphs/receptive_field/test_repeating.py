"""What is read of a map whose cells are repeated: against numpy's own repetition, by hand."""

import numpy as np
import pytest

from donkey_activations.graphs.operators import Field, Operator
from donkey_activations.graphs.receptive_field.axis import Axis
from donkey_activations.graphs.receptive_field.repeating import repeated

HEIGHT, WIDTH, CHANNELS = 3, 4, 2
MAP = (1, HEIGHT, WIDTH, CHANNELS)
FIELD = Field((Axis.of_image(HEIGHT), Axis.of_image(WIDTH)))

Shape = tuple[int, ...]


def step(name: str, output: Shape, times: Shape | None = None) -> Operator:
    constant = None if times is None else np.array(times, np.int64)
    return Operator(name, None, b"", ((), ()), (None, constant), (None, None), output)


def upsampled(down: int, right: int) -> list[Operator]:
    """The steps of Keras 3's UpSampling2D."""
    high, wide = HEIGHT * down, WIDTH * right
    return [
        step("RESHAPE", (1, HEIGHT, 1, WIDTH, CHANNELS)),
        step("TILE", (1, HEIGHT, down, WIDTH, CHANNELS), (1, 1, down, 1, 1)),
        step("RESHAPE", (1, high, WIDTH, 1, CHANNELS)),
        step("TILE", (1, high, WIDTH, right, CHANNELS), (1, 1, 1, right, 1)),
        step("RESHAPE", (1, high, wide, CHANNELS)),
    ]


@pytest.mark.parametrize(("down", "right"), [(2, 2), (3, 1), (1, 2), (2, 5)])
def test_each_cell_reads_the_one_that_it_repeats(down: int, right: int) -> None:
    field = repeated(FIELD, MAP, upsampled(down, right))
    assert field is not None
    for axis, cells, times in zip(field.axes, (HEIGHT, WIDTH), (down, right), strict=True):
        expected = np.repeat(np.arange(cells), times)
        assert axis.first.tolist() == axis.last.tolist() == [expected.tolist()]
        assert axis.stride == pytest.approx(1 / times)


@pytest.mark.parametrize(
    "steps",
    [
        # The whole map again below itself: the next cell is no neighbour.
        [step("TILE", (1, 2 * HEIGHT, WIDTH, CHANNELS), (1, 2, 1, 1))],
        # Height and width in each other's place.
        [step("RESHAPE", (1, WIDTH, HEIGHT, CHANNELS))],
        # Columns that are values of one cell.
        [step("RESHAPE", (1, HEIGHT, 1, WIDTH * CHANNELS))],
        # A tiling that is no constant.
        [step("TILE", (1, 2 * HEIGHT, WIDTH, CHANNELS))],
        # Another size than what the tiling gives, none, and more than any machine holds.
        [step("TILE", (1, HEIGHT, 3 * WIDTH, CHANNELS), (1, 1, 2, 1))],
        [step("TILE", (1, HEIGHT, 0, CHANNELS), (1, 1, 0, 1))],
        [step("TILE", (1, 2**31 * HEIGHT, WIDTH, CHANNELS), (1, 2**31, 1, 1))],
        # No map at the end.
        [step("RESHAPE", (HEIGHT * WIDTH, CHANNELS))],
    ],
)
def test_what_repeats_in_another_way_is_unknown(steps: list[Operator]) -> None:
    assert repeated(FIELD, MAP, steps) is None
