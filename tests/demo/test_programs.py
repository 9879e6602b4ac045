import os
import signal
import subprocess
import sys

import pytest

from donkey_activations.demo import programs
from donkey_activations.errors import ConfigError


def python(text):
    return [sys.executable, "-c", text]


def test_the_output_goes_into_the_log(tmp_path):
    log = tmp_path / "logs" / "step.log"
    programs.run(python("print('done')"), tmp_path, log, lambda _: None)
    assert log.read_text() == "done\n"


def test_a_failure_shows_its_last_lines_and_the_path_of_the_log_in_one_line(tmp_path):
    log = tmp_path / "step.log"
    text = "print('one'); print(); print('two'); raise SystemExit('out of memory')"
    with pytest.raises(ConfigError) as caught:
        programs.run(python(text), tmp_path, log, lambda _: None)
    assert "exit code 1: one | two | out of memory; the whole output is in" in str(caught.value)
    assert str(log) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_there_is_a_sign_of_life_while_a_program_runs(tmp_path):
    seen = []
    os.mkfifo(tmp_path / "go")
    text = "print('working', flush=True); open('go').read()"

    def tick(status):
        seen.append(status)
        (tmp_path / "go").write_text("")

    programs.run(python(text), tmp_path, tmp_path / "log", tick, lambda output: output.strip())
    assert "working" in seen


def test_an_interrupted_demo_takes_its_program_along(tmp_path):
    command = python("import threading; threading.Event().wait()")
    with (
        pytest.raises(KeyboardInterrupt),
        programs.running(command, tmp_path, tmp_path / "log") as process,
    ):
        raise KeyboardInterrupt
    assert process.returncode is not None


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it")
def test_a_killed_demo_takes_its_program_along(tmp_path):
    os.mkfifo(tmp_path / "alive")
    parent = subprocess.Popen(
        python(
            "import sys; from pathlib import Path; from donkey_activations.demo import programs\n"
            "text = \"f = open('alive', 'w'); f.write('x'); f.flush(); "
            'import threading; threading.Event().wait()"\n'
            "with programs.running([sys.executable, '-c', text], Path('.'), Path('log')) as p:\n"
            "    p.wait()"
        ),
        cwd=tmp_path,
    )
    with (tmp_path / "alive").open() as alive:
        assert alive.read(1) == "x"
        parent.send_signal(signal.SIGKILL)
        assert alive.read() == ""  # closed: the program has ended
    parent.wait()


def test_the_command_donkey_is_the_one_of_this_environment():
    assert programs.donkey("createcar")[1:] == ["createcar"]
