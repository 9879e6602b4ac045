"""``donkey cnnactivations``: its lines, its picture, its window, and bad input."""

import sys
from pathlib import Path

import numpy as np
import pytest
from built_package import Distributions
from drawn_frames import draw_frame
from PIL import Image
from small_venv import SmallVenv
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor, render_mosaic
from donkey_activations.cli import cnnactivations
from donkey_activations.cli.cnnactivations import has_display, main, show
from donkey_activations.images.reading import read_image

LINES = """\
layer 1 shape: (58, 78, 24)
layer 2 shape: (27, 37, 32)
layer 3 shape: (12, 17, 64)
layer 4 shape: (10, 15, 64)
layer 5 shape: (8, 13, 64)
saved as {picture}
"""

NAME = "frame-activations.png"

# Keeps what it was asked to show; the picture is closed by a key at the second look.
FAKE_CV2 = """
from pathlib import Path
IMREAD_COLOR = WND_PROP_VISIBLE = 1
looks = []
def imdecode(content, flags):
    return content
def imshow(title, content):
    Path({seen!r}).write_bytes(content.tobytes())
def waitKey(milliseconds):
    looks.append(milliseconds)
    return 27 if len(looks) > 1 else -1
def getWindowProperty(title, what):
    return 1.0
"""


@pytest.fixture
def folder(stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a pilot, and a frame of its size; no display."""
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    Path("pilot.tflite").write_bytes(stock_pilot.tflite.read_bytes())
    Image.fromarray(draw_frame(2)).save("frame.png")
    return tmp_path


def run(*words: str) -> int:
    return main(["--model", "pilot.tflite", "--image", "frame.png", *words])


@pytest.mark.usefixtures("folder")
def test_it_prints_the_lines_of_stock_and_saves_the_mosaic(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run() == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (LINES.format(picture=NAME), "")
    extractor = open_extractor("pilot.tflite")
    expected = render_mosaic(draw_frame(2), extractor.layers, extractor(draw_frame(2)))
    np.testing.assert_array_equal(read_image(NAME), expected)


@pytest.mark.usefixtures("folder")
def test_a_picture_that_is_there_stays_and_the_next_one_is_numbered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(NAME).write_text("an older one")
    for number in (2, 3):
        assert run() == 0
        name = f"frame-activations-{number}.png"
        assert capsys.readouterr().out.endswith(f"saved as {name}\n")
        assert Path(name).is_file()
    assert Path(NAME).read_text() == "an older one"


@pytest.mark.usefixtures("folder")
def test_an_image_of_another_size_and_a_sequence_pilot_are_said_on_stderr(
    pilot_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rnn = build_stock_pilot(pilot_folder, kind="rnn").tflite
    Image.fromarray(draw_frame(2, 90, 100)).save("other.jpg")
    assert main(["--model", str(rnn), "--image", "other.jpg", "--out", "x.jpg"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0] == "layer 1 shape: (58, 78, 24)"
    assert captured.err.splitlines() == [
        "other.jpg: resized from 100x90 to 160x120",
        "the pilot takes 3 frames at once: the image stands for all of them",
    ]


BAD_INPUT = {
    "no image": ["--model", "pilot.tflite"],
    "no model": ["--image", "frame.png"],
    "an unknown flag": ["--model", "pilot.tflite", "--image", "frame.png", "--what"],
    "a missing image": ["--model", "pilot.tflite", "--image", "none.png"],
    "a folder": ["--model", "pilot.tflite", "--image", "."],
    "a missing pilot": ["--model", "none.h5", "--image", "frame.png"],
    "an image as pilot": ["--model", "frame.png", "--image", "frame.png"],
    "a missing config": [
        "--model", "pilot.tflite", "--image", "frame.png", "--config", "none/config.py"
    ],
    "a picture that is there": [
        "--model", "pilot.tflite", "--image", "frame.png", "--out", "mine.png"
    ],
    "the image itself": ["--model", "pilot.tflite", "--image", "frame.png", "--out", "frame.png"],
    "another format": ["--model", "pilot.tflite", "--image", "frame.png", "--out", "x.gif"],
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_exit_code_2_and_no_picture(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.png").write_text("somebody's")
    before = sorted(folder.iterdir())
    try:
        code: object = main(BAD_INPUT[case])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith("donkey cnnactivations: ")
    assert captured.out == ""
    assert sorted(folder.iterdir()) == before
    assert Path("mine.png").read_text() == "somebody's"


@pytest.mark.usefixtures("folder")
def test_a_config_is_accepted_and_not_run() -> None:
    Path("config.py").write_text("raise SystemExit('run')")
    assert run("--config", "config.py", "--out", "seen.png") == 0


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_whether_there_is_a_display(
    environment: dict[str, str], platform: str, expected: bool
) -> None:
    assert has_display(environment, platform) == expected


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("display", "words", "windows"),
    [(":0", [], [Path(NAME)]), ("", [], []), (":0", ["--out", "seen.png"], [])],
)
def test_a_window_opens_only_with_a_display_and_without_out(
    display: str, words: list[str], windows: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(cnnactivations, "show", shown.append)
    assert run(*words) == 0
    assert shown == windows


def test_the_window_shows_the_picture_until_a_key_is_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cv2.py").write_text(FAKE_CV2.format(seen=str(tmp_path / "seen")))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "picture ü.png").write_bytes(b"what is in the file")
    show(tmp_path / "picture ü.png")
    assert (tmp_path / "seen").read_bytes() == b"what is in the file"


@pytest.mark.parametrize("code", ["import os; os.abort()", "raise RuntimeError('no GUI')"])
def test_a_display_that_does_not_answer_is_not_worth_a_word(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cv2.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    show(tmp_path / "picture.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.tensorflow
def test_donkey_answers_with_ours_for_a_tflite_and_a_keras_pilot(
    tmp_path: Path, distributions: Distributions, stock_pilot: StockPilot
) -> None:
    environment = SmallVenv(tmp_path / "venv")
    environment.unpack(distributions.wheel)
    image = tmp_path / "frame.png"
    Image.fromarray(draw_frame(2)).save(image)
    pictures = []
    for model in (stock_pilot.tflite, stock_pilot.keras):
        picture = tmp_path / f"{model.suffix[1:]}.png"
        words = ["--model", str(model), "--image", str(image), "--out", str(picture)]
        done = environment.donkey("cnnactivations", *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(LINES.format(picture=picture))
        pictures.append(read_image(picture).astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 1
