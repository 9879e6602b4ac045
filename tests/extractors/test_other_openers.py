"""A format that another distribution opens: two files, of which the first looks like ONNX."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from other_distribution import on_the_path, write_distribution

from donkey_activations import ModelError, open_extractor
from donkey_activations.drive.pilot_watch import PilotWatch
from donkey_activations.drive.recording_pilot import DriveOptions
from donkey_activations.extractors.formats import fingerprint, opener_of
from donkey_activations.pilots.options import PilotOptions

# As ONNX files begin: such a pilot is refused where nobody opens it.
HEAD = b"\x08\x07\x12\x07pytorch\x1a\x053.1.0" + bytes(20)

OPENER = """
import numpy as np
from donkey_activations.errors import ModelError
from donkey_activations.extractors.base import FeatureExtractor, LayerInfo

SUFFIXES = (".two",)

def recognises(path, head):
    return head.startswith(b"\\x08\\x07\\x12\\x07pytorch")

def files(path):
    return (path, path.with_suffix(".values"))

def needs_conversion(path):
    return False

def open_pilot(path, options):
    if options.layers is not None:
        raise ModelError("expected no layers")
    return Level(int(files(path)[1].read_text()))

class Level(FeatureExtractor):
    def __init__(self, level):
        self.level, self.input_shape, self.sequence_length = level, (32, 48, 3), 1
        self.engine, self.size_changed = "level", False
        self.layers = (LayerInfo("level", "Conv2D", height=8, width=12, filters=2),)

    def __call__(self, frame):
        return (np.full((8, 12, 2), self.level, np.float32),)
"""


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "mypilot.two"
    path.parent.mkdir()
    path.write_bytes(HEAD)
    path.with_suffix(".values").write_text("3")
    return path


# Such as it is where the engine takes its time: what it makes is kept beside the pilot.
CONVERTING = OPENER.replace("return False", "return True").replace(
    "    return Level(",
    """    import os
    made = path.with_suffix(".made")
    if options.convert:
        made.write_text(str(os.getpid()))
    elif not made.exists():
        raise ModelError("expected its conversion")
    return Level(""",
)


@pytest.fixture
def opener(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    folder = tmp_path / "installed"
    folder.mkdir()
    module = folder / f"opener{abs(hash(tmp_path))}.py"
    module.write_text(getattr(request, "param", OPENER))
    monkeypatch.setenv("PYTHONPATH", str(folder))  # of a process of its own
    group = "donkey_activations.openers"
    write_distribution(folder, "acme", f"two = {module.stem}", group)
    with on_the_path(folder):
        yield


@pytest.fixture
def options(pilot: Path) -> DriveOptions:
    return DriveOptions(PilotOptions(pilot))


def test_it_is_refused_as_onnx_where_nobody_opens_it(pilot: Path) -> None:
    with pytest.raises(ModelError, match="this is an ONNX pilot"):
        open_extractor(pilot)


@pytest.mark.usefixtures("opener")
def test_it_is_opened_with_the_options_that_are_given(pilot: Path) -> None:
    assert open_extractor(pilot).engine == "level"
    with pytest.raises(ModelError, match=r"mypilot\.two: expected no layers"):
        open_extractor(pilot, ["level"])


@pytest.mark.usefixtures("opener")
def test_its_fingerprint_covers_both_files_and_not_their_common_name(pilot: Path) -> None:
    before = fingerprint(pilot)
    other = pilot.with_name("another.two")
    other.write_bytes(HEAD)
    other.with_suffix(".values").write_text("3")
    assert fingerprint(other) == before
    other.with_suffix(".values").write_text("4")
    assert fingerprint(other) != before


@pytest.mark.usefixtures("opener")
def test_it_is_offered_in_place_of_a_file_that_is_refused(pilot: Path) -> None:
    engine = pilot.with_suffix(".trt")
    engine.write_bytes(b"ftrt" + bytes(100))
    with pytest.raises(ModelError, match=r"give mypilot\.two beside it"):
        opener_of(engine)
    pilot.write_bytes(b"no longer one")
    with pytest.raises(ModelError, match=r"give the \.tflite, \.keras or \.h5"):
        opener_of(engine)


@pytest.mark.usefixtures("opener")
def test_the_drive_watches_both_files(
    pilot: Path, options: DriveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.0)
    watch = PilotWatch(options)
    assert [watch.new_pilot() for _ in range(3)] == [None] * 3
    pilot.with_suffix(".values").write_text("41")
    assert watch.new_pilot() is None  # it may still be written
    replaced = watch.new_pilot()
    assert replaced is not None
    assert vars(replaced.extractor)["level"] == 41
    assert [watch.new_pilot() for _ in range(3)] == [None] * 3


@pytest.mark.usefixtures("opener")
def test_another_format_in_the_place_of_the_pilot_is_noticed_and_watched_from_then_on(
    pilot: Path,
    options: DriveOptions,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.0)
    pilot.write_bytes(b"a text that nobody opens")
    watch = PilotWatch(options)
    pilot.write_bytes(HEAD)
    looks = [watch.new_pilot() for _ in range(6)]
    assert sum(look is not None for look in looks) == 1
    pilot.with_suffix(".values").write_text("41")
    assert sum(watch.new_pilot() is not None for _ in range(4)) == 1
    assert [entry for entry in caplog.records if entry.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("opener", [CONVERTING], indirect=True)
@pytest.mark.usefixtures("opener")
def test_one_that_needs_a_conversion_is_opened_in_another_process_first(
    pilot: Path, options: DriveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("donkey_activations.drive.pilot_watch.LOOK_EVERY_S", 0.0)
    watch = PilotWatch(options)
    pilot.with_suffix(".values").write_text("41")
    while (replaced := watch.new_pilot()) is None:
        pass
    assert vars(replaced.extractor)["level"] == 41
    assert int(pilot.with_suffix(".made").read_text()) != os.getpid()
