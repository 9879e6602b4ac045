import io
import re

import pytest

from donkey_activations.offline.progress import ProgressLine


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
