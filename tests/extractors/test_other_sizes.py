"""Filters at another resolution than the pilot's own: maps that scale, or an error."""

from pathlib import Path

import numpy as np
import pytest
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import ModelError, open_extractor


@pytest.mark.parametrize("size", [(240, 320), (240, 80), (61, 61), (121, 161), (120, 162)])
def test_the_maps_sizes_follow_the_frames(stock_pilot: StockPilot, size: tuple[int, int]) -> None:
    extractor = open_extractor(stock_pilot.tflite, size=size)
    assert extractor.size_changed
    assert (extractor.input_shape, extractor.trained_hw) == ((*size, 3), (120, 160))
    for maps, layer in zip(
        extractor(np.zeros((*size, 3), np.uint8)), extractor.layers, strict=True
    ):
        assert maps.shape == (layer.height, layer.width, layer.filters)
        for cells, pixels, seen, step in zip(
            maps.shape, size, layer.receptive_field, layer.stride, strict=False
        ):
            assert cells == (pixels - seen) // step + 1


def test_at_its_own_size_a_pilot_is_as_it_was_trained(stock_pilot: StockPilot) -> None:
    for size in (None, (120, 160)):
        extractor = open_extractor(stock_pilot.tflite, size=size)
        assert not extractor.size_changed
        assert extractor.trained_hw is None


@pytest.mark.parametrize("size", [(240, 320), (240, 160), (240, 80), (360, 640)])
def test_a_pilot_with_a_fixed_shape_inside_runs_at_no_other_size(
    pilot_folder: Path, size: tuple[int, int]
) -> None:
    rnn = build_stock_pilot(pilot_folder, kind="rnn").tflite
    with pytest.raises(ModelError, match=r"runs at 160x120 only.*leave --size out"):
        open_extractor(rnn, size=size)


@pytest.mark.tensorflow
def test_a_sequence_pilot_without_a_fixed_shape_scales(pilot_folder: Path) -> None:
    extractor = open_extractor(build_stock_pilot(pilot_folder, kind="3d").tflite, size=(240, 320))
    assert extractor.engine == "tensorflow"
    maps = extractor(np.zeros((extractor.sequence_length, 240, 320, 3), np.uint8))
    assert [one.shape[:2] for one in maps] == [(80, 107), (40, 53), (20, 26), (10, 13)]


@pytest.mark.parametrize("size", [(5, 5), (12, 16)])
def test_a_size_that_leaves_no_cells_is_refused_with_the_reason(
    stock_pilot: StockPilot, size: tuple[int, int]
) -> None:
    with pytest.raises(
        ModelError, match=rf"at {size[1]}x{size[0]}; choose another size.* \(the engine says: .+\)$"
    ):
        open_extractor(stock_pilot.tflite, size=size)
