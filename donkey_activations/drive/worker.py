"""The thread beside the drive loop that runs the network, draws and writes."""

import atexit
import logging
import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread, get_native_id

import numpy as np
from numpy.typing import NDArray

from donkey_activations.drive import pilot_watch
from donkey_activations.drive.pilot_watch import PilotWatch
from donkey_activations.drive.recording_pilot import RecordingPilot
from donkey_activations.mosaic.controls import Controls

logger = logging.getLogger(__name__)

# One frame in work and one that waits: bounded, and the worker never idles between two frames.
_BUFFERS = 2
_NICENESS = 10
_LAST_WAIT_S = 2.0
# Different errors without end (a camera of ever changing size) must not fill log and memory.
_MOST_SAID = 20


@dataclass(frozen=True)
class Job:
    """A frame (for a sequence pilot: a history) on its way to a mosaic.

    Attributes:
        pilot: The pilot that was the newest when the frame came; the mosaic is this pilot's, so
            that a record never refers to a picture in another pilot's set.
        frames: uint8 ``(sequence_length, ...)``; belongs to the worker until it is drawn.
        controls: Steering and throttle in that round, by driver.
        index: The ``_index`` of the record; None if nothing is recorded.
        handed_over_s: When, on the monotonic clock.
        channel: Where the frame came from, if it is not of what is recorded.
    """

    pilot: RecordingPilot
    frames: NDArray[np.uint8]
    controls: dict[str, Controls]
    index: int | None
    handed_over_s: float
    channel: str | None


class MosaicWorker:
    """Draws what it is given, one after another; nothing that goes wrong ends it.

    Attributes:
        pilot: The newest pilot; another object after its file was replaced.
        mosaic: The newest picture, uint8 ``(H, W, 3)`` RGB, or None.
        drawn_s: When it was drawn, on the monotonic clock.
        made: Number of mosaics drawn, and written where recording was asked for.
        failed: Number of those that failed.
        worst_latency_ms: Longest time from ``hand_over()`` to a finished mosaic.
    """

    def __init__(self, pilot: RecordingPilot, watch: PilotWatch) -> None:
        """Make the worker; ``work_until_stopped()`` is for a thread of its own.

        Args:
            pilot: The pilot to begin with.
            watch: Notices when it is replaced.
        """
        self.pilot = pilot
        self.mosaic: NDArray[np.uint8] | None = None
        self.drawn_s = -math.inf
        self.made = self.failed = 0
        self.worst_latency_ms = 0.0
        self._watch = watch
        self._said: set[str] = set()
        self._waiting: SimpleQueue[Job | None] = SimpleQueue()
        self._free: SimpleQueue[NDArray[np.uint8]] = SimpleQueue()
        for _ in range(_BUFFERS):
            shape = (pilot.extractor.sequence_length, *pilot.extractor.input_shape)
            self._free.put(np.zeros(shape, np.uint8))
        self._ended = Event()
        self._ended.set()

    def free_buffer(self, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
        """Take a buffer for the frames of a job; None while the worker is busy.

        Args:
            shape: The buffer's shape. Where it is another than before (another pilot, another
                camera), the buffer is made anew.
        """
        try:
            buffer = self._free.get_nowait()
        except Empty:
            return None
        try:
            return buffer if buffer.shape == shape else np.empty(shape, np.uint8)
        except MemoryError:
            self.give_back(buffer)
            raise

    def give_back(self, buffer: NDArray[np.uint8]) -> None:
        """Return a buffer that no job came of."""
        self._free.put(buffer)

    def hand_over(self, job: Job) -> None:
        """Queue a job, whose frames came from ``free_buffer()``, and return at once."""
        self._waiting.put(job)

    def work_once(self) -> None:
        """Do one job in the calling thread, if there is one."""
        with suppress(Empty):
            self._work(self._waiting.get_nowait())
        self._look_for_a_new_pilot()

    def work_until_stopped(self) -> None:
        """Do jobs, and look for a new pilot between them, until ``stop()``."""
        self._ended.clear()
        try:
            atexit.register(self._end_before_python_does)
            with suppress(Exception, SystemExit):
                _yield_to_the_loop()
            while True:
                with suppress(Empty):
                    job = self._waiting.get(timeout=pilot_watch.LOOK_EVERY_S)
                    if job is None:
                        return
                    self._work(job)
                self._look_for_a_new_pilot()
        finally:
            try:
                self._watch.stop()
            finally:
                self._ended.set()
                atexit.unregister(self._end_before_python_does)

    def stop(self, within_s: float) -> bool:
        """Have the thread end after the waiting jobs, and return whether it did so in time."""
        self._waiting.put(None)
        return self._ended.wait(within_s)

    def _end_before_python_does(self) -> None:
        """Wait a bounded time for the job in work, where ``stop()`` was not called or not heeded.

        Python ends a thread that comes back from C++ when the process is about to end, and C++
        answers that with an abort.
        """
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        self.stop(_LAST_WAIT_S)

    def say_once(self, message: str, error: BaseException | None = None) -> None:
        """Log an error, unless it was logged before. Never raises.

        Args:
            message: What is wrong.
            error: Why, if that is an exception. The file that it names makes no difference.
        """
        with suppress(Exception, SystemExit):
            kind = message
            if error is not None:
                kind += f"{type(error)} {error.errno if isinstance(error, OSError) else error}"
                message += f": {type(error).__name__}: {error}"
            if kind not in self._said and len(self._said) < _MOST_SAID:
                self._said.add(kind)
                logger.error("activations: %s", message)

    def _look_for_a_new_pilot(self) -> None:
        try:
            pilot = self._watch.new_pilot()
            if pilot is not None:
                self.pilot = pilot
                pilot.log_choice(logger)
        except BaseException as error:  # noqa: BLE001 - nothing may end the worker
            self.say_once("the pilot's file cannot be watched, the drive goes on", error)

    def _work(self, job: Job | None) -> None:
        if job is None:
            return
        try:
            picture = job.pilot.draw(job.frames, job.controls)
            if job.index is not None and job.pilot.recorder is not None:
                job.pilot.recorder.write(job.index, picture, job.channel)
                job.pilot.recorder.look_for_room()
            self.mosaic, self.drawn_s = picture, time.monotonic()
            self.made += 1
            latency_ms = (self.drawn_s - job.handed_over_s) * 1000.0
            self.worst_latency_ms = max(self.worst_latency_ms, latency_ms)
        except BaseException as error:  # noqa: BLE001 - nothing that one frame does may end it
            self.failed += 1
            if job.pilot.recorder is not None:
                job.pilot.recorder.stop_referring()
            self.say_once("a mosaic failed, the drive goes on", error)
        finally:
            self._free.put(job.frames)


class WorkerThread(Thread):
    """What ``Vehicle`` starts; a system that has no thread left does not stop the car there."""

    def __init__(self, work: Callable[[], None], on_refusal: Callable[[Exception], None]) -> None:
        """Make the thread.

        Args:
            work: What it does.
            on_refusal: Called instead with the reason, if the system gives no thread.
        """
        super().__init__(target=work, daemon=True)
        self._on_refusal = on_refusal

    def start(self) -> None:
        """Start it, or do without."""
        try:
            super().start()
        except (RuntimeError, MemoryError) as error:
            self._on_refusal(error)


def _yield_to_the_loop() -> None:
    """Give the calling thread the processor's leftovers, where the system can tell threads apart.

    On a board with all cores busy, the drive loop would otherwise share them evenly with us.
    """
    if sys.platform == "linux":
        thread = get_native_id()
        with suppress(OSError):
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
