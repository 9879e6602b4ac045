"""What is said while work takes its time, and that quick work is silent."""

import sys
import threading

import pytest

from donkey_activations.progress import Progress, told_when_slow


class Listener:
    """A stream that tells when something is written to it."""

    def __init__(self) -> None:
        self.text = ""
        self.heard = threading.Event()

    def write(self, text: str) -> None:
        self.text += text
        self.heard.set()

    def flush(self) -> None:
        pass


def test_slow_work_is_told_while_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Listener()
    monkeypatch.setattr(sys, "stderr", stderr)
    with told_when_slow("opening the pilot", after_s=0.0):
        assert stderr.heard.wait(20)
    assert stderr.text == "opening the pilot\n"


@pytest.mark.parametrize("failing", [False, True])
def test_quick_work_is_silent_even_when_it_fails(
    failing: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = threading.active_count()
    try:
        with told_when_slow("opening the pilot", after_s=600):
            if failing:
                raise ValueError
    except ValueError:
        pass
    assert capsys.readouterr().err == ""
    assert threading.active_count() == threads


def test_steps_are_counted_once_a_second_and_the_last_one_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    times = iter([0.0, 0.3, 0.9, 1.2, 1.9, 2.3, 9.0])
    progress = Progress(6, "images", clock=lambda: next(times))
    for _ in range(6):
        progress.step()
    assert capsys.readouterr().err == "3 of 6 images\n5 of 6 images\n"
