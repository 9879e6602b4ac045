"""Who opens which pilot file."""

import subprocess
import sys
from pathlib import Path

import pytest
from stock_pilot import StockPilot

from donkey_activations.errors import ModelError
from donkey_activations.extractors.formats import opener_of
from donkey_activations.extractors.openers import keras, tflite


def test_each_format_has_its_opener_whatever_the_suffix(
    stock_pilot: StockPilot, tmp_path: Path
) -> None:
    pilot = tmp_path / "pilot"
    pilot.write_bytes(stock_pilot.tflite.read_bytes())
    assert opener_of(pilot) is tflite
    pilot.write_bytes(stock_pilot.keras.read_bytes())
    assert opener_of(pilot) is keras


def test_what_nobody_opens_is_named(tmp_path: Path) -> None:
    notes = tmp_path / "pilot.tflite"
    notes.write_text("train it on Sunday")
    with pytest.raises(ModelError, match=r"this is neither \(it is text\)"):
        opener_of(notes)
    with pytest.raises(ModelError, match="No such file"):
        opener_of(tmp_path / "none")


def test_telling_who_opens_a_file_loads_nothing_heavy(stock_pilot: StockPilot) -> None:
    heavy = {"tensorflow", "h5py", "ai_edge_litert", "keras"}
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from donkey_activations.extractors.formats import opener_of\n"
        f"opener_of(Path({str(stock_pilot.keras)!r}))\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
