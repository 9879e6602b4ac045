"""The part by itself, with a real pilot and a real tub."""

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread, get_native_id

import cv2
import numpy as np
import pytest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import STOCK_INPUTS, STOCK_TYPES, draw_frame
from recorded_mosaics import as_recorded
from stock_pilot import StockPilot

from donkey_activations import (
    CnnActivations,
    ConfigError,
    Controls,
    Layout,
    LayoutError,
    ModelError,
    TubError,
    open_extractor,
    render_mosaic,
)
from donkey_activations.drive import recorder
from donkey_activations.mosaic.run_ranges import LayerRun


@pytest.fixture
def tub(tmp_path: Path) -> Iterator[Tub]:
    opened = Tub(str(tmp_path / "tub"), inputs=STOCK_INPUTS, types=STOCK_TYPES)
    yield opened
    opened.close()


@contextmanager
def working(part: CnnActivations) -> Iterator[None]:
    """Lets the worker run as a Vehicle does, and ends it."""
    thread = Thread(target=part.update, daemon=True)
    thread.start()
    yield
    part.shutdown()
    thread.join(5)
    assert not thread.is_alive()


def record(tub: Tub, frame: np.ndarray) -> None:
    tub.write_record(dict(zip(STOCK_INPUTS, [frame, 0.1, 0.2, "user"], strict=True)))


def pictures(tub: Tub) -> dict[int, Path]:
    return {int(file.stem): file for file in Path(tub.base_path).glob("activations/*/*.jpg")}


def test_every_nth_record_gets_the_mosaic_of_its_own_frame(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=3)
    references = []
    for index in range(10):
        references.append(part.run(draw_frame(index), True)[0])
        record(tub, draw_frame(index))
    assert [bool(reference) for reference in references] == [i % 3 == 0 for i in range(10)]
    assert sorted(pictures(tub)) == [0, 3, 6, 9]
    extractor = open_extractor(stock_pilot.tflite)
    for index, file in pictures(tub).items():
        assert references[index] == str(file.relative_to(tub.base_path))
        frame = draw_frame(index)
        expected = as_recorded(render_mosaic(frame, extractor.layers, extractor(frame)))
        written = cv2.imread(str(file))[:, :, ::-1]
        assert np.abs(written.astype(int) - expected).mean() < 1


def test_a_camera_that_reuses_its_memory_does_not_change_a_mosaic_in_waiting(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    frame = draw_frame(0)
    reference, _ = part.run_threaded(frame, True)
    frame[:] = 255
    with working(part):
        pass
    extractor = open_extractor(stock_pilot.tflite)
    expected = as_recorded(render_mosaic(draw_frame(0), extractor.layers, extractor(draw_frame(0))))
    written = cv2.imread(str(Path(tub.base_path) / reference))[:, :, ::-1]
    assert np.abs(written.astype(int) - expected).mean() < 1


def test_a_busy_worker_has_frames_skipped_and_counted_and_never_queued(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    references = []
    for index in range(20):
        references.append(part.run_threaded(draw_frame(index), True)[0])
        record(tub, draw_frame(index))
    assert [bool(reference) for reference in references] == [True] * 2 + [False] * 18
    assert part.skipped == 18
    with working(part):
        pass
    assert part.made == 2
    assert sorted(pictures(tub)) == [0, 1]


def test_without_recording_nothing_is_drawn_unless_it_is_to_be_shown(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    frame = draw_frame(0)
    reference, shown = part.run(frame, False)
    assert (reference, part.made) == ("", 0)
    assert shown is frame
    live = CnnActivations(stock_pilot.tflite, tub, every_n_frames=2, show=True)
    assert live.run(frame, False) == ("", frame)
    reference, shown = live.run(frame, False)
    extractor = open_extractor(stock_pilot.tflite)
    np.testing.assert_array_equal(shown, render_mosaic(frame, extractor.layers, extractor(frame)))
    assert reference == ""
    assert not pictures(tub)


def test_a_picture_that_stays_out_gives_way_to_the_camera(
    stock_pilot: StockPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 100.0
    monkeypatch.setattr("donkey_activations.drive.part.time.monotonic", lambda: seconds)
    part = CnnActivations(stock_pilot.tflite, every_n_frames=1, show=True)
    frame = draw_frame(0)
    part.run(frame)
    assert part.run_threaded(frame)[1] is not frame
    seconds += 1.5
    assert part.run_threaded(frame)[1] is frame


UNFIT = {
    "no frame yet": None,
    "another size": np.zeros((240, 320, 3), np.uint8),
    "grey": np.zeros((120, 160), np.uint8),
    "grey with an axis": np.zeros((120, 160, 1), np.uint8),
    "text": "frame",
}


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_frame_is_passed_over_and_said_once(
    name: str, stock_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    with working(part):
        for _ in range(5):
            assert part.run_threaded(UNFIT[name], True)[0] == ""
    errors = [entry for entry in caplog.records if entry.levelno >= logging.ERROR]
    assert len(errors) == (0 if UNFIT[name] is None else 1)
    assert (part.made, part.skipped, part.failed) == (0, 0, 0)


def test_a_camera_of_another_size_is_told_both_sizes_and_both_ways_out(
    stock_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    part.run_threaded(np.zeros((360, 640, 3), np.uint8), True)
    assert "takes 160x120 RGB, the camera gives 640x360 RGB" in caplog.text
    assert "IMAGE_W = 160, IMAGE_H = 120" in caplog.text
    assert "train the pilot again" in caplog.text


@pytest.mark.parametrize(
    "as_camera_gives_it",
    [
        lambda frame: frame.astype(np.float64),
        lambda frame: np.lib.stride_tricks.as_strided(frame, writeable=False),
        lambda frame: frame.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        lambda frame: frame[:, ::-1][:, ::-1],
    ],
    ids=["float64", "read-only", "transposed view", "strided view"],
)
def test_whatever_array_a_camera_gives_the_mosaic_is_that_of_what_the_tub_stores(
    as_camera_gives_it: Callable[[np.ndarray], np.ndarray], stock_pilot: StockPilot
) -> None:
    part = CnnActivations(stock_pilot.tflite, every_n_frames=1, show=True)
    shown = part.run(as_camera_gives_it(draw_frame(4)))[1]
    extractor = open_extractor(stock_pilot.tflite)
    expected = render_mosaic(draw_frame(4), extractor.layers, extractor(draw_frame(4)))
    np.testing.assert_array_equal(shown, expected)


def test_what_fails_in_the_worker_is_counted_said_once_and_does_not_end_it(
    stock_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    mosaics = Path(tub.base_path) / "activations"
    shutil.rmtree(mosaics)
    references = [part.run(draw_frame(index), True)[0] for index in range(3)]
    assert [bool(reference) for reference in references] == [True, False, False]
    assert (part.made, part.failed) == (0, 3)
    failures = [entry for entry in caplog.records if "a mosaic failed" in entry.message]
    assert len(failures) == 1
    assert not mosaics.exists()


def test_records_refer_to_nothing_while_drawing_fails(stock_pilot: StockPilot, tub: Tub) -> None:
    is_out_of_order = True

    def transformations(frame: np.ndarray) -> np.ndarray:
        if is_out_of_order:
            raise ConfigError("out of order")
        return frame

    part = CnnActivations(
        stock_pilot.tflite, tub, every_n_frames=1, transformations=transformations
    )
    references = [bool(part.run(draw_frame(index), True)[0]) for index in range(3)]
    is_out_of_order = False
    references += [bool(part.run(draw_frame(index), True)[0]) for index in range(2)]
    # Only after a frame is it known how it went with it.
    assert references == [True, False, False, False, True]
    assert (part.made, part.failed) == (2, 3)


def test_pictures_stop_at_the_floor_of_free_disk_and_go_on_above_it(
    stock_pilot: StockPilot,
    tub: Tub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    usage = shutil.disk_usage(tub.base_path)
    free = recorder.MIN_FREE_BYTES - 1
    monkeypatch.setattr(recorder.shutil, "disk_usage", lambda _: usage._replace(free=free))
    # The first finds the disk full only after it was written.
    references = [bool(part.run(draw_frame(index), True)[0]) for index in range(4)]
    assert references == [True, False, False, False]
    free = recorder.MIN_FREE_BYTES
    assert part.run(draw_frame(5), True)[0]
    assert caplog.text.count("mosaics stop, records go on") == 1
    assert caplog.text.count("mosaics go on") == 1


def test_a_disk_too_full_to_begin_is_a_tub_error(
    stock_pilot: StockPilot, tub: Tub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tub.base_path)
    monkeypatch.setattr(recorder.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(TubError, match="at least 256 MB"):
        CnnActivations(stock_pilot.tflite, tub)


def test_what_a_crash_left_is_gone_before_the_first_record(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    CnnActivations(stock_pilot.tflite, tub, every_n_frames=1).run(draw_frame(0), True)
    assert sorted(pictures(tub)) == [0]
    CnnActivations(stock_pilot.tflite, tub)
    assert not pictures(tub)


def test_a_pilot_that_cannot_be_opened_raises_and_leaves_the_tub_as_it_was(
    tub: Tub, tmp_path: Path
) -> None:
    before = sorted(Path(tub.base_path).rglob("*"))
    (tmp_path / "notes.tflite").write_text("not a pilot")
    with pytest.raises(ModelError):
        CnnActivations(tmp_path / "notes.tflite", tub)
    assert sorted(Path(tub.base_path).rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread its own priority")
def test_the_worker_yields_to_the_loop_and_the_loop_keeps_its_priority(
    stock_pilot: StockPilot, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = CnnActivations(stock_pilot.tflite, every_n_frames=1, show=True)
    priorities = []

    def note_priority(*_: object, **__: object) -> None:
        priorities.append(os.getpriority(os.PRIO_PROCESS, get_native_id()))

    monkeypatch.setattr("donkey_activations.pilots.pilot.render_mosaic", note_priority)
    before = os.getpriority(os.PRIO_PROCESS, get_native_id())
    with working(part):
        part.run_threaded(draw_frame(0))
    assert priorities == [before + 10]
    assert os.getpriority(os.PRIO_PROCESS, get_native_id()) == before


def test_shutdown_writes_what_was_handed_over_and_sums_up(
    stock_pilot: StockPilot, tub: Tub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    with working(part):
        part.run_threaded(draw_frame(0), True)
        record(tub, draw_frame(0))
        part.run_threaded(draw_frame(1), True)
    assert sorted(pictures(tub)) == [0, 1]
    assert "mosaics: 2 made, 0 skipped (worker busy), 0 failed, worst latency" in caplog.text


def test_shutdown_does_not_wait_for_a_worker_that_hangs(
    stock_pilot: StockPilot,
    tub: Tub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    released, hangs = Event(), Event()

    def hang(*_: object, **__: object) -> None:
        hangs.set()
        released.wait(30)

    monkeypatch.setattr("donkey_activations.pilots.pilot.render_mosaic", hang)
    monkeypatch.setattr("donkey_activations.drive.part._FLUSH_S", 0.05)
    thread = Thread(target=part.update, daemon=True)
    thread.start()
    part.run_threaded(draw_frame(0), True)
    assert hangs.wait(10)
    part.shutdown()
    assert "are left out" in caplog.text
    released.set()
    thread.join(10)
    assert not thread.is_alive()


def test_the_mosaic_shows_the_controls_of_its_own_round(stock_pilot: StockPilot, tub: Tub) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    _, shown = part.run(draw_frame(0), True, True, 0.25, 0.5, None, None)
    extractor = open_extractor(stock_pilot.tflite)
    maps = extractor(draw_frame(0))
    controls = {"user": Controls(0.25, 0.5)}
    expected = render_mosaic(draw_frame(0), extractor.layers, maps, controls=controls)
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("odd", [("left", 0.5), (None, 0.5), (float("nan"), 0.5), ([], {})])
def test_controls_that_are_no_numbers_are_left_out(
    stock_pilot: StockPilot, tub: Tub, odd: tuple[object, object]
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    _, shown = part.run(draw_frame(0), True, True, *odd, *odd)
    _, without = part.run(draw_frame(0), True)
    np.testing.assert_array_equal(shown, without)
    assert part.failed == 0


def mean_where_it_fires(maps: np.ndarray) -> float:
    firing = maps[:, :, maps.max(axis=(0, 1)) > 0]
    return float(firing.mean(dtype=np.float64)) if firing.size else 0.0


def test_scaling_over_the_run_follows_the_drive(stock_pilot: StockPilot, tub: Tub) -> None:
    layout = Layout(scaling="run")
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1, layout=layout)
    extractor = open_extractor(stock_pilot.tflite)
    frames = [draw_frame(index) // (1 + index) for index in range(4)]
    shown = [part.run(frame, True)[1] for frame in frames][-1]
    maps = [extractor(frame) for frame in frames]
    run = {
        layer.name: LayerRun(
            float(np.percentile([m[n].max() for m in maps], 95)),
            float(np.median([mean_where_it_fires(m[n]) for m in maps])),
        )
        for n, layer in enumerate(extractor.layers)
    }
    expected = render_mosaic(frames[-1], extractor.layers, maps[-1], layout, run=run)
    np.testing.assert_array_equal(shown, expected)


def test_a_layout_for_another_pilot_is_refused_before_the_drive(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    with pytest.raises(LayoutError, match="conv2d_9"):
        CnnActivations(stock_pilot.tflite, tub, layout=Layout(layers=("conv2d_9",)))


class Unreadable:
    """A channel's value that fails in a way of its own."""

    def __float__(self) -> float:
        raise RuntimeError("no number today")


def test_controls_that_fail_to_be_read_leave_the_worker_its_buffers(
    stock_pilot: StockPilot, tub: Tub
) -> None:
    part = CnnActivations(stock_pilot.tflite, tub, every_n_frames=1)
    for _ in range(5):
        assert part.run(draw_frame(0), True, True, Unreadable(), 0.5)[0] == ""
    assert part.run(draw_frame(0), True)[0]
    assert (part.made, part.skipped) == (1, 0)
