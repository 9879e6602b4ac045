"""``donkey activations tub``: the very pictures of the drive, made afterwards."""

import json
import os
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from donkeycar.parts.tub_v2 import Tub
from drawn_frames import draw_frame, write_frame_tub
from offline_tubs import (
    drawn_by_the_drive,
    edit_catalog,
    files_of_others,
    image,
    pictures,
    write_old_tub,
)
from PIL import Image
from stock_pilot import StockPilot, build_stock_pilot

from donkey_activations import CnnActivations
from donkey_activations.cli.arguments import worker_count
from donkey_activations.cli.main import main
from donkey_activations.drive.source import FrameSource

COUNT = 12
HEAVY = ("tensorflow", "matplotlib", "pandas", "kivy")
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("original") / "tub", COUNT)


@pytest.fixture
def tub(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(original, tmp_path / "tub"))


@pytest.fixture(scope="module")
def driven(
    stock_pilot: StockPilot, original: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, bytes]:
    """What the drive would have drawn of the original tub."""
    folder = tmp_path_factory.mktemp("driven") / "tub"
    return drawn_by_the_drive(stock_pilot.tflite, original, folder)


def words(pilot: StockPilot, *tubs: Path) -> list[str]:
    return ["tub", "--model", str(pilot.tflite), "--tub", *map(str, tubs)]


def run_json(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int = 0
) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def counts(report: dict[str, Any]) -> dict[str, int]:
    """The counts that are not 0, without what the tub has."""
    return {key: value for key, value in report.items() if isinstance(value, int) and value}


def test_pictures_are_byte_for_byte_those_of_the_drive_and_nothing_else_changes(
    stock_pilot: StockPilot, tub: Path, driven: dict[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of_others(tub)
    report = run_json(capsys, words(stock_pilot, tub))
    assert counts(report) == {"records": COUNT, "chosen": COUNT, "made": COUNT}
    assert pictures(tub) == driven
    assert files_of_others(tub) == before
    (described,) = report["tubs"]
    assert described["path"] == str(tub / "activations" / described["set"])
    assert (tub / "activations" / described["set"] / "set.json").is_file()


def test_the_set_is_the_one_that_the_drive_has_begun(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, driven: dict[int, bytes]
) -> None:
    drawn_by_the_drive(stock_pilot.tflite, tub, tmp_path / "drive", every=5)
    begun = next(tmp_path.glob("drive/activations/*/set.json"))
    kept = tub / "activations" / begun.parent.name
    shutil.copytree(begun.parent, kept)
    times = {file.name: file.stat().st_mtime_ns for file in kept.glob("*.jpg")}
    assert len(times) == 3
    assert main(words(stock_pilot, tub)) == 0
    assert pictures(tub) == driven
    assert {name: (kept / name).stat().st_mtime_ns for name in times} == times
    assert json.loads((kept / "set.json").read_text()) == json.loads(begun.read_text())


@pytest.mark.parametrize(
    ("kind", "channels"),
    # A 3d pilot's pooling is an operator of TensorFlow.
    [("rnn", 3), ("rnn", 1), pytest.param("3d", 3, marks=pytest.mark.tensorflow)],
)
def test_a_sequence_pilot_sees_the_frames_before_even_those_not_asked_for(
    kind: str, channels: int, pilot_folder: Path, tub: Path, tmp_path: Path
) -> None:
    pilot = build_stock_pilot(pilot_folder, kind=kind, channels=channels)
    expected = _driven_by_a_sequence_pilot(pilot, tub, tmp_path)
    assert main([*words(pilot, tub), "--every", "3", "--start", "4"]) == 0
    assert pictures(tub) == {index: expected[index] for index in (6, 9)}
    assert main(words(pilot, tub)) == 0
    assert pictures(tub) == expected


def _driven_by_a_sequence_pilot(pilot: StockPilot, tub: Path, folder: Path) -> dict[int, bytes]:
    """Two drives, and so two sessions, whose pictures are put together."""
    half = COUNT // 2
    edit_catalog(
        tub,
        lambda records: [
            {**record, "_session_id": "one" if record["_index"] < half else "two"}
            for record in records
        ],
    )
    parts = []
    for name, low in (("one", 0), ("two", half)):
        part = Path(shutil.copytree(tub, folder / name))
        edit_catalog(part, lambda records, low=low: records[low : low + half])
        parts.append(drawn_by_the_drive(pilot.tflite, part, folder / f"drive-{name}"))
    return parts[0] | {index + half: jpeg for index, jpeg in parts[1].items()}


def test_records_are_chosen_by_index_and_not_by_place(
    stock_pilot: StockPilot, tub: Path, driven: dict[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    stock = Tub(str(tub))
    stock.delete_records([1, 2, 6])
    stock.close()
    again = {"user/angle": 0.9, "_index": 4}
    edit_catalog(tub, lambda records: [*records, {**records[4], **again}, '{"_index"'])
    chosen = [*words(stock_pilot, tub), "--every", "2", "--start", "1", "--end", "9"]
    report = run_json(capsys, chosen, code=1)
    assert counts(report) == {"records": 9, "chosen": 2, "made": 2, "deleted": 3, "damaged": 1}
    assert sorted(pictures(tub)) == [4, 8]
    assert pictures(tub)[8] == driven[8]
    assert pictures(tub)[4] != driven[4]


def test_only_records_that_the_filter_wants_are_drawn(stock_pilot: StockPilot, tub: Path) -> None:
    stock_words = words(stock_pilot, tub)
    assert main([*stock_words, "--filter", "user/angle > 0.5 and user/mode == 'user'"]) == 0
    assert sorted(pictures(tub)) == [index for index in range(COUNT) if np.sin(index / 7) > 0.5]


def test_frames_that_cannot_be_read_are_told_and_the_others_are_drawn(
    stock_pilot: StockPilot, tub: Path, driven: dict[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    image(tub, 1).unlink()
    image(tub, 2).write_bytes(b"")
    image(tub, 3).write_bytes(LFS)
    image(tub, 4).write_bytes(image(tub, 4).read_bytes()[:500])
    outside = {5: "../../x.jpg", 6: str(image(tub, 6))}
    shutil.copy(image(tub, 0), tub.parent / "x.jpg")

    def rename(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = {
            one["_index"]: outside.get(one["_index"], one["cam/image_array"]) for one in records
        }
        return [{**one, "cam/image_array": names[one["_index"]]} for one in records]

    edit_catalog(tub, rename)
    report = run_json(capsys, words(stock_pilot, tub), code=1)
    assert counts(report) == {"records": COUNT, "chosen": COUNT, "made": 6, "unreadable": 6}
    assert [reason["index"] for reason in report["tubs"][0]["reasons"]] == [1, 2, 3]
    assert pictures(tub) == {index: driven[index] for index in (0, *range(7, COUNT))}
    assert main(words(stock_pilot, tub)) == 1
    shown = capsys.readouterr().out
    assert "0 made, 6 kept, 6 unreadable" in shown
    assert "record 3: 3_cam_image_array_.jpg: expected an image, got a Git LFS pointer" in shown
    assert "and 3 more" in shown


def test_frames_of_another_size_are_resized_as_donkeycar_does(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(draw_frame(3, 240, 320)).save(image(tub, 3), quality=95)
    report = run_json(capsys, words(stock_pilot, tub))
    assert counts(report) == {"records": COUNT, "chosen": COUNT, "made": COUNT, "resized": 1}
    with Image.open(image(tub, 3)) as large:
        resized = large.resize((160, 120))
    stock = Path(shutil.copytree(tub, tmp_path / "stock"))
    resized.save(stock / "images" / "lossless.png")
    edit_catalog(stock, lambda records: [{**records[3], "cam/image_array": "lossless.png"}])
    drawn = drawn_by_the_drive(stock_pilot.tflite, stock, tmp_path / "drive")
    assert pictures(tub)[3] == drawn[0]


def test_what_is_there_is_kept_unless_it_is_torn_or_older_than_its_frame(
    stock_pilot: StockPilot, tub: Path, driven: dict[int, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(run_json(capsys, words(stock_pilot, tub))["tubs"][0]["path"])
    (path / "1.jpg").write_bytes(driven[1][:-1])
    (path / "2.jpg").write_bytes(b"")
    (path / "3.jpg").unlink()
    (path / ".3.jpg.4711.part").write_bytes(driven[3][:99])
    Image.fromarray(draw_frame(99)).save(image(tub, 4))
    newer = (path / "4.jpg").stat().st_mtime_ns + 1
    os.utime(image(tub, 4), ns=(newer, newer))
    report = run_json(capsys, words(stock_pilot, tub))
    assert counts(report) == {"records": COUNT, "chosen": COUNT, "made": 4, "kept": COUNT - 4}
    found = pictures(tub)
    assert found.pop(4) != driven[4]
    assert found == {index: jpeg for index, jpeg in driven.items() if index != 4}
    assert {file.suffix for file in path.iterdir()} == {".jpg", ".json"}


def test_other_pilots_layers_and_layouts_have_sets_of_their_own(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "narrow.yaml").write_text("width_px: 400\n")
    other = build_stock_pilot(stock_pilot.tflite.parent, kind="categorical")
    runs = [
        words(stock_pilot, tub),
        words(other, tub),
        [*words(stock_pilot, tub), "--layers", "conv2d_1, conv2d_3"],
        [*words(stock_pilot, tub), "--layout", str(tmp_path / "narrow.yaml")],
    ]
    reports = [run_json(capsys, [*one, "--every", "6"]) for one in runs]
    assert [report["made"] for report in reports] == [2] * 4
    assert len({report["tubs"][0]["set"] for report in reports}) == 4


def test_a_layout_over_a_run_gives_each_record_the_same_picture_however_it_is_asked_for(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path
) -> None:
    (tmp_path / "run.yaml").write_text("scaling: run\n")
    layout = ["--layout", str(tmp_path / "run.yaml")]
    other = Path(shutil.copytree(tub, tmp_path / "other"))
    assert main([*words(stock_pilot, tub), *layout]) == 0
    assert main([*words(stock_pilot, other), *layout, "--start", "7"]) == 0
    assert main([*words(stock_pilot, other), *layout]) == 0
    assert pictures(other) == pictures(tub)


def test_many_tubs_and_an_old_one_are_drawn_in_one_run(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, driven: dict[int, bytes]
) -> None:
    write_old_tub(tub, tmp_path / "old")
    assert main(words(stock_pilot, tub, tmp_path / "old", tub)) == 0
    assert pictures(tub) == driven
    assert pictures(tmp_path / "old") == driven


def test_out_leaves_the_tub_alone(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, driven: dict[int, bytes]
) -> None:
    before = files_of_others(tub)
    assert main([*words(stock_pilot, tub), "--out", str(tmp_path / "out")]) == 0
    found = {int(file.stem): file.read_bytes() for file in tmp_path.glob("out/tub/*/*.jpg")}
    assert found == driven
    assert files_of_others(tub) == before
    assert not (tub / "activations").exists()


def test_the_cars_settings_and_transformations_name_the_set(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = run_json(capsys, [*words(stock_pilot, tub), "--end", "1"])
    config = "IMAGE_W = 160\nIMAGE_H = 120\nIMAGE_DEPTH = 3\nTRANSFORMATIONS = ['RGB2BGR']\n"
    (tmp_path / "config.py").write_text(config)
    swapped = run_json(capsys, [*words(stock_pilot, tub), "--end", "1"])
    assert swapped["tubs"][0]["set"] != plain["tubs"][0]["set"]
    described = json.loads((Path(swapped["tubs"][0]["path"]) / "set.json").read_text())
    assert described["transformations"] == ["RGB2BGR"]
    (tmp_path / "config.py").write_text("ACTIVATIONS_LAYERS = ['conv2d_2']\n")
    report = run_json(capsys, [*words(stock_pilot, tub), "--end", "1"])
    described = json.loads((Path(report["tubs"][0]["path"]) / "set.json").read_text())
    assert [layer["name"] for layer in described["layers"]] == ["conv2d_2"]


def _delete_all(tub: Path) -> None:
    stock = Tub(str(tub))
    stock.delete_records(range(COUNT))
    stock.close()


def _lose_all_images(tub: Path) -> None:
    shutil.rmtree(tub / "images")


def _lose_the_manifest(tub: Path) -> None:
    (tub / "manifest.json").unlink()


def _forbid_writing(tub: Path) -> None:
    (tub / "activations").write_text("a file where the folder is due")


def _lead_out_of_the_tub(tub: Path) -> None:
    (tub.parent / "elsewhere").mkdir()
    (tub / "activations").symlink_to(tub.parent / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_delete_all, f"all {COUNT} are deleted"),
        (_lose_all_images, "no frame of the records asked for can be read"),
        (_lose_the_manifest, "manifest.json beside the catalogs"),
        (shutil.rmtree, "No such file"),
        (_forbid_writing, "cannot be written"),
        (_lead_out_of_the_tub, "a link leads out of it"),
    ],
)
def test_a_tub_that_cannot_be_drawn_is_bad_input(
    stock_pilot: StockPilot,
    tub: Path,
    spoil: Any,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(tub)
    assert main(words(stock_pilot, tub)) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "activations tub:" in line)
    assert message in line
    assert list(tub.parent.glob("elsewhere/*")) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--layers", "conv2d_9"], "conv2d_1"),
        (["--filter", "open('x')"], "Call is not allowed"),
        (["--filter", "user/mode > 1"], "does not fit the records"),
        (["--start", "99"], "of index 0 to 11"),
        (["--config", "no-such/config.py"], "config.py"),
        (["--layout", "no-such.yaml"], "no-such.yaml"),
    ],
)
def test_what_cannot_be_done_is_bad_input(
    stock_pilot: StockPilot,
    tub: Path,
    more: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*words(stock_pilot, tub), *more]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert not (tub / "activations").exists()


@pytest.mark.parametrize("wrong", [["--every", "0"], ["--workers", "0"], ["--start", "-1"]])
def test_numbers_out_of_range_are_bad_input(
    stock_pilot: StockPilot, tub: Path, wrong: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words(stock_pilot, tub), *wrong])
    assert ended.value.code == 2


def test_with_a_tflite_pilot_nothing_heavy_is_imported(stock_pilot: StockPilot, tub: Path) -> None:
    program = (
        "import sys\nfrom donkey_activations.cli.main import main\n"
        f"code = main({words(stock_pilot, tub)!r})\n"
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "0 []"


def test_where_the_system_does_not_tell_the_cores_one_process_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert worker_count(Namespace(workers=None)) == 1


def test_all_tubs_of_a_folder_are_drawn(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("tub_1", "tub_2"):
        shutil.copytree(tub, tmp_path / "data" / name)
    (tmp_path / "data" / "logs").mkdir()
    report = run_json(capsys, [*words(stock_pilot, tmp_path / "data"), "--every", "6"])
    assert [Path(one["tub"]).name for one in report["tubs"]] == ["tub_1", "tub_2"]
    assert report["made"] == 4


def test_pictures_of_recorded_frames_are_not_passed_off_as_those_of_what_the_pilot_was_given(
    stock_pilot: StockPilot, tub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = Tub(str(tub))
    source = FrameSource(channels=("prepro/edges",))
    part = CnnActivations(stock_pilot.tflite, opened, every_n_frames=1, source=source)
    reference, _ = part.run(draw_frame(1), True)
    opened.close()
    before = (tub / reference).read_bytes()
    report = run_json(capsys, words(stock_pilot, tub))
    (one,) = report["tubs"]
    assert report["made"] == COUNT
    given = reference.split("/")[1]
    assert one["set"] != given
    assert one["remarks"] == [
        "the drive gave this pilot other frames than are recorded, out of prepro/edges: their "
        f"pictures are in activations/{given}, these are of the recorded frames"
    ]
    assert (tub / reference).read_bytes() == before
    said = {
        name: json.loads((tub / "activations" / name / "set.json").read_text())
        for name in (given, one["set"])
    }
    assert [said[given]["given"], said[one["set"]]["given"]] == ["prepro/edges", None]


def test_a_folder_with_another_tubs_mosaics_is_refused_and_left_as_it_is(
    stock_pilot: StockPilot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for car, height in (("a", 120), ("b", 240)):
        write_frame_tub(tmp_path / car / "data", 3, height=height, width=160)
    words = [
        "tub",
        "--model",
        str(stock_pilot.tflite),
        "--workers",
        "1",
        "--out",
        str(tmp_path / "seen"),
    ]
    assert main([*words, "--tub", str(tmp_path / "a" / "data")]) == 0
    drawn = {path: path.read_bytes() for path in (tmp_path / "seen").rglob("*.jpg")}
    assert len(drawn) == 3
    capsys.readouterr()
    assert main([*words, "--tub", str(tmp_path / "b" / "data")]) == 2
    said = capsys.readouterr().err
    assert f"these are of {tmp_path / 'a' / 'data'}; name another folder with --out" in said
    assert {path: path.read_bytes() for path in (tmp_path / "seen").rglob("*.jpg")} == drawn
    assert main([*words, "--tub", str(tmp_path / "a" / "data")]) == 0
