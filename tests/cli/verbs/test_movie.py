"""``donkey activations movie``: a film of a tub, as a driver asks for it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decoded_films import ALIKE, boxes, decode, distance, nearest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import draw_frame, write_frame_tub
from offline_tubs import edit_catalog, files_of_others, image, pictures, write_old_tub
from PIL import Image
from simplejpeg import decode_jpeg
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import CnnActivations
from donkey_activations.cli.main import main
from donkey_activations.drive.source import FrameSource

COUNT = 12
# As a drive makes them: nearly 20 a second, and a pause.
TIMES_MS = [0, 50, 100, 151, 200, 249, 300, 20_300, 20_350, 20_400, 20_450, 20_500]
SHOWN_MS = [0, 50, 100, 151, 200, 249, 300, 1300, 1350, 1400, 1450, 1500]
SMALL = "width_px: 320\npanels: [camera, controls, layers]\nlayers: [conv2d_3]\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tub = write_frame_tub(tmp_path_factory.mktemp("original") / "tub", COUNT)
    start = 1_602_421_393_803
    edit_catalog(
        tub,
        lambda records: [
            {**record, "_timestamp_ms": start + time}
            for record, time in zip(records, TIMES_MS, strict=True)
        ],
    )
    return tub


@pytest.fixture
def tub(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tub in the current folder, beside a layout that is quick to draw."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SMALL)
    return Path(shutil.copytree(original, tmp_path / "tub"))


def words(pilot: StockPilot, *more: str, layout: str = "small.yaml") -> list[str]:
    arguments = ["movie", "--model", str(pilot.tflite), "--tub", "tub", "--out", "a.mp4"]
    return [*arguments, *(["--layout", layout] if layout else []), *more]


def run_json(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int = 0
) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == code
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    report: dict[str, Any] = json.loads(said.out)
    return report


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """The one line that is said, and nothing is left behind."""
    before = sorted(Path().rglob("*"))
    try:
        assert main(arguments) == 2
    except SystemExit as error:
        assert error.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sorted(Path().rglob("*")) == before
    return said.err.removeprefix("INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")


def test_the_film_shows_the_records_at_their_times_on_a_screen(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of_others(tub)
    report = run_json(capsys, words(stock_pilot, layout=""))
    film = decode(Path("a.mp4"))
    assert film.times_ms == SHOWN_MS
    assert film.size_hw == (720, 1280)
    assert (film.codec, film.profile, film.pixel_format) == ("h264", "High", "yuv420p")
    assert boxes(Path("a.mp4")).index("moov") < boxes(Path("a.mp4")).index("mdat")
    assert files_of_others(tub) == before
    assert report["frames"] == COUNT
    assert (report["width"], report["height"]) == (1280, 720)
    assert report["seconds"] * 1000 == film.duration_ms
    assert report["bytes"] == Path("a.mp4").stat().st_size
    assert (report["unreadable"], report["remarks"]) == (0, [])
    assert sorted(path.name for path in Path().iterdir()) == ["a.mp4", "small.yaml", "tub"]


def test_the_pictures_are_those_of_the_verb_tub(stock_pilot: StockPilot, tub: Path) -> None:
    _compare_with_the_tubs_mosaics(stock_pilot, tub, 1)


@pytest.mark.parametrize("every", [1, 3])
def test_a_sequence_pilot_sees_the_frames_before(every: int, pilot_folder: Path, tub: Path) -> None:
    Path("small.yaml").write_text("width_px: 320\n")
    _compare_with_the_tubs_mosaics(build_stock_pilot(pilot_folder, kind="rnn"), tub, every)


def test_a_cars_transformations_come_before_the_pilot(stock_pilot: StockPilot, tub: Path) -> None:
    shape = "IMAGE_H, IMAGE_W, IMAGE_DEPTH = 120, 160, 3\n"
    crop = "TRANSFORMATIONS = ['CROP']\nROI_CROP_TOP = 60\n"
    sides = "ROI_CROP_BOTTOM = ROI_CROP_LEFT = ROI_CROP_RIGHT = 0\n"
    Path("config.py").write_text(shape + crop + sides)
    _compare_with_the_tubs_mosaics(stock_pilot, tub, 1)
    camera = decode(Path("a.mp4")).pictures[0][22:142, 4:164]
    assert camera[:55].mean() < 5 < camera[65:].mean()


def _compare_with_the_tubs_mosaics(pilot: StockPilot, tub: Path, every: int) -> None:
    assert main([*words(pilot), "--every", str(every)]) == 0
    model = ["--model", str(pilot.tflite)]
    assert main(["tub", *model, "--tub", "tub", "--layout", "small.yaml"]) == 0
    jpegs = pictures(tub)
    expected = [decode_jpeg(jpegs[index]) for index in range(0, COUNT, every)]
    film = decode(Path("a.mp4")).pictures
    assert [nearest(picture, expected) for picture in film] == [*range(len(expected))]
    assert all(
        distance(picture, mosaic) < ALIKE for picture, mosaic in zip(film, expected, strict=True)
    )


@pytest.mark.parametrize(
    ("flags", "shown_ms"),
    [
        ("--start 2 --end 8", [time - 100 for time in SHOWN_MS[2:8]]),
        ("--every 5", [SHOWN_MS[0], SHOWN_MS[5], SHOWN_MS[10]]),
        ("--start 1 --every 4", [0, SHOWN_MS[8] - SHOWN_MS[4]]),
        ("--speed 2 --end 4", [0, 25, 50, 76]),
        ("--speed 0.5 --end 4", [0, 100, 200, 302]),
        ("--fps 10", [100 * number for number in range(COUNT)]),
        ("--fps 10 --every 4", [0, 100, 200]),
    ],
)
def test_part_of_a_tub_at_another_pace(
    flags: str, shown_ms: list[int], stock_pilot: StockPilot, tub: Path
) -> None:
    assert main(words(stock_pilot, *flags.split())) == 0
    assert decode(Path("a.mp4")).times_ms == shown_ms


def test_deleted_records_are_left_out(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = Tub(str(tub))
    changed.delete_records({0, 4, 5})
    changed.close()
    report = run_json(capsys, words(stock_pilot))
    assert (report["frames"], report["deleted"]) == (COUNT - 3, 3)
    kept = [time - 50 for number, time in enumerate(SHOWN_MS) if number not in {0, 4, 5}]
    assert decode(Path("a.mp4")).times_ms == kept


@pytest.mark.parametrize(
    ("pace", "shown_ms"),
    [
        ([], [time - 50 for time in (50, 100, 200, 249, 300, 1300, 1350, 1400, 1450)]),
        (["--fps", "20"], [50 * number for number in range(9)]),
    ],
)
def test_images_that_cannot_be_read_are_passed_over_and_counted(
    pace: list[str],
    shown_ms: list[int],
    stock_pilot: StockPilot,
    tub: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image(tub, 0).unlink()
    image(tub, 3).write_bytes(b"torn")
    image(tub, 11).write_bytes(image(tub, 10).read_bytes()[:200])
    report = run_json(capsys, words(stock_pilot, *pace), code=1)
    assert (report["frames"], report["unreadable"]) == (9, 3)
    assert [one["index"] for one in report["reasons"]] == [0, 3, 11]
    assert decode(Path("a.mp4")).times_ms == shown_ms
    assert main(words(stock_pilot, "--force", "--quiet")) == 1
    summary = capsys.readouterr().out
    assert "9 frames" in summary
    assert "3 unreadable" in summary
    assert "record 3: " in summary


def test_records_without_times_are_shown_20_a_second_and_it_says_so(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_catalog(tub, lambda records: [{**one, "_timestamp_ms": 5} for one in records])
    assert main(words(stock_pilot)) == 0
    assert "taken as 20 a second" in capsys.readouterr().out
    assert decode(Path("a.mp4")).times_ms == [50 * number for number in range(COUNT)]


def test_more_pictures_than_a_screen_shows_are_pointed_out(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_json(capsys, words(stock_pilot, "--fps", "200"))
    assert "--every 4" in report["remarks"][0]


def test_frames_of_another_size_are_resized_and_counted(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(image(tub, 2)) as small:
        large = small.resize((320, 240))
    large.save(image(tub, 2))
    assert run_json(capsys, words(stock_pilot))["resized"] == 1
    assert len(decode(Path("a.mp4")).pictures) == COUNT


def test_the_sheet_shows_the_films_pictures_with_their_records(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_json(capsys, words(stock_pilot, "--sheet", "sheet.png", "--scale", "0.5"))
    assert report["sheet"] == "sheet.png"
    sheet = np.asarray(Image.open("sheet.png"))
    film = decode(Path("a.mp4"))
    height, width = film.size_hw
    for number, picture in enumerate(film.pictures):
        # Title, and for each row a caption; gaps of 12 pixels.
        top = 40 + (number // 3) * (height + 26 + 12) + 26
        left = 12 + (number % 3) * (width + 12)
        tile = sheet[top : top + height, left : left + width]
        assert nearest(tile, film.pictures) == number
        # Of a film of half the size, the halved colours are a larger share; others are 13 and more.
        assert distance(tile, picture) < ALIKE + 1
        caption = sheet[top - 26 : top, left : left + width]
        assert caption.max() > 150


def test_nothing_is_replaced_without_force(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mp4", "sheet.png"):
        Path(name).write_text("the user's own")
        assert "--force" in refusal(capsys, words(stock_pilot, "--sheet", "sheet.png"))
        Path(name).unlink()
    Path("a.mp4").write_text("the user's own")
    assert main(words(stock_pilot, "--force")) == 0
    assert len(decode(Path("a.mp4")).pictures) == COUNT


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--out a.avi", "a.avi: expected a name that ends in .mp4"),
        ("--out nowhere/a.mp4", "expected a folder nowhere, found none"),
        ("--sheet sheet.gif", "ends in .png or .jpg"),
        ("--sheet nowhere/s.png", "expected a folder nowhere, found none"),
        ("--tub nowhere", "nowhere: expected a tub's folder"),
        ("--tub tub/images", "expected a tub"),
        ("--model nowhere.tflite", "nowhere.tflite"),
        ("--fps 0", "--fps: expected 0.1 to 240, got 0"),
        ("--speed 0", "--speed: expected"),
        ("--speed nan", "--speed: expected"),
        ("--fps 20 --speed 2", "expected --fps or --speed, got both"),
        ("--scale 0", "--scale: expected a number above 0 and up to 1, got 0"),
        ("--scale 0.01", "take a larger --scale"),
        ("--start 12", "none of the 12 records, of index 0 to 11, is asked for"),
        ("--start 5 --end 5", "is asked for"),
        ("--layers conv2d_9", "conv2d_9"),
        ("--layout nowhere.yaml", "nowhere.yaml"),
        ("--config nowhere.py", "nowhere.py"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    flags: str,
    said: str,
    stock_pilot: StockPilot,
    tub: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refusal(capsys, words(stock_pilot, *flags.split()))
    assert said in line
    assert len(line.splitlines()) == 1


@pytest.mark.parametrize("flag", ["--fps x", "--every 0", "--start -1", "--end 1.5"])
def test_what_is_no_number_is_refused_with_its_flag(
    flag: str, stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, value = flag.split()
    assert name in refusal(capsys, words(stock_pilot, name, value)).splitlines()[-1]


def test_a_tub_without_a_readable_image_gives_no_film(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(COUNT):
        image(tub, index).write_bytes(b"")
    line = refusal(capsys, words(stock_pilot, "--sheet", "sheet.png"))
    assert "no frame of the records asked for can be read: record 0: " in line


def test_a_folder_that_cannot_be_written_to_is_named(
    stock_pilot: StockPilot,
    tub: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("closed").mkdir(mode=0o500)
    # Root may write anywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, _: path != Path("closed"))
    line = refusal(capsys, words(stock_pilot, "--out", "closed/a.mp4"))
    assert "closed: cannot be written to" in line


def run_program(before: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs the verb in a process of its own, behind some preparations."""
    program = f"{before}\nfrom donkey_activations.cli.main import main\nsys.exit(main({arguments}))"
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_is_one_line_and_leaves_nothing(stock_pilot: StockPilot, tub: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    done = run_program(limit, words(stock_pilot, "--quiet", layout=""))
    assert done.returncode == 2
    assert "the film cannot be written there (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["small.yaml", "tub"]


def test_without_pyav_one_line_says_what_to_install(stock_pilot: StockPilot, tub: Path) -> None:
    done = run_program("sys.modules['av'] = None", words(stock_pilot))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'donkey-activations[movie]'" in done.stderr
    other = ["layers", "--model", str(stock_pilot.tflite)]
    assert run_program("sys.modules['av'] = None", other).returncode == 0


def test_a_tflite_pilot_loads_nothing_heavy_and_help_nothing_at_all(
    stock_pilot: StockPilot, tub: Path
) -> None:
    told = "import atexit; atexit.register(lambda: print(sorted({} & set(sys.modules))))"
    heavy = {"tensorflow", "matplotlib", "pandas", "kivy"}
    done = run_program(told.format(heavy), words(stock_pilot, "--quiet"))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")
    done = run_program(told.format(heavy | {"av", "numpy", "cv2"}), ["movie", "--help"])
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")


ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}


@pytest.mark.parametrize("signal_number", ENDINGS)
def test_a_run_that_is_broken_off_leaves_the_old_film(
    signal_number: signal.Signals, stock_pilot: StockPilot, tub: Path
) -> None:
    write_frame_tub(Path("long"), 400)
    Path("a.mp4").write_text("the old film")
    arguments = words(stock_pilot, "--tub", "long", "--force", layout="")
    process = subprocess.Popen(
        [sys.executable, "-m", "donkey_activations", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    # The first line about progress: some pictures are written, and most are not.
    assert next(line for line in process.stderr if " of 400  " in line)
    process.send_signal(signal_number)
    rest = process.communicate(timeout=60)[1]
    assert Path("a.mp4").read_text() == "the old film"
    assert process.returncode == ENDINGS[signal_number]
    if signal_number != signal.SIGKILL:
        assert "Traceback" not in rest
        names = sorted(path.name for path in Path().iterdir())
        assert names == ["a.mp4", "long", "small.yaml", "tub"]


def test_progress_is_told_on_stderr_unless_it_is_to_be_quiet(
    stock_pilot: StockPilot, tub: Path
) -> None:
    write_frame_tub(Path("long"), 60)
    arguments = words(stock_pilot, "--tub", "long", "--force", layout="")
    later = "import time; clock = time.monotonic; time.monotonic = lambda: 1000 * clock()"
    assert " of 60  " in run_program(later, arguments).stderr
    quiet = run_program(later, [*arguments, "--quiet"])
    assert " of 60  " not in quiet.stderr
    assert "60 frames" in quiet.stdout


@pytest.mark.parametrize(
    ("names", "remark"),
    [
        (("user/angle", "user/throttle"), None),
        (("user/steering", "user/throttle"), None),
        (("steering", "throttle"), "the records' keys are cam/image_array, steering, throttle"),
        (("user/angle", "gas"), "expected numbers in user/angle (or user/steering) and"),
    ],
)
def test_a_film_without_steering_says_why(
    names: tuple[str, str],
    remark: str | None,
    *,
    stock_pilot: StockPilot,
    tub: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def renamed(record: dict[str, Any]) -> dict[str, Any]:
        stock = {"user/angle": names[0], "user/throttle": names[1]}
        found = {stock.get(key, key): value for key, value in record.items()}
        return {key: value for key, value in found.items() if key != "user/mode"}

    edit_catalog(tub, lambda records: [renamed(record) for record in records])
    report = run_json(capsys, words(stock_pilot, "--every", "4"))
    assert [remark in one for one in report["remarks"] if remark] == ([True] if remark else [])
    assert bool(report["remarks"]) == (remark is not None)


def test_a_tub_whose_images_have_another_key_is_refused_with_the_keys_it_has(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_old_tub(tub, Path("old"))
    for file in Path("old").glob("record_*.json"):
        file.write_text(file.read_text().replace("cam/image_array", "cam_top/image"))
    said = refusal(capsys, words(stock_pilot, "--tub", "old"))
    assert "old: none of its 12 records names an image in it; expected images as cam/" in said
    assert "the records' keys are cam_top/image, user/angle" in said


def test_a_film_of_recorded_frames_is_not_passed_off_as_one_of_what_the_pilot_was_given(
    stock_pilot: StockPilot, tub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = Tub(str(tub))
    source = FrameSource(channels=("prepro/edges",))
    part = CnnActivations(stock_pilot.tflite, opened, every_n_frames=1, source=source)
    reference, _ = part.run(draw_frame(1), True)
    opened.close()
    given = Path(reference).parent
    remark = (
        "the drive gave this pilot other frames than are recorded, out of prepro/edges: their "
        f"pictures are in {given}, these are of the recorded frames"
    )
    assert remark in run_json(capsys, words(stock_pilot, "--every", "4"))["remarks"]
    shutil.rmtree(tub / given)
    again = run_json(capsys, words(stock_pilot, "--every", "4", "--force"))
    assert not any("other frames" in one for one in again["remarks"])
