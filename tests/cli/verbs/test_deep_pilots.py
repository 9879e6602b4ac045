"""Pilots of more convolutions than a picture has room for: which are shown, and who says so."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from decoded_films import decode
from drawn_frames import write_frame_tub
from offline_tubs import drawn_by_the_drive, pictures

from donkey_activations import open_extractor
from donkey_activations.cli.main import main
from donkey_activations.planning.pilots import PlannedPilot

PROGRAM = Path(__file__).parents[2] / "support" / "deep_pilot.py"
COUNT, ON_A_PAGE = 31, 24
# The last of each size, the first and the last.
ALWAYS = {"a1", "a9", "b9", "c9"}


@pytest.fixture(scope="module")
def deep(tensorflow: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pilot = tmp_path_factory.mktemp("deep") / "deep.tflite"
    subprocess.run([sys.executable, str(PROGRAM), str(pilot)], check=True, capture_output=True)
    return pilot


@pytest.fixture
def tub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_frame_tub(tmp_path / "tub", 6, 48, 64)


def shown_in(err: str) -> set[str]:
    """The layers that the one line on stderr names."""
    (line,) = (line for line in err.splitlines() if "convolutions" in line)
    start, end = f"{COUNT} convolutions: shown are ", "; --layers chooses others"
    assert line.startswith(start)
    assert line.endswith(end)
    return set(line.removeprefix(start).removesuffix(end).split(", "))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[dict[str, object], str]:
    capsys.readouterr()
    assert main([*words, "--json"]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def test_a_film_shows_the_layers_that_fit(
    deep: Path, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("movie", "--model", str(deep), "--tub", "tub", "--out", "a.mp4")
    report, err = run(capsys, *words)
    shown = shown_in(err)
    assert set(report["layers_chosen"]) == shown  # type: ignore[call-overload]
    assert shown >= ALWAYS
    assert len(shown) < COUNT
    assert decode(Path("a.mp4")).size_hw == (720, 1280)


def test_a_page_shows_24_and_more_where_they_are_asked_for(
    deep: Path, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = next(Path("tub/images").glob("0_*"))
    words = ("image", "--model", str(deep), "--image", str(frame), "--out")
    report, err = run(capsys, *words, "some.png")
    shown = shown_in(err)
    assert set(report["layers_chosen"]) == shown  # type: ignore[call-overload]
    assert shown >= ALWAYS
    assert len(shown) == ON_A_PAGE
    assert not {"a_reduce", "a_expand", "b_reduce", "b_expand"} & shown
    every = ",".join(layer.name for layer in open_extractor(deep).layers)
    report, err = run(capsys, *words, "all.png", "--layers", every)
    assert "layers_chosen" not in report
    assert "shown are" not in err
    Path("all.yaml").write_text("layers: all")
    for number, way in enumerate((("--layers", "all"), ("--layout", "all.yaml"))):
        report, err = run(capsys, *words, f"{number}.png", *way)
        assert "layers_chosen" not in report
        assert "shown are" not in err
        assert Path(f"{number}.png").read_bytes() == Path("all.png").read_bytes()
    some, all_of_them = (cv2.imread(name).shape[0] for name in ("some.png", "all.png"))
    assert some < all_of_them
    assert main([*words, "quiet.png", "--quiet"]) == 0
    assert "shown are" not in capsys.readouterr().err


def test_tub_draws_what_the_drive_draws_in_a_set_of_the_same_name(
    deep: Path,
    tub: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "donkey_activations"):
        driven = drawn_by_the_drive(deep, tub, tmp_path / "driven")
    (logged,) = (message for message in caplog.messages if "convolutions" in message)
    assert logged.startswith(f"mosaics: {COUNT} convolutions: shown are ")
    assert logged.endswith("; ACTIVATIONS_LAYERS chooses others")
    report, err = run(capsys, "tub", "--model", str(deep), "--tub", "tub")
    assert pictures(tub) == driven
    (name,) = (folder.name for folder in (tmp_path / "driven" / "activations").iterdir())
    assert report["tubs"][0]["set"] == name  # type: ignore[index]
    assert ", ".join(report["layers_chosen"]) in logged  # type: ignore[arg-type]
    assert len(shown_in(err)) == ON_A_PAGE


def test_all_layers_are_one_set_whoever_asks_for_them_and_not_that_of_a_choice(
    deep: Path, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("all.yaml").write_text("layers: all")
    sets = []
    for way in ((), ("--layers", "all"), ("--layout", "all.yaml")):
        report, _ = run(capsys, "tub", "--model", str(deep), "--tub", "tub", *way)
        sets.append(report["tubs"][0]["set"])  # type: ignore[index]
    assert sets[1] == sets[2] != sets[0]


def test_a_film_of_all_layers_that_has_no_room_for_them_says_so(
    deep: Path, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["movie", "--model", str(deep), "--tub", "tub", "--out", "a.mp4"]
    assert main([*words, "--layers", "all"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "height_px" in line
    assert not Path("a.mp4").exists()


def test_a_plan_takes_all_for_every_layer(deep: Path) -> None:
    every = PlannedPilot(deep).at((48, 64)).cut_graph
    assert PlannedPilot(deep, layers=["all"]).at((48, 64)).cut_graph == every
