"""Work that is cut short: no torn picture, and the next run goes on."""

import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn_frames import write_frame_tub
from offline_tubs import pictures
from PIL import Image
from stock_pilot import StockPilot

from donkey_activations.cli.main import main
from donkey_activations.recorded import processes

COUNT = 80
LIMIT_S = 120.0


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("original") / "tub", COUNT)


@pytest.fixture(scope="module")
def expected(
    stock_pilot: StockPilot, original: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, bytes]:
    """What one process draws without a break."""
    tub = Path(shutil.copytree(original, tmp_path_factory.mktemp("whole") / "tub"))
    assert main([*_words(stock_pilot, tub), "--workers", "1"]) == 0
    return pictures(tub)


@pytest.fixture
def tub(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(original, tmp_path / "tub"))


def _words(pilot: StockPilot, tub: Path) -> list[str]:
    return ["tub", "--model", str(pilot.tflite), "--tub", str(tub)]


def _start(pilot: StockPilot, tub: Path, workers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "donkey_activations", *_words(pilot, tub)]
    return subprocess.Popen(
        [*command, "--workers", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def _wait_for_pictures(process: subprocess.Popen[str], tub: Path, count: int) -> None:
    """Looks until so many are there; how long that takes is the machine's affair."""
    until_s = time.monotonic() + LIMIT_S
    while len(list(tub.glob("activations/*/*.jpg"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until_s


def _children(process: subprocess.Popen[str]) -> Iterator[int]:
    threads = Path(f"/proc/{process.pid}/task")
    for thread in threads.iterdir():
        yield from (int(word) for word in (thread / "children").read_text().split())


def _assert_all_whole(tub: Path) -> None:
    for jpeg in pictures(tub).values():
        with Image.open(io.BytesIO(jpeg)) as picture:
            picture.load()


def test_two_workers_draw_what_one_process_does(
    stock_pilot: StockPilot, tub: Path, expected: dict[int, bytes]
) -> None:
    assert main([*_words(stock_pilot, tub), "--workers", "2"]) == 0
    assert pictures(tub) == expected


@pytest.mark.parametrize("seed", range(5))
def test_after_kill_9_at_any_moment_all_pictures_are_whole_and_the_next_run_makes_the_rest(
    stock_pilot: StockPilot, tub: Path, expected: dict[int, bytes], seed: int
) -> None:
    process = _start(stock_pilot, tub, workers=1 + seed % 2)
    _wait_for_pictures(process, tub, random.Random(seed).randrange(1, COUNT // 2))
    workers = list(_children(process))
    assert len(workers) == (2 if seed % 2 else 0)
    process.kill()
    process.communicate()
    for worker in workers:
        _wait_for_the_end(worker)
    _assert_all_whole(tub)
    assert 0 < len(pictures(tub)) < COUNT
    assert main([*_words(stock_pilot, tub), "--workers", "1"]) == 0
    assert pictures(tub) == expected
    assert list(tub.glob("activations/*/.*")) == []


def _wait_for_the_end(worker: int) -> None:
    """A worker whose parent is gone ends by itself, because nobody reads its reports."""
    until_s = time.monotonic() + LIMIT_S
    while Path(f"/proc/{worker}/cmdline").exists():
        if not Path(f"/proc/{worker}/cmdline").read_bytes():
            return
        assert time.monotonic() < until_s


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_with_130_and_says_that_the_next_run_goes_on(
    stock_pilot: StockPilot, tub: Path, workers: int
) -> None:
    process = _start(stock_pilot, tub, workers)
    _wait_for_pictures(process, tub, 3)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert "run the same command again to go on" in err
    assert "Traceback" not in out + err
    _assert_all_whole(tub)
    assert list(tub.glob("activations/*/.*")) == []


def test_a_worker_that_dies_is_said_and_the_others_do_their_share(
    stock_pilot: StockPilot, tub: Path, expected: dict[int, bytes]
) -> None:
    process = _start(stock_pilot, tub, workers=2)
    _wait_for_pictures(process, tub, 2)
    os.kill(next(_children(process)), signal.SIGKILL)
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1, err
    assert "a worker died (signal 9)" in out
    assert "undone" in out
    assert COUNT // 2 <= len(pictures(tub)) < COUNT
    assert main(_words(stock_pilot, tub)) == 0
    assert pictures(tub) == expected


def test_workers_that_cannot_even_start_are_said(
    stock_pilot: StockPilot,
    tub: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(processes, "_WORKER", [sys.executable, "-c", "raise SystemExit(3)"])
    assert main([*_words(stock_pilot, tub), "--workers", "2"]) == 2
    assert capsys.readouterr().out.count("a worker died (exit code 3)") == 2
