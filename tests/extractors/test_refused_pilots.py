"""Pilots that cannot be used say in a line what they are and what to do; the engine comes last."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from json_programs import run_program

from donkey_activations.extractors.refusals import engine_words

Told = dict[str, tuple[str | None, str | None]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("refused")


@pytest.fixture(scope="module")
def mixed(told: Told, folder: Path) -> Path:
    """A pilot of mixed precision, of which TensorFlow runs the convolutions."""
    return folder / "mixed.keras"


@pytest.fixture(scope="module")
def told(tensorflow: None, folder: Path) -> Told:
    """What opening and planning each of them says."""
    found = run_program("refused_pilots", folder, cache=folder / "cache")
    return {name: (opened, planned) for name, (opened, planned) in found.items()}


def lines_of(told: Told, name: str) -> list[str]:
    lines = [line for line in told[name] if line is not None]
    assert lines
    for line in lines:
        assert "\n" not in line
        assert name in line
    return lines


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("no_data.savedmodel", "variables/variables.data-00000-of-00001"),
        ("no_index.savedmodel", "variables/variables.index"),
    ],
)
def test_a_savedmodel_without_a_file_of_its_weights_says_which(
    told: Told, name: str, missing: str
) -> None:
    lines = lines_of(told, name)
    assert len(lines) == 2
    for line in lines:
        assert f"weights in {missing}, found no such file; copy the whole folder again" in line


def test_an_exported_savedmodel_says_so_too(told: Told) -> None:
    opened, _ = told["exported.savedmodel"]
    assert opened is not None
    assert "weights in variables/variables.data-00000-of-00001, found no such file" in opened


@pytest.mark.parametrize("name", ["mixed.h5", "mixed.keras"])
def test_a_pilot_of_mixed_precision_is_shown_and_not_planned(told: Told, name: str) -> None:
    opened, planned = told[name]
    assert opened is None
    assert planned is not None
    assert "got one of mixed precision (float16)" in planned
    assert planned.endswith("train it with the policy float32")


def test_what_tensorflow_runs_is_opened_without_a_word(told: Told, mixed: Path) -> None:
    assert told[mixed.name][0] is None
    program = (
        "from donkey_activations import open_extractor\n"
        f"print(open_extractor({str(mixed)!r}).engine)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=200
    )
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")


def test_its_tflite_says_what_its_convolutions_are(told: Told) -> None:
    for line in lines_of(told, "mixed.tflite"):
        assert "its convolutions are TensorFlow's (FlexConv2D), as mixed precision makes" in line


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pruned.tflite", "stored sparse.* without EXPERIMENTAL_SPARSITY, or give the Keras file"),
        ("later.tflite", "cannot be run; copy it again, or convert it again with donkey train"),
    ],
)
def test_a_graph_that_litert_refuses_says_first_what_to_do(
    told: Told, name: str, said: str
) -> None:
    for line in lines_of(told, name):
        assert re.search(rf"{said}.*\(the engine says: [^()]{{,120}}\)$", line), line


def test_a_plan_of_a_pilot_whose_dense_layers_alone_are_sparse_names_the_file(told: Told) -> None:
    opened, planned = told["pruned_dense.tflite"]
    assert opened is None  # its convolutions can be shown
    assert planned is not None
    assert "/pruned_dense.tflite: the weights of this .tflite are stored sparse" in planned
    assert planned.count("pruned_dense.tflite") == 1


@pytest.mark.parametrize(
    ("raised", "kept"),
    [
        ("failed to delegate CONV_2D node #3Node number 4 (X) failed to prepare.", "node #3"),
        ("Didn't find op 'CONV_2D' version '99'. An older\n one might", "version '99'"),
        ("tensor.cc:55 a != b (8 != 9)", "(8 != 9)"),
        ("x" * 500, "x" * 120),
    ],
)
def test_of_an_engine_the_first_sentence_is_kept(raised: str, kept: str) -> None:
    assert engine_words(RuntimeError(raised)).endswith(kept)
    assert engine_words(RuntimeError()) == "the engine says: RuntimeError"


def test_tensorflow_is_imported_without_a_word(tensorflow: None, tmp_path: Path) -> None:
    program = (
        "from donkey_activations.extractors.converter import import_tensorflow\n"
        "print(import_tensorflow('a test').__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")
