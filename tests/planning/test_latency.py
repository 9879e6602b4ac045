import itertools
from pathlib import Path

import numpy as np
import pytest
from stock_pilot import StockPilot

from donkey_activations.errors import ModelError
from donkey_activations.planning.latency import Latency, Network


def test_the_median_and_the_99th_percentile_are_those_of_numpy() -> None:
    seconds = np.random.default_rng(1).random(500)
    latency = Latency.of(seconds.tolist())
    assert latency.median_ms == pytest.approx(np.median(seconds) * 1000)
    assert latency.p99_ms == pytest.approx(np.percentile(seconds, 99) * 1000)
    assert latency.runs == 500


def test_runs_go_on_for_a_second_and_a_half_and_at_least_100_times(stock_pilot: StockPilot) -> None:
    network = Network(stock_pilot.tflite.read_bytes(), threads=1)
    quick, slow = itertools.count(step=0.001), itertools.count(step=0.5)
    of_quick = network.latency(clock=lambda: next(quick))
    assert of_quick.runs == pytest.approx(1500, abs=1)
    assert of_quick.median_ms == pytest.approx(1.0)
    of_slow = network.latency(clock=lambda: next(slow))
    assert (of_slow.runs, of_slow.p99_ms) == (100, pytest.approx(500.0))


def test_an_image_goes_in_as_the_network_reads_it(stock_pilot: StockPilot) -> None:
    network = Network(stock_pilot.tflite.read_bytes(), threads=1)
    assert network.image_shape == (1, 120, 160, 3)
    network.see(np.zeros(network.image_shape))
    with pytest.raises(ValueError, match="imension"):
        network.see(np.zeros((1, 8, 8, 3)))


def test_what_is_no_network_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="TFL3"):
        Network(b"no model at all", threads=1)
