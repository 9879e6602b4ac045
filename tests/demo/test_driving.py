import asyncio
import socket

import pytest

from donkey_activations.demo import driving
from donkey_activations.demo.folder import open_folder
from donkey_activations.resolution import Resolution


@pytest.fixture
def folder(tmp_path):
    return open_folder(tmp_path / "demo-car", None, Resolution(160, 120))


def test_mosaics_are_pictures_named_by_index_in_a_set_with_its_description(folder):
    finished = folder.drive_tub / "activations" / "pilot-00000000"
    unknown = folder.drive_tub / "activations" / "other"
    for path in (finished, unknown):
        path.mkdir(parents=True)
        (path / "5.jpg").touch()
    (finished / "set.json").write_text("{}")
    for name in (".10.jpg.part", "cover.jpg"):
        (finished / name).touch()
    assert driving.mosaics(folder) == {finished / "5.jpg"}


def test_a_tub_that_is_not_there_yet_has_no_mosaics(folder):
    assert driving.mosaics(folder) == set()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("INFO:x:activations: no camera. Driving without mosaics\nfps\n", "no camera"),
        ("donkey-activations does not work, driving without mosaics: X()\nfps\n", "X()"),
        ("first\nlast words\n", "last words"),
    ],
)
def test_a_drive_without_mosaics_gives_the_reason_from_its_output(tmp_path, output, reason):
    log = tmp_path / "drive.log"
    log.write_text(output)
    message = str(driving._no_mosaic(log))
    assert reason in message
    assert str(log) in message
    assert "\n" not in message


def test_the_parts_own_summary_is_told_where_there_is_one(folder):
    folder.log("drive").parent.mkdir()
    folder.log("drive").write_text("INFO:x:mosaics: 79 made, 0 skipped\nfps\n")
    assert driving.summary(folder) == "79 made, 0 skipped"
    folder.log("drive").write_text("fps\n")
    assert driving.summary(folder) == ""


def test_the_free_port_is_free():
    with socket.socket() as server:
        server.bind(("127.0.0.1", driving._free_port()))


def test_where_nobody_listens_the_buttons_are_not_pressed():
    assert not asyncio.run(driving._press_the_buttons(driving._free_port()))
