import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from donkeycar.parts.tub_v2 import Tub
from donkeycar.utils import load_image_sized
from drawn_frames import draw_frame, write_frame_tub
from offline_tubs import edit_catalog, files_of_others, image, write_old_tub
from PIL import Image

from donkey_activations import FrameError, TubError
from donkey_activations.images.fitting import read_resized
from donkey_activations.tubs.records import read_frame, read_tub


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frame_tub(tmp_path_factory.mktemp("original") / "tub", 12)


@pytest.fixture
def tub(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tub"))


def test_records_are_those_that_donkeycar_reads_and_nothing_is_changed(tub: Path) -> None:
    before = files_of_others(tub)
    found = read_tub(tub)
    assert files_of_others(tub) == before
    stock = Tub(str(tub), read_only=True)
    assert [record.values for record in found.records] == list(stock)
    stock.close()
    assert [record.index for record in found.records] == list(range(12))
    assert found.records[3].image_path == image(tub, 3)
    assert found.records[3].timestamp_ms == found.records[3].values["_timestamp_ms"]
    assert (found.deleted, found.damaged, found.remarks) == (0, 0, ())


def test_records_of_many_catalogs_come_in_order(tmp_path: Path) -> None:
    stock = Tub(str(tmp_path / "tub"), inputs=["n"], types=["int"], max_catalog_len=3)
    for number in range(35):
        stock.write_record({"n": number})
    stock.close()
    found = read_tub(tmp_path / "tub")
    assert [record.values["n"] for record in found.records] == list(range(35))
    assert found.records[0].image_path is None
    manifest = tmp_path / "tub" / "manifest.json"
    lines = manifest.read_text().splitlines(keepends=True)
    manifest.write_text("".join(lines[:4]))
    again = read_tub(tmp_path / "tub")
    assert again.records == found.records
    assert "all catalogs are read" in again.remarks[0]


def change_nothing(lines: list[str]) -> list[str]:
    return lines


def lose_the_first(lines: list[str]) -> list[str]:
    return lines[3:]


def lose_some(lines: list[str]) -> list[str]:
    return [line for number, line in enumerate(lines) if number not in (1, 2, 7)]


def damage_one(lines: list[str]) -> list[str]:
    return [*lines[:4], '{"_index": 4, "cam', *lines[5:]]


def repeat_an_index(lines: list[str]) -> list[str]:
    return [*lines[:6], lines[3], lines[4], *lines[6:]]


def a_line_of_blanks(lines: list[str]) -> list[str]:
    return [*lines[:3], "  ", *lines[3:]]


@pytest.mark.parametrize("deleted", [[0], [2, 5], [4, 5, 6, 11], [9, 10, 200]], ids=str)
@pytest.mark.parametrize(
    "change",
    [change_nothing, lose_the_first, lose_some, damage_one, repeat_an_index, a_line_of_blanks],
)
@pytest.mark.parametrize("max_len", [5, 1000])
def test_deleted_records_are_those_that_donkeycars_own_iterator_skips(
    deleted: list[int], change: Callable[[list[str]], list[str]], max_len: int, tmp_path: Path
) -> None:
    made = Tub(str(tmp_path / "tub"), inputs=["n"], types=["int"], max_catalog_len=max_len)
    for number in range(14):
        made.write_record({"n": number})
    made.delete_records(deleted)
    made.close()
    (catalog, *_) = sorted((tmp_path / "tub").glob("*.catalog"))
    lines = change(catalog.read_text().splitlines())
    catalog.write_text("".join(f"{line}\n" for line in lines))
    stock = Tub(str(tmp_path / "tub"), read_only=True)
    kept = {record["_index"]: record for record in stock}
    stock.close()
    found = read_tub(tmp_path / "tub")
    assert [record.values for record in found.records] == [kept[index] for index in sorted(kept)]
    if change is change_nothing:
        assert not any("donkey ui" in note for note in found.notes)


def test_where_donkeys_programs_disagree_on_what_is_deleted_there_is_a_note(tub: Path) -> None:
    edit_catalog(tub, lambda records: records[2:])
    assert read_tub(tub).notes == ()
    stock = Tub(str(tub))
    stock.delete_records([4, 5])
    stock.close()
    found = read_tub(tub)
    assert [record.index for record in found.records] == [2, 3, 4, 5, 8, 9, 10, 11]
    assert found.deleted == 2
    (note,) = found.notes
    assert "donkey ui may show others as deleted (record 4)" in note
    assert found.remarks == ()


def test_deleted_records_are_left_out_by_their_index(tub: Path) -> None:
    stock = Tub(str(tub))
    stock.delete_records([2, 5])
    stock.close()
    found = read_tub(tub)
    assert [record.index for record in found.records] == [0, 1, 3, 4, *range(6, 12)]
    assert found.deleted == 2


def test_after_a_crash_the_last_record_of_an_index_counts_and_lines_that_are_none_are_damaged(
    tub: Path,
) -> None:
    wrong = ['{"_index": 3, "cam', "[]", '{"user/angle": 1}', '{"_index": true}', '{"_index": -1}']
    edit_catalog(tub, lambda records: [*records, {**records[4], "user/angle": 0.75}, *wrong])
    with (tub / "catalog_0.catalog").open("ab") as catalog:
        catalog.write(b'\xff\xfe\n\n{"_index": 12, "x": ' + b"[" * 100_000)
    found = read_tub(tub)
    assert [record.index for record in found.records] == list(range(12))
    assert found.records[4].values["user/angle"] == 0.75
    assert found.damaged == len(wrong) + 2


def test_a_missing_catalog_is_said_and_one_out_of_the_tub_is_not_read(tub: Path) -> None:
    shutil.copytree(tub, tub.parent / "other")
    manifest = tub / "manifest.json"
    *header, last = manifest.read_text().splitlines()
    catalogs = ["catalog_0.catalog", "catalog_7.catalog", "../other/catalog_0.catalog"]
    header.append(json.dumps({**json.loads(last), "paths": [*catalogs, 5]}))
    manifest.write_text("\n".join(header))
    edit_catalog(tub, lambda records: records[:2])
    found = read_tub(tub)
    assert len(found.records) == 2
    assert [remark.split(":")[0] for remark in found.remarks] == catalogs[1:]


@pytest.mark.parametrize("name", ["../../x.jpg", "{tmp}/x.jpg", "link.jpg", "folder/x.jpg", "\0"])
def test_an_image_outside_of_the_tub_is_not_read(tub: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(image(tub, 0), tmp_path / "x.jpg")
    shutil.copy(image(tub, 0), tmp_path.parent / "x.jpg")
    (tub / "images" / "link.jpg").symlink_to(tmp_path / "x.jpg")
    (tub / "images" / "folder").symlink_to(tmp_path)
    named = name.format(tmp=tmp_path)
    edit_catalog(tub, lambda records: [{**records[0], "cam/image_array": named}, records[1]])
    first, second = read_tub(tub).records
    assert first.image_path is None
    with pytest.raises(FrameError, match="no image inside of its tub"):
        read_frame(first, 3)
    assert read_frame(second, 3).shape == (120, 160, 3)


def test_an_old_tub_is_read_in_the_order_of_its_numbers(tub: Path, tmp_path: Path) -> None:
    write_old_tub(tub, tmp_path / "old")
    (tmp_path / "old" / "record_77.json").write_text("{")
    found = read_tub(tmp_path / "old")
    assert [record.index for record in found.records] == list(range(12))
    assert found.records[11].timestamp_ms == 550
    assert found.damaged == 1
    for record, same in zip(found.records, read_tub(tub).records, strict=True):
        np.testing.assert_array_equal(read_frame(record, 3), read_frame(same, 3))


def test_what_is_no_tub_is_an_error_that_says_what_was_expected(tub: Path, tmp_path: Path) -> None:
    with pytest.raises(TubError, match=r"no-such.*No such file"):
        read_tub(tmp_path / "no-such")
    with pytest.raises(TubError, match=r"manifest\.json, or record_\*\.json"):
        read_tub(tub / "images")
    (tub / "manifest.json").unlink()
    with pytest.raises(TubError, match=r"manifest\.json beside the catalogs.*copy the whole"):
        read_tub(tub)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_frame_is_to_the_bit_what_donkeycar_loads(
    tub: Path, channels: int, mode: str, suffix: str
) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (45, 62, 3), np.uint8)
    file = tub / "images" / f"noise.{suffix}"
    Image.fromarray(noise).convert(mode).save(file)
    edit_catalog(tub, lambda records: [{**records[0], "cam/image_array": file.name}])
    (record,) = read_tub(tub).records
    stock = load_image_sized(str(file), 62, 45, channels)
    expected = np.broadcast_to(stock, (45, 62, channels))
    np.testing.assert_array_equal(read_frame(record, channels), expected)
    resized = load_image_sized(str(file), 160, 120, channels)
    expected = np.broadcast_to(resized, (120, 160, channels))
    np.testing.assert_array_equal(read_resized(file, channels, (120, 160)), expected)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "git lfs pull"),
        (b"hello", "expected a whole image, got something else"),
        (b"\xff\xd8\xff", "expected a whole image"),
    ],
)
def test_a_frame_that_cannot_be_read_is_an_error_that_names_it(
    tub: Path, content: bytes | None, message: str
) -> None:
    image(tub, 3).unlink()
    if content is not None:
        image(tub, 3).write_bytes(content)
    with pytest.raises(FrameError, match=rf"3_cam_image_array_\.jpg.*{message}"):
        read_frame(read_tub(tub).records[3], 3)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_frame_that_is_cut_short_is_an_error(tub: Path, suffix: str, share: float) -> None:
    file = image(tub, 3)
    with Image.open(file) as whole:
        whole.save(tub / f"whole.{suffix}")
    content = (tub / f"whole.{suffix}").read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FrameError, match="expected a whole image"):
        read_frame(read_tub(tub).records[3], 3)


def test_a_pipe_in_the_place_of_a_frame_does_not_block(tub: Path) -> None:
    image(tub, 3).unlink()
    os.mkfifo(image(tub, 3))
    with pytest.raises(FrameError, match="no file"):
        read_frame(read_tub(tub).records[3], 3)


def test_a_catalog_is_read_once_by_whichever_names_the_manifest_has_it(tub: Path) -> None:
    plain = read_tub(tub)
    os.link(tub / "catalog_0.catalog", tub / "linked.catalog")
    with (tub / "catalog_0.catalog").open("a") as catalog:
        catalog.write("no record\n")
    names = ["catalog_0.catalog", "./catalog_0.catalog", "linked.catalog"] * 100
    rewrite_manifest(tub, [*names, "none.catalog", "a\nb", "c", "d", "e"])
    found = read_tub(tub)
    assert found.records == plain.records
    assert found.damaged == 1
    assert [remark.split(":")[0] for remark in found.remarks[:3]] == ["none.catalog", r"a\nb", "c"]
    assert found.remarks[3] == "and 2 more catalogs that are not there"


def rewrite_manifest(tub: Path, paths: list[str]) -> None:
    lines = (tub / "manifest.json").read_text().splitlines()[:4]
    last = json.dumps({"paths": paths, "deleted_indexes": []})
    (tub / "manifest.json").write_text("\n".join([*lines, last]))


@pytest.mark.parametrize("name", ["manifest.json", "catalog_0.catalog"])
def test_a_file_outside_of_the_tub_is_not_read_by_a_link_nor_one_that_says_it_is_huge(
    name: str, tub: Path
) -> None:
    (tub / name).rename(tub.parent / name)
    (tub / name).symlink_to(tub.parent / name)
    assert _refused(tub)
    (tub / name).unlink()
    with (tub / name).open("wb") as file:
        file.truncate(1 << 40)
    assert _refused(tub)


def _refused(tub: Path) -> bool:
    try:
        found = read_tub(tub)
    except TubError as error:
        return "of at most 64 MB" in str(error)
    return not found.records and "of at most 64 MB" in found.remarks[0]


def test_an_old_record_of_an_impossible_number_is_damaged(tub: Path, tmp_path: Path) -> None:
    write_old_tub(tub, tmp_path / "old")
    (tmp_path / "old" / "record_3.json").rename(tmp_path / "old" / f"record_{'9' * 240}.json")
    found = read_tub(tmp_path / "old")
    assert len(found.records) == 11
    assert found.damaged == 1


@pytest.mark.parametrize("key", ["cam_top/image_array", "cam/image_array_", "front"])
def test_the_picture_is_found_under_the_only_key_of_an_image(key: str, tmp_path: Path) -> None:
    stock = Tub(str(tmp_path / "tub"), inputs=["n", key], types=["int", "image_array"])
    for number in range(3):
        stock.write_record({"n": number, key: draw_frame(number)})
    stock.close()
    found = read_tub(tmp_path / "tub")
    assert (found.remarks, found.notes) == ((), ())
    for record in found.records:
        expected = Image.open(tmp_path / "tub" / "images" / record.values[key])
        np.testing.assert_array_equal(read_frame(record, 3), np.asarray(expected))


def _tub_of(folder: Path, **columns: str) -> Path:
    stock = Tub(str(folder), inputs=list(columns), types=list(columns.values()))
    values = {"image_array": draw_frame(0), "float": 0.5, "vector": [1.0, 2.0]}
    stock.write_record({key: values[kind] for key, kind in columns.items()})
    stock.close()
    return folder


def test_of_several_images_the_stock_one_is_the_cameras(tmp_path: Path) -> None:
    tub = _tub_of(tmp_path, **{"rear": "image_array", "cam/image_array": "image_array"})
    (record,) = read_tub(tub).records
    assert record.image_path == image(tub, 0)


def test_several_images_of_which_none_is_stock_are_named(tmp_path: Path) -> None:
    tub = _tub_of(tmp_path, left="image_array", right="image_array")
    with pytest.raises(TubError, match=r"expected images as cam/image_array.*has left, right"):
        read_tub(tub)


def test_a_tub_without_images_says_which_keys_it_has(tmp_path: Path) -> None:
    tub = _tub_of(tmp_path, **{"user/angle": "float"}, **{"imu/accel": "float"})
    (note,) = read_tub(tub).notes
    assert note == "expected images as cam/image_array, the records' keys are imu/accel, user/angle"


def test_an_old_tub_whose_images_have_another_key_says_which_keys_it_has(
    tub: Path, tmp_path: Path
) -> None:
    write_old_tub(tub, tmp_path / "old")
    assert read_tub(tmp_path / "old").notes == ()
    for file in (tmp_path / "old").glob("record_*.json"):
        file.write_text(file.read_text().replace("cam/image_array", "cam_top/image"))
    (note,) = read_tub(tmp_path / "old").notes
    keys = "cam_top/image, user/angle, user/throttle, user/mode, milliseconds"
    assert note == f"expected images as cam/image_array, the records' keys are {keys}"


def test_a_folder_of_tubs_is_no_tub_and_names_them(tub: Path, tmp_path: Path) -> None:
    for number in range(8):
        shutil.copytree(tub, tmp_path / "data" / f"tub_{number}_24-01-01")
    (tmp_path / "data" / "notes").mkdir()
    with pytest.raises(TubError, match=r"a folder of tubs \(tub_0_24-01-01, .*, and 3 more\)"):
        read_tub(tmp_path / "data")
