import argparse
import io
import shlex
import sys

import pytest

from donkey_activations.cli.verbs import demo
from donkey_activations.errors import ConfigError


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self):
        return True


def call(*words):
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    return demo.run(parser.parse_args([str(word) for word in words]))


@pytest.mark.tensorflow
def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(ConfigError, match="give another --path"):
        call("--path", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_resolution_that_cannot_be_read_makes_nothing(tmp_path):
    with pytest.raises(ConfigError, match="give it like 640x360"):
        call("--path", tmp_path / "demo-car", "--resolution", "big")
    assert not (tmp_path / "demo-car").exists()


def test_without_a_terminal_each_step_has_a_first_and_a_last_line(capsys):
    lines = demo.ProgressLines()
    lines.begin("drawing")
    lines.tick("record 25")
    lines.end("done")
    assert capsys.readouterr().err == "drawing ...\ndrawing: done (0.0 s)\n"


def test_without_a_terminal_a_long_step_says_now_and_then_how_far_it_is(capsys, monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(demo.time, "monotonic", lambda: now_s[0])
    lines = demo.ProgressLines()
    lines.begin("drawing")
    for second in range(25):
        now_s[0] = 100.0 + second
        lines.tick(f"record {second}")
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "drawing ...",
        "drawing ... 10 s: record 10",
        "drawing ... 20 s: record 20",
    ]


def test_on_a_terminal_one_line_moves_and_leaves_nothing_behind(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    lines = demo.ProgressLines()
    lines.begin("drawing")
    lines.tick("a long status")
    lines.end("done")
    assert screen.getvalue().count("\n") == 1
    last = screen.getvalue().split("\r")[-1]
    assert last.startswith("drawing: done (0.0 s)")
    assert len(last.rstrip("\n")) >= len("drawing ... 0 s: a long status")


def test_the_example_can_be_typed_as_it_stands():
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    assert shlex.split(demo.EXAMPLE)[:3] == ["donkey", "activations", "demo"]
    parser.parse_args(shlex.split(demo.EXAMPLE)[3:])
