import argparse
import shlex

import pytest

from donkey_activations.cli.verbs import demo
from donkey_activations.errors import ConfigError


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


def test_the_example_can_be_typed_as_it_stands():
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    assert shlex.split(demo.EXAMPLE)[:3] == ["donkey", "activations", "demo"]
    parser.parse_args(shlex.split(demo.EXAMPLE)[3:])
