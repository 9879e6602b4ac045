"""What is said while work takes its time, and that quick work is silent."""

import io
import re
import sys
import threading

import pytest

from donkey_activations.cli.progress import ProgressLine, Steps, note_when_slow


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
    with note_when_slow("opening the pilot", after_s=0.0):
        assert stderr.heard.wait(20)
    assert stderr.text == "opening the pilot\n"


@pytest.mark.parametrize("failing", [False, True])
def test_quick_work_is_silent_even_when_it_fails(
    failing: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = threading.active_count()
    try:
        with note_when_slow("opening the pilot", after_s=600):
            if failing:
                raise ValueError
    except ValueError:
        pass
    assert capsys.readouterr().err == ""
    assert threading.active_count() == threads


class Screen(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def watch(is_terminal: bool, seconds: float, total: int = 1000, rate: int = 100) -> str:
    """What is shown of work of a steady rate."""
    now = 0.0
    screen = Screen(is_terminal)
    line = ProgressLine(screen, "data/tub", clock=lambda: now)
    for done in range(1, int(seconds * rate) + 1):
        now = done / rate
        line(done, total)
    line.close()
    return screen.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_shown_of_work_under_a_second(is_terminal: bool) -> None:
    assert watch(is_terminal, 0.95) == ""


def test_a_terminal_shows_one_line_with_rate_and_time_left_and_is_clean_afterwards() -> None:
    shown = watch(True, 5.05).split("\r\x1b[K")
    assert shown[0] == shown[-1] == ""
    assert 35 <= len(shown) <= 45
    assert re.fullmatch(r"data/tub \[##\.{22}\] 10\d of 1000  100/s  0:09 left", shown[1])
    assert re.fullmatch(r"data/tub \[#{11,12}\.{12,13}\] .*  100/s  0:05 left", shown[-2])
    assert "\n" not in "".join(shown)


def test_a_log_gets_a_line_now_and_then() -> None:
    assert watch(False, 22, total=9000).splitlines() == [
        "data/tub: 100 of 9000  100/s  1:29 left",
        "data/tub: 1100 of 9000  100/s  1:19 left",
        "data/tub: 2100 of 9000  100/s  1:09 left",
    ]


def test_without_a_terminal_each_step_has_a_first_and_a_last_line() -> None:
    screen = Screen(is_terminal=False)
    steps = Steps(screen)
    steps.begin("drawing")
    steps.tick("record 25")
    steps.end("done")
    steps.close()
    assert screen.getvalue() == "drawing ...\ndrawing: done (0.0 s)\n"


def test_without_a_terminal_a_long_step_says_now_and_then_how_far_it_is() -> None:
    now_s = 100.0
    screen = Screen(is_terminal=False)
    steps = Steps(screen, clock=lambda: now_s)
    steps.begin("drawing")
    for second in range(25):
        now_s = 100.0 + second
        steps.tick(f"record {second}")
    assert screen.getvalue().splitlines() == [
        "drawing ...",
        "drawing ... 10 s: record 10",
        "drawing ... 20 s: record 20",
    ]


def test_on_a_terminal_one_line_moves_and_leaves_nothing_behind() -> None:
    screen = Screen(is_terminal=True)
    steps = Steps(screen)
    steps.begin("drawing")
    steps.tick("a long status")
    steps.end("done")
    steps.close()
    shown = ["", "drawing ...", "drawing ... 0 s: a long status", "drawing: done (0.0 s)\n"]
    assert screen.getvalue().split("\r\x1b[K") == shown


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_step_without_a_result_gives_way_to_the_next_and_is_cleared_at_the_end(
    is_terminal: bool,
) -> None:
    screen = Screen(is_terminal)
    steps = Steps(screen)
    steps.begin("opening")
    steps.begin("measuring")
    steps.close()
    over, end = ("\r\x1b[K", "") if is_terminal else ("", "\n")
    assert screen.getvalue() == f"{over}opening ...{end}{over}measuring ...{end}{over}"


def test_where_no_step_was_shown_nothing_is_cleared() -> None:
    screen = Screen(is_terminal=True)
    Steps(screen).close()
    assert screen.getvalue() == ""
