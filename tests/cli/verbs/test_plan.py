import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from drawn_frames import write_frame_tub
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations.cli.main import main
from donkey_activations.cli.verbs import plan

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def small(pilot_folder: Path) -> StockPilot:
    """So small that every size is measured quickly."""
    return build_stock_pilot(pilot_folder, 64, 80)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    # How long figures are measured is not what is tested here.
    monkeypatch.setattr("donkey_activations.planning.latency._MEASURED_S", 0.0)
    monkeypatch.setattr("donkey_activations.planning.drive_loop._MEASURED_S", 0.0)

    def words(*given: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["plan", *map(str, given)])
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return words


@pytest.mark.tensorflow
def test_a_keras_pilot_is_planned_whole_at_every_size(small: StockPilot, run: Run) -> None:
    code, out, _ = run("--model", small.keras, "--sizes", "80x64,120x100", "--json")
    assert code == 0
    sizes = json.loads(out)["sizes"]
    # Donkeycar's own model at these sizes has this many.
    expected = _parameters_of_donkeycars_model([(64, 80), (100, 120)])
    assert [size["pilot"]["parameters"] for size in sizes] == expected
    assert [size["trained"] for size in sizes] == [True, False]
    for size in sizes:
        assert size["drive_loop"]["with_mosaics"]["mosaics_made"] > 0
        assert size["pilot"]["latency"]["median_ms"] >= size["maps"]["latency"]["median_ms"] / 3


def _parameters_of_donkeycars_model(sizes_hw: list[tuple[int, int]]) -> list[int]:
    program = (
        "import sys\nfrom donkeycar.parts.keras import KerasLinear\n"
        f"for height, width in {sizes_hw}:\n"
        "    model = KerasLinear(input_shape=(height, width, 3)).interpreter.model\n"
        "    print(model.count_params(), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return [int(line) for line in done.stderr.splitlines() if line.isdecimal()]


def test_of_a_tflite_only_the_convolutions_are_told_at_another_size(
    small: StockPilot, run: Run
) -> None:
    code, out, _ = run("--model", small.tflite, "--sizes", "80x64,160x128", "--json")
    told = json.loads(out)
    assert code == 0
    assert [size["pilot"] is None for size in told["sizes"]] == [False, True]
    assert any("convolutions alone" in remark for remark in told["remarks"])


@pytest.mark.parametrize("suffix", [".tflite", pytest.param(".h5", marks=pytest.mark.tensorflow)])
def test_a_pilot_of_neither_colour_nor_grey_is_one_line(
    pilot_folder: Path, run: Run, suffix: str
) -> None:
    pilot = build_stock_pilot(pilot_folder, 64, 80, channels=4).file(suffix)
    code, out, err = run("--model", pilot, "--sizes", "80x64", "--quiet")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == (
        f"donkey activations plan: {pilot}: expected a pilot for frames in colour (3 channels) or "
        "grey (1), got one for 4 channels, of which no mosaic can be drawn; give another"
    )


def test_a_tub_gives_frames_the_growth_of_recording_a_page_and_a_film(
    small: StockPilot, run: Run, tmp_path: Path
) -> None:
    tub = write_frame_tub(tmp_path / "tub", 12)
    before = {path: path.read_bytes() for path in tub.rglob("*") if path.is_file()}
    code, out, _ = run(
        *("--model", small.tflite, "--sizes", "80x64,160x128", "--tub", tub, "--quiet"),
        *("--png", "plan.png", "--movie", "plan.mp4"),
    )
    assert code == 0
    assert "disk lasts" in out
    page = cv2.imread("plan.png")
    assert page is not None and page.shape[1] == 1920
    film = cv2.VideoCapture("plan.mp4")
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert {path: path.read_bytes() for path in tub.rglob("*") if path.is_file()} == before


def test_a_size_that_cannot_be_is_told_and_the_others_are_planned(
    small: StockPilot, run: Run
) -> None:
    code, out, err = run("--model", small.tflite, "--sizes", "80x64,40x30", "--quiet", "--json")
    told = json.loads(out)
    assert code == 1
    assert [size["width"] for size in told["sizes"]] == [80]
    assert told["refused"][0]["reason"].startswith("the network does not run at 40x30 px")
    assert err.startswith("40x30: the network does not run at 40x30 px")
    assert len(err.splitlines()) == 1


BAD: dict[str, tuple[list[str], str]] = {
    "no size that can be": (["--sizes", "40x30"], "does not run at 40x30 px"),
    "nothing": (["--sizes", "0x0"], "expected a width of 16 to 4096"),
    "words": (["--sizes", "large"], "got 'large'"),
    "an empty list": (["--sizes", ""], "expected WIDTHxHEIGHT"),
    "one empty place": (["--sizes", "80x64,"], "expected WIDTHxHEIGHT"),
    "beyond reason": (["--sizes", "80x64,99999x9"], "16 to 4096"),
    "no rate": (["--hz", "0"], "a number above 0"),
    "a rate that is no number": (["--hz", "nan"], "a number above 0"),
    "no period": (["--every", "0"], "from 1 to 1000"),
    "too many threads": (["--threads", "99"], "from 1 to 16"),
    "a page of nothing": (["--png", "plan.png"], "expected --tub or --image"),
    "a film of nothing": (["--movie", "plan.mp4"], "expected --tub"),
    "no tub": (["--tub", "nowhere"], "expected a tub"),
    "no image": (["--image", "nowhere.png"], "cannot be read"),
    "tub and image": (["--tub", "a", "--image", "b"], "leave one out"),
    "no layer": (["--layers", "conv2d_9"], "conv2d_9"),
}


@pytest.mark.parametrize(("words", "says"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_and_exit_code_2(
    words: list[str], says: str, small: StockPilot, run: Run, tmp_path: Path
) -> None:
    code, out, err = run("--model", small.tflite, "--quiet", *words)
    assert (code, out) == (2, "")
    assert says in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("donkey activations plan: ")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pilot.h5").write_bytes(b"nothing of the kind")
    code, _, err = run("--model", "pilot.h5", "--quiet")
    assert code == 2
    assert err.startswith("donkey activations plan: pilot.h5: expected a .tflite or a Keras pilot")
    assert len(err.splitlines()) == 1


def test_a_page_that_is_there_is_not_replaced_unasked(
    small: StockPilot, run: Run, tmp_path: Path
) -> None:
    write_frame_tub(tmp_path / "tub", 2)
    (tmp_path / "plan.png").write_bytes(b"mine")
    words = ("--model", small.tflite, "--tub", "tub", "--sizes", "80x64", "--png", "plan.png")
    assert run(*words)[0] == 2
    assert (tmp_path / "plan.png").read_bytes() == b"mine"
    assert run(*words, "--force")[0] == 0
    assert (tmp_path / "plan.png").read_bytes() != b"mine"


def test_the_example_can_be_typed_as_it_stands() -> None:
    parser = argparse.ArgumentParser()
    plan.add_arguments(parser)
    parser.parse_args(shlex.split(plan.EXAMPLE)[3:])


@pytest.fixture
def car(tmp_path: Path, small: StockPilot) -> Path:
    folder = tmp_path / "car"
    (folder / "models").mkdir(parents=True)
    (folder / "manage.py").write_text("")
    (folder / "config.py").write_text("DRIVE_LOOP_HZ = 20\n")
    (folder / "myconfig.py").write_text("DRIVE_LOOP_HZ = 1\n")
    (folder / "models" / "pilot.tflite").write_bytes(small.tflite.read_bytes())
    return folder


def test_install_takes_the_largest_resolution_that_the_car_can_hold(car: Path, run: Run) -> None:
    assert main(["install", "--path", str(car), "--resolution", "auto"]) == 0
    # A round of a second is enough for all of them.
    assert "\nIMAGE_W = 640\nIMAGE_H = 360\n" in (car / "myconfig.py").read_text()


def test_install_changes_nothing_where_no_resolution_holds(
    car: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (car / "myconfig.py").write_text("DRIVE_LOOP_HZ = 100000\n")
    assert main(["install", "--path", str(car), "--resolution", "auto"]) == 2
    assert "expected a resolution at which the drive loop holds" in capsys.readouterr().err
    assert (car / "myconfig.py").read_text() == "DRIVE_LOOP_HZ = 100000\n"


def test_install_auto_wants_a_pilot(
    car: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (car / "models" / "pilot.tflite").unlink()
    assert main(["install", "--path", str(car), "--resolution", "auto"]) == 2
    assert "expected a trained pilot" in capsys.readouterr().err.splitlines()[-1]


def test_a_model_without_auto_makes_no_sense(
    car: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "--path", str(car), "--model", "x.h5"]) == 2
    assert "--resolution auto" in capsys.readouterr().err
