"""``donkey activations image``: pictures, maps and JSON of image files, and bad input."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_frames import draw_frame
from PIL import Image
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import open_extractor, render_mosaic
from donkey_activations.cli.main import main
from donkey_activations.cli.verbs import image as verb
from donkey_activations.images.reading import read_image

HEAVY = ("tensorflow", "matplotlib", "pandas", "donkeycar")
COUNT = 3


@pytest.fixture
def folder(stock_pilot: StockPilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a pilot, and images of its size in ``photos``."""
    monkeypatch.chdir(tmp_path)
    Path("pilot.tflite").write_bytes(stock_pilot.tflite.read_bytes())
    Path("photos").mkdir()
    for index in range(COUNT):
        Image.fromarray(draw_frame(index)).save(f"photos/{index}_cam.png")
    return tmp_path


def run(*words: str) -> int:
    return main(["image", "--model", "pilot.tflite", *words])


def run_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert run("--json", *words) == code
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("folder")
def test_one_image_becomes_the_picture_that_render_mosaic_draws(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--image", "photos/1_cam.png") == 0
    captured = capsys.readouterr()
    assert captured.out == "1_cam-activations.png\n"
    extractor = open_extractor("pilot.tflite")
    frame = draw_frame(1)
    expected = render_mosaic(frame, extractor.layers, extractor(frame))
    np.testing.assert_array_equal(read_image("1_cam-activations.png"), expected)


@pytest.mark.parametrize("name", ["seen.png", "seen.JPG", "seen.jpeg"])
def test_out_names_the_picture_and_its_format(name: str, folder: Path) -> None:
    before = everything(folder)
    assert run("--image", "photos/0_cam.png", "--out", name, "--layers", "conv2d_2") == 0
    assert everything(folder) - before == {name}
    with Image.open(name) as picture:
        assert picture.format == ("PNG" if name.endswith("png") else "JPEG")


@pytest.mark.usefixtures("folder")
def test_files_and_patterns_go_together_and_each_image_is_drawn_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--image", "photos/2_cam.png", "photos/*.png", "--image", "photos/0_cam.png")
    assert run(*words, "--out", "new/seen") == 0
    expected = [f"new/seen/{index}_cam-activations.png" for index in (2, 0, 1)]
    assert capsys.readouterr().out.split() == expected
    assert all(Path(name).is_file() for name in expected)


@pytest.mark.usefixtures("folder")
def test_a_file_whose_name_is_a_pattern_is_that_file() -> None:
    Path("photos/0_cam.png").rename("photos/[ab].png")
    assert run("--image", "photos/[ab].png") == 0
    assert Path("[ab]-activations.png").is_file()


@pytest.mark.usefixtures("folder")
def test_json_tells_size_life_and_largest_value_of_each_layer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Image.fromarray(draw_frame(0, 60, 80)).save("small.png")
    report = run_json(capsys, "--image", "photos/0_cam.png", "small.png", "--layers", "conv2d_3")
    extractor = open_extractor("pilot.tflite", ["conv2d_3"])
    (maps,) = extractor(draw_frame(0))
    first, second = report.pop("images")
    assert report == {
        "model": "pilot.tflite", "engine": "litert", "size_changed": False, "unfed_inputs": [],
        "unreadable": [],
    }  # fmt: skip
    assert first == {
        "image": "photos/0_cam.png",
        "out": "0_cam-activations.png",
        "resized": False,
        "layers": [
            {
                "name": "conv2d_3", "height": 12, "width": 17, "filters": 64,
                "live": int((maps.max(axis=(0, 1)) > 0).sum()),
                "not_finite": 0, "max": float(maps.max()),
            }
        ],
    }  # fmt: skip
    assert (second["image"], second["resized"]) == ("small.png", True)


def test_the_maps_are_saved_for_numpy_without_pickle(folder: Path, stock_pilot: StockPilot) -> None:
    extractor = open_extractor("pilot.tflite")
    assert run("--image", "photos/1_cam.png", "--npz", "one.npz", "--quiet") == 0
    with np.load("one.npz", allow_pickle=False) as saved:
        about = json.loads(str(saved["__metadata__"]))
        assert set(saved) == {layer.name for layer in extractor.layers} | {"__metadata__"}
        for layer, maps in zip(extractor.layers, extractor(draw_frame(1)), strict=True):
            np.testing.assert_array_equal(saved[layer.name], maps, strict=True)
    assert about["sha256"] == hashlib.sha256(stock_pilot.tflite.read_bytes()).hexdigest()
    assert about["input"] == {"height": 120, "width": 160, "channels": 3, "sequence_length": 1}
    assert (about["model"], about["images"]) == ("pilot.tflite", ["photos/1_cam.png"])
    assert about["layers"][2] == {
        "name": "conv2d_3", "kind": "Conv2D", "height": 12, "width": 17, "filters": 64,
        "receptive_field": [29, 29], "stride": [8, 8],
    }  # fmt: skip


@pytest.mark.usefixtures("folder")
def test_the_maps_of_many_images_lie_in_one_file_by_image_and_layer() -> None:
    words = ("--image", "photos/*.png", "--npz", "many.npz", "--layers", "conv2d_1,conv2d_5")
    assert run(*words) == 0
    extractor = open_extractor("pilot.tflite", ["conv2d_1", "conv2d_5"])
    with np.load("many.npz") as saved:
        assert len(saved.files) == 2 * COUNT + 1
        for index in range(COUNT):
            for layer, maps in zip(extractor.layers, extractor(draw_frame(index)), strict=True):
                np.testing.assert_array_equal(saved[f"{index}_cam/{layer.name}"], maps)


@pytest.mark.usefixtures("folder")
def test_another_resolution_is_marked_in_the_picture_the_json_and_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--image", "photos/0_cam.png", "--size", "320x200", "--json")
    assert run(*words) == 0
    captured = capsys.readouterr()
    assert "the filters run at 320x200, not at the pilot's 160x120" in captured.err
    assert "resized from 160x120 to 320x200" in captured.err
    report = json.loads(captured.out)
    assert report["size_changed"] is True
    assert report["images"][0]["layers"][0]["width"] == 158
    extractor = open_extractor("pilot.tflite", size=(200, 320))
    frame = np.asarray(Image.fromarray(draw_frame(0)).resize((320, 200)))
    expected = render_mosaic(
        frame, extractor.layers, extractor(frame), trained_hw=(120, 160), camera_hw=(120, 160)
    )
    np.testing.assert_array_equal(read_image("0_cam-activations.png"), expected)


@pytest.mark.usefixtures("folder")
def test_what_is_done_to_an_image_is_said_once_for_each_size_and_not_when_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for index, size in enumerate([(60, 80), (60, 80), (30, 40)]):
        Image.fromarray(draw_frame(0, *size)).save(f"small{index}.png")
    words = ("--image", "small*.png", "photos/0_cam.png")
    assert run(*words) == 0
    assert [line for line in capsys.readouterr().err.splitlines() if "resized" in line] == [
        "small0.png (and others of its size): resized from 80x60 to 160x120",
        "small2.png (and others of its size): resized from 40x30 to 160x120",
    ]
    assert run(*words, "--quiet", "--force") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_an_image_stands_for_all_frames_of_a_sequence(
    folder: Path, pilot_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rnn = build_stock_pilot(pilot_folder, kind="rnn").tflite
    words = ["image", "--model", str(rnn), "--image", "photos/1_cam.png"]
    assert main([*words, "--npz", "maps.npz"]) == 0
    assert "takes 3 frames at once: each image stands for all" in capsys.readouterr().err
    extractor = open_extractor(rnn)
    expected = extractor(np.stack([draw_frame(1)] * 3))
    with np.load("maps.npz") as saved:
        for layer, maps in zip(extractor.layers, expected, strict=True):
            np.testing.assert_array_equal(saved[layer.name], maps)
    assert main([*words, "--force", "--size", "320x240"]) == 2
    assert "leave --size out" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_layout_changes_the_look() -> None:
    Path("wide.yaml").write_text("width_px: 900\npanels: [layers]\n")
    assert run("--image", "photos/0_cam.png", "--layout", "wide.yaml") == 0
    assert read_image("0_cam-activations.png").shape[1] == 900


def test_unreadable_images_do_not_keep_the_others_from_being_drawn(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photos/1_cam.png").write_bytes(Path("photos/1_cam.png").read_bytes()[:200])
    report = run_json(capsys, "--image", "photos/*.png", "none.png", "--npz", "m.npz", code=1)
    assert [one["image"] for one in report["images"]] == ["photos/0_cam.png", "photos/2_cam.png"]
    assert [one["image"] for one in report["unreadable"]] == ["photos/1_cam.png", "none.png"]
    assert "No such file" in report["unreadable"][1]["error"]
    with np.load("m.npz") as saved:
        assert json.loads(str(saved["__metadata__"]))["images"] == [
            "photos/0_cam.png", "photos/2_cam.png",
        ]  # fmt: skip
    Path("1_cam-activations.png").write_text("in the way of no one")
    assert run("--image", "photos/1_cam.png", "photos/2_cam.png", "--force", "--quiet") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("photos/1_cam.png: the image is damaged or cut short")


BAD_INPUT = {
    "none that can be read": (["none.png", "notes.txt"], [], "none.png: cannot be read"),
    "one that is no image": (["notes.txt"], [], "notes.txt: expected an image"),
    "a folder": (["photos"], [], "name its files: 'photos/*.jpg'"),
    "a pattern that fits nothing": (["photos/*.bmp"], [], "no file fits"),
    "no such user": (["~no-such-user/*.png"], [], "no such user"),
    "a size of nothing": (["photos/0_cam.png"], ["--size", "0x0"], "a width of 16 to 4096"),
    "a size in words": (["photos/0_cam.png"], ["--size", "large"], "got 'large'"),
    "a size below nothing": (["photos/0_cam.png"], ["--size=-64x48"], "got '-64x48'"),
    "a size beyond reason": (["photos/0_cam.png"], ["--size", "9999x20"], "16 to 4096"),
    "a size too small": (["photos/0_cam.png"], ["--size", "20x16"], "cannot be run at 20x16"),
    "an unknown layer": (["photos/0_cam.png"], ["--layers", "conv2d_33"], "convolutions are"),
    "a layout of other layers": (
        ["photos/0_cam.png"],
        ["--layout", "other.yaml"],
        "such as conv",
    ),
    "a format that is not written": (["photos/0_cam.png"], ["--out", "x.gif"], ".png or .jpg"),
    "a folder that is not there": (
        ["photos/0_cam.png"],
        ["--out", "no/x.png"],
        "a folder no",
    ),
    "a file for many": (["photos/*.png"], ["--out", "x.png"], "name a folder"),
    "a file that is there": (["photos/0_cam.png"], ["--out", "mine.png"], "add --force"),
    "maps that are there": (["photos/0_cam.png"], ["--npz", "notes.txt"], "add --force"),
    "one of many that is there": (["photos/*.png"], ["--out", "drawn"], "add --force"),
    "the image itself": (["photos/0_cam.png"], ["--out", "photos/0_cam.png", "--force"], "another"),
    "a folder in the way": (["photos/*.png"], ["--npz", "photos", "--force"], "name another"),
    "two of one name": (["photos/0_cam.png", "drawn/0_cam.png"], [], "would become 0_cam-"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_exit_code_2_and_changes_nothing(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("drawn").mkdir()
    Path("drawn/2_cam-activations.png").write_text("somebody's")
    Path("mine.png").write_text("somebody's")
    Path("notes.txt").write_text("no image\n")
    Path("other.yaml").write_text("layers: [conv2d_77]\n")
    before = everything(folder)
    images, words, says = BAD_INPUT[case]
    assert run("--image", *images, *words, "--quiet") == 2
    captured = capsys.readouterr()
    (line,) = captured.err.splitlines()
    assert line.startswith("donkey activations image: ")
    assert says in line
    assert captured.out == ""
    assert everything(folder) == before
    assert Path("mine.png").read_text() == "somebody's"


@pytest.mark.usefixtures("folder")
def test_with_force_a_picture_is_replaced() -> None:
    Path("mine.png").write_text("an older one")
    assert run("--image", "photos/0_cam.png", "--out", "mine.png", "--force") == 0
    assert read_image("mine.png").shape[2] == 3


def test_an_interruption_leaves_neither_torn_nor_temporary_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(folder)
    write = Path.write_bytes

    def interrupted(path: Path, content: bytes) -> int:
        if "1_cam" not in path.name:
            return write(path, content)
        write(path, content[:1000])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    assert run("--image", "photos/*.png", "--npz", "maps.npz") == 130
    assert everything(folder) - before == {"0_cam-activations.png"}
    assert capsys.readouterr().err.endswith("donkey activations image: interrupted\n")


def test_pictures_can_be_read_by_others(folder: Path) -> None:
    assert run("--image", "photos/0_cam.png", "--npz", "m.npz") == 0
    Path("plain").touch()
    modes = {Path(name).stat().st_mode for name in ("plain", "m.npz", "0_cam-activations.png")}
    assert len(modes) == 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words", [["image", "--model", "pilot.tflite", "--image", "photos/0_cam.png"], ["--help"]]
)
def test_neither_help_nor_a_tflite_pilot_loads_what_takes_seconds(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from donkey_activations.cli.main import main\n"
        "try:\n"
        f"    code = main({words})\n"
        "except SystemExit as ended:\n"
        "    code = ended.code\n"
        f"sys.exit(str(sorted({HEAVY} & sys.modules.keys())) if not code else code)\n"
    ).replace(str(HEAVY), str(set(HEAVY)))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_verb_loads_nothing_of_its_own_before_it_runs() -> None:
    assert not {"open_extractor", "render_mosaic", "np"} & vars(verb).keys()


@pytest.mark.parametrize("flag", ["--out", "--npz"])
def test_the_pilot_is_never_replaced_even_if_files_may_be(
    flag: str, stock_pilot: StockPilot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pilot = tmp_path / "pilot.png"
    pilot.write_bytes(stock_pilot.tflite.read_bytes())
    image = tmp_path / "frame.png"
    Image.fromarray(np.zeros((120, 160, 3), np.uint8)).save(image)
    words = ["image", "--model", str(pilot), "--image", str(image), flag, str(pilot), "--force"]
    assert main([*words, *(["--out", str(tmp_path / "x.png")] if flag == "--npz" else [])]) == 2
    assert "expected another file than the input" in capsys.readouterr().err
    assert pilot.read_bytes() == stock_pilot.tflite.read_bytes()
