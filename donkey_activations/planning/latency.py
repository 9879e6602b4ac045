"""How long a network takes on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from donkey_activations.extractors.engines import engine_of
from donkey_activations.extractors.refusals import not_runnable
from donkey_activations.graphs.tflite import read_graph

Clock = Callable[[], float]

# The first runs find memory and caches cold, and a board's clock low.
_WARM_UP_S = 0.3
_MEASURED_S = 1.5
# So that a hundredth of them is at least one.
_FEWEST_RUNS = 100


@dataclass(frozen=True)
class Latency:
    """Times of many runs.

    Attributes:
        median_ms: Half of them took no longer.
        p99_ms: 99 of 100 took no longer.
        runs: Their number.
    """

    median_ms: float
    p99_ms: float
    runs: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """Return the quantiles of some times, one or more, in seconds."""
        median, p99 = np.percentile(np.asarray(seconds) * 1000.0, [50, 99])
        return cls(float(median), float(p99), len(seconds))


class Network:
    """A network that is run for its time alone.

    Attributes:
        interpreter_class: What runs it.
        image_shape: Shape of its first image input, with the batch in front.
    """

    def __init__(self, tflite: bytes, threads: int) -> None:
        """Open it, and fill its inputs with noise.

        Args:
            tflite: A ``.tflite`` file, a whole pilot or a part of one.
            threads: Threads that it may use, 1 or more.

        Raises:
            TensorFlowMissingError: Only TensorFlow can run it, and it is not installed.
            ModelError: It cannot be run.
        """
        self.interpreter_class, _ = engine_of(read_graph(tflite))
        try:
            self._interpreter = self.interpreter_class(model_content=tflite, num_threads=threads)
            self._interpreter.allocate_tensors()
            # A network can be quicker on zeros than on what a camera gives.
            generator = np.random.default_rng(1)
            inputs = self._interpreter.get_input_details()
            for detail in inputs:
                self._interpreter.set_tensor(detail["index"], _noise(generator, detail))
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise not_runnable(tflite, error) from error
        images = [detail for detail in inputs if len(detail["shape"]) in (4, 5)]
        self._image = images[0] if images else inputs[0]
        self.image_shape = tuple(int(n) for n in self._image["shape"])

    def see(self, image: Any) -> None:
        """Run it on an image.

        Args:
            image: ``image_shape``, 0 to 1; cast to what the network reads.
        """
        self._interpreter.set_tensor(self._image["index"], image.astype(self._image["dtype"]))
        self.run()

    def run(self) -> None:
        """Run it on what its inputs hold."""
        self._interpreter.invoke()

    def latency(self, clock: Clock = time.perf_counter) -> Latency:
        """Measure how long a run takes, without the way of the image into it.

        Args:
            clock: Tells the time in seconds.
        """
        _run_for(_WARM_UP_S, 1, self.run, clock)
        return Latency.of(_run_for(_MEASURED_S, _FEWEST_RUNS, self.run, clock))


def _run_for(seconds: float, fewest: int, run: Callable[[], None], clock: Clock) -> list[float]:
    started = before = clock()
    times: list[float] = []
    while len(times) < fewest or before - started < seconds:
        run()
        now = clock()
        times.append(now - before)
        before = now
    return times


def _noise(generator: np.random.Generator, detail: Any) -> Any:
    values = generator.random(detail["shape"], np.float32)
    if np.issubdtype(detail["dtype"], np.integer):
        limits = np.iinfo(detail["dtype"])
        values = values * (limits.max - limits.min) + limits.min
    return values.astype(detail["dtype"])
