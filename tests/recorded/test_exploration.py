"""Questions asked of a tub in blocks: in this process or in others, the answer is the same."""

import os
import signal
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import questions
from drawn_frames import write_frame_tub
from offline_tubs import image
from questions import BrightestCells, DiesAtRecord70
from stock_pilot import StockPilot

from donkey_activations import PilotOptions, open_extractor, read_tub
from donkey_activations.recorded.exploration import Explored, _block, explore
from donkey_activations.recorded.frames import history_of
from donkey_activations.recorded.processes import ProcessExecutor, WorkerDiedError
from donkey_activations.tubs.records import Record, read_frame

COUNT = 120


@pytest.fixture(autouse=True)
def questions_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(questions.__file__).parent))


@pytest.fixture(scope="module")
def tub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tub = write_frame_tub(tmp_path_factory.mktemp("explored") / "tub", COUNT)
    image(tub, 33).write_bytes(b"no image")
    return tub


def asked(pilot: StockPilot, tub: Path, executor: Executor | None) -> Explored[BrightestCells]:
    options, done = PilotOptions(pilot.tflite), []
    records = read_tub(tub).records
    explored = explore(
        options.open(),
        options,
        records,
        range(len(records)),
        BrightestCells,
        executor=executor,
        workers=2,
        progress=lambda number, total: done.append((number, total)),
    )
    assert done == sorted(done)
    assert {total for _, total in done} == {COUNT}
    return explored


@pytest.mark.parametrize("where", [None, ThreadPoolExecutor, ProcessExecutor])
def test_the_answer_is_the_same_wherever_the_blocks_run(
    stock_pilot: StockPilot,
    tub: Path,
    where: type[Executor] | None,
) -> None:
    if where is None:
        explored = asked(stock_pilot, tub, None)
    else:
        # One interpreter is not to be used by two threads at once.
        workers = 1 if where is ThreadPoolExecutor else 2
        with where(workers) as executor:  # type: ignore[call-arg]
            explored = asked(stock_pilot, tub, executor)
    extractor = open_extractor(stock_pilot.tflite)
    frames = [read_frame(one, 3) for one in read_tub(tub).records if one.index != 33]
    expected = max(float(extractor(frame)[0].max()) for frame in frames)
    assert explored.finding.result() == np.float32(expected)
    assert explored.finding.indexes == set(range(COUNT)) - {33}
    assert [one.record.index for one in explored.unreadable] == [33]
    assert explored.failures == []


def test_a_process_that_dies_costs_its_block_and_the_others_are_explored(
    stock_pilot: StockPilot, tub: Path
) -> None:
    options, records = PilotOptions(stock_pilot.tflite), read_tub(tub).records
    with ProcessExecutor(2) as executor:
        explored = explore(
            options.open(),
            options,
            records,
            range(COUNT),
            DiesAtRecord70,
            executor=executor,
            workers=2,
        )
    assert explored.failures == ["a worker died (signal 9)"]
    # Three blocks of 40: the second one is lost.
    assert explored.finding.indexes == {*range(40), *range(80, COUNT)} - {33}


def test_what_a_call_raises_is_raised_where_its_result_is_asked_for() -> None:
    with ProcessExecutor(1) as executor:
        failing = executor.submit(int, "no number")
        with pytest.raises(ValueError, match="no number"):
            failing.result()
        assert executor.submit(int, "7").result() == 7


def test_a_process_that_ends_raises_its_reason_and_the_next_call_gets_a_new_one() -> None:
    with ProcessExecutor(1) as executor:
        first = executor.submit(os.getpid).result()
        with pytest.raises(WorkerDiedError, match=r"a worker died \(exit code 4\)"):
            executor.submit(os._exit, 4).result()
        assert executor.submit(os.getpid).result() not in (first, os.getpid())


def test_a_call_that_cannot_be_read_there_is_an_error_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")
    with ProcessExecutor(1) as executor, pytest.raises(ModuleNotFoundError, match="questions"):
        executor.submit(BrightestCells).result()


def test_what_a_call_prints_does_not_disturb_its_result() -> None:
    with ProcessExecutor(1) as executor:
        assert executor.submit(print, "a banner").result() is None
        assert executor.submit(int, "7").result() == 7


def test_calls_that_are_cancelled_are_not_waited_for() -> None:
    executor = ProcessExecutor(1)
    pid = executor.submit(os.getpid).result()
    endless = executor.submit(signal.pause)
    executor.shutdown(cancel_futures=True)
    with pytest.raises((WorkerDiedError, CancelledError)):
        endless.result()
    assert not Path(f"/proc/{pid}").exists()


def test_a_block_keeps_where_its_histories_end_in_the_whole_tub() -> None:
    sessions = ["a"] * 5 + ["b"] * 5 + ["a"] * 5
    records = [Record(i, None, None, {"_session_id": one}) for i, one in enumerate(sessions)]
    positions = [*range(5), *range(10, 15)]
    block = _block(PilotOptions(Path("pilot")), records, positions, 3, BrightestCells)
    seen = [block.records[position] for position in block.positions]
    assert [record.index for record in seen] == positions
    for position, in_block in zip(positions, block.positions, strict=True):
        whole = [records[number].index for number in history_of(records, position, 3)]
        part = [block.records[number].index for number in history_of(block.records, in_block, 3)]
        assert part == whole


def test_an_error_that_cannot_travel_arrives_as_what_it_says() -> None:
    with ProcessExecutor(1) as executor:
        failing = executor.submit(questions.raise_odd_error, "a", "b")
        with pytest.raises(RuntimeError, match="OddError: a b"):
            failing.result()
        with pytest.raises(RuntimeError, match="SystemExit: 3"):
            executor.submit(questions.end, 3).result()
        assert executor.submit(int, "7").result() == 7


def test_a_process_that_is_stopped_is_ended_all_the_same() -> None:
    executor = ProcessExecutor(1)
    pid = executor.submit(os.getpid).result()
    os.kill(pid, signal.SIGSTOP)
    executor.shutdown(cancel_futures=True)
    assert not Path(f"/proc/{pid}").exists()
