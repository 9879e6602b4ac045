"""How many cells a sliding kernel leaves: worked by hand, by counting places, and by Keras."""

import pytest
from workload_reference import Counted

from donkey_activations import open_extractor
from donkey_activations.graphs.workload.shapes import output_cells

HALVED = [(78, 58), (37, 27), (17, 12), (8, 5), (3, 2)]


def test_halving_convolutions_leave_so_many_cells() -> None:
    width, height, sizes = 160, 120, []
    for kernel in (5, 5, 5, 3, 3):
        width, height = output_cells(width, kernel, 2), output_cells(height, kernel, 2)
        sizes.append((width, height))
    assert sizes == HALVED


def test_halving_convolutions_of_a_keras_pilot_leave_as_many(
    counted_pilots: dict[str, Counted],
) -> None:
    layers = open_extractor(counted_pilots["halving"].tflite).layers
    assert [(layer.width, layer.height) for layer in layers] == HALVED


@pytest.mark.parametrize("inputs", [1, 7, 8, 33])
@pytest.mark.parametrize("kernel", [1, 2, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_there_are_as_many_cells_as_places_for_the_kernel(
    inputs: int, kernel: int, stride: int, dilation: int
) -> None:
    reach = (kernel - 1) * dilation
    places = [start for start in range(0, inputs, stride) if start + reach < inputs]
    assert output_cells(inputs, kernel, stride, dilation=dilation, same=True) == len(
        range(0, inputs, stride)
    )
    if places:
        assert output_cells(inputs, kernel, stride, dilation=dilation) == len(places)
    else:
        with pytest.raises(ValueError, match=rf"a kernel of {reach + 1} cells on {inputs}"):
            output_cells(inputs, kernel, stride, dilation=dilation)


@pytest.mark.parametrize("numbers", [(0, 3, 1), (8, 0, 1), (8, 3, 0), (8, 3, -1)])
def test_impossible_numbers_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="a kernel of"):
        output_cells(*numbers)
