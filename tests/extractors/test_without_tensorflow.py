"""What a machine without TensorFlow, such as a car, is told and can show."""

import subprocess
import sys
from pathlib import Path

import pytest
from keras_release import KERAS_3
from stock_pilot import StockPilot

SUPPORT = Path(__file__).parents[1] / "support" / "pilot_kinds.py"


@pytest.fixture(scope="module")
def pilots(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 3d pilot, whose pooling is not LiteRT's own, and one with an LSTM behind."""
    folder = tmp_path_factory.mktemp("flex")
    words = [str(folder), "--kinds", "3d,rnn", "--formats", ".tflite"]
    subprocess.run([sys.executable, str(SUPPORT), *words], check=True, capture_output=True)
    return folder


def open_without_tensorflow(model: Path, layers: list[str] | None = None) -> str:
    program = (
        "import sys\n"
        "sys.modules['tensorflow'] = None\n"
        "from donkey_activations import ModelError, open_extractor\n"
        "try:\n"
        f"    extractor = open_extractor({str(model)!r}, {layers!r})\n"
        "    print(extractor.engine, *(layer.name for layer in extractor.layers))\n"
        "except ModelError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_keras_pilot_is_answered_with_the_tflite_beside_it(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    (tmp_path / "mine.h5").write_bytes(stock_pilot.keras.read_bytes())
    said = open_without_tensorflow(tmp_path / "mine.h5")
    assert "needs TensorFlow, which is not installed" in said
    assert said.endswith("donkey train writes the .tflite as well")
    (tmp_path / "mine.tflite").write_bytes(stock_pilot.tflite.read_bytes())
    assert open_without_tensorflow(tmp_path / "mine.h5").endswith("give mine.tflite beside it")


def test_a_foreign_operator_is_named_with_the_layers_in_front_of_it(pilots: Path) -> None:
    said = open_without_tensorflow(pilots / "3d.tflite")
    assert "the operator FlexMaxPool3D needs TensorFlow" in said
    assert said.endswith("(--layers, ACTIVATIONS_LAYERS): conv3d")


def test_the_layers_in_front_of_a_foreign_operator_can_be_shown(pilots: Path) -> None:
    assert open_without_tensorflow(pilots / "3d.tflite", ["conv3d"]) == "litert conv3d"


def test_what_stands_behind_the_convolutions_never_hinders(pilots: Path) -> None:
    said = open_without_tensorflow(pilots / "rnn.tflite")
    # Of a layer at each step, Keras 3 leaves the wrapper's name in the graph.
    name = "time_distributed{}" if KERAS_3 else "conv2d{}"
    numbers = ["", "_2", "_4", "_6"] if KERAS_3 else ["", "_1", "_2", "_3"]
    assert said == " ".join(["litert", *map(name.format, numbers)])
