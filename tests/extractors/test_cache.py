import hashlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from stock_pilot import StockPilot

import donkey_activations
from donkey_activations import open_extractor
from donkey_activations.extractors import cache


def open_in_a_process(model: Path, program: str) -> str:
    code = f"from donkey_activations import open_extractor\ne = open_extractor({str(model)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", code + program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.tensorflow
def test_tensorflow_is_loaded_once_per_pilot(stock_pilot: StockPilot) -> None:
    program = "import sys\nprint('tensorflow' in sys.modules)"
    assert open_in_a_process(stock_pilot.keras, program) == "True"
    assert open_in_a_process(stock_pilot.keras, program) == "False"


def test_a_tflite_pilot_never_loads_tensorflow_matplotlib_or_pandas(
    stock_pilot: StockPilot,
) -> None:
    program = (
        "import sys\n"
        "print(sorted({'tensorflow', 'matplotlib', 'pandas', 'cv2'} & set(sys.modules)))"
    )
    assert open_in_a_process(stock_pilot.tflite, program) == "[]"


@pytest.mark.tensorflow
def test_a_changed_file_under_the_same_name_is_noticed(
    stock_pilot: StockPilot, tmp_path: Path, own_cache: Path
) -> None:
    pilot = tmp_path / "pilot.h5"
    pilot.write_bytes(stock_pilot.keras.read_bytes())
    open_extractor(pilot)
    before = sorted(cache.folder().iterdir())
    with pilot.open("ab") as file:
        file.write(b"\0")
    open_extractor(pilot)
    assert len(sorted(cache.folder().iterdir())) == len(before) + 1


@pytest.mark.tensorflow
def test_a_cache_that_cannot_be_written_only_costs_time(
    stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_folder = tmp_path / "a_file_where_a_folder_is_due"
    no_folder.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(no_folder))
    assert len(open_extractor(stock_pilot.keras).layers) == 5


@pytest.mark.tensorflow
def test_a_user_without_a_home_folder_waits_longer_and_is_told(
    stock_pilot: StockPilot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert len(open_extractor(stock_pilot.keras).layers) == 5
    assert "not kept for the next time" in caplog.text


def test_a_folder_that_is_not_told_from_the_root_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    assert cache.folder() == Path.home() / ".cache" / "donkey-activations"


@pytest.mark.parametrize("damage", [lambda _: b"", lambda whole: whole[: len(whole) // 2]])
@pytest.mark.tensorflow
def test_what_a_power_cut_left_of_the_kept_graph_is_converted_again(
    damage: Callable[[bytes], bytes], stock_pilot: StockPilot
) -> None:
    open_extractor(stock_pilot.keras)
    kept = next(cache.folder().iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert len(open_extractor(stock_pilot.keras).layers) == 5
    assert kept.read_bytes() == whole


@pytest.mark.tensorflow
def test_a_kept_graph_names_the_versions_that_made_it(stock_pilot: StockPilot) -> None:
    open_extractor(stock_pilot.keras)
    kept = next(cache.folder().iterdir()).read_bytes()
    versions = json.loads(kept[32:].partition(b"\n")[0])
    assert versions["donkey-activations"] == donkey_activations.__version__
    assert versions["tensorflow"] == importlib.metadata.version("tensorflow")
    assert versions["keras"][0] in "23"


@pytest.mark.tensorflow
@pytest.mark.parametrize("change", [{"donkey-activations": "0.0.9"}, {"conversion": 1}, None])
def test_what_an_older_version_has_kept_is_made_again(
    stock_pilot: StockPilot, change: dict[str, str | int] | None
) -> None:
    open_extractor(stock_pilot.keras)
    kept = next(cache.folder().iterdir())
    whole = kept.read_bytes()
    header, _, graph = whole[32:].partition(b"\n")
    # The first version stated nothing.
    older = b"" if change is None else json.dumps({**json.loads(header), **change}).encode() + b"\n"
    kept.write_bytes(hashlib.sha256(older + graph).digest() + older + graph)
    assert len(open_extractor(stock_pilot.keras).layers) == 5
    assert kept.read_bytes() == whole
