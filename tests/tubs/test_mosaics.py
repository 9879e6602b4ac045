import json
import os
from pathlib import Path

import pytest

from donkey_activations import TubError
from donkey_activations.extractors.base import FeatureExtractor, LayerInfo
from donkey_activations.mosaic.layout import Layout
from donkey_activations.tubs.mosaics import MosaicSet, mosaic_set, remove_stale_files


class KnownLayers(FeatureExtractor):
    """Stands for an opened pilot where only its layers matter."""

    def __init__(self, *names: str, size_changed: bool = False) -> None:
        self.input_shape = (120, 160, 3)
        self.layers = tuple(LayerInfo(name, "Conv2D", 2, 3, 4) for name in names)
        self.size_changed = size_changed

    def __call__(self, frame: object) -> tuple[()]:
        raise NotImplementedError


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    file = tmp_path / "mypilot.tflite"
    file.write_bytes(b"weights")
    return file


def test_the_sets_name_tells_the_pilot_and_changes_with_all_that_changes_the_picture(
    tmp_path: Path, pilot: Path
) -> None:
    def name(extractor: FeatureExtractor, layout: Layout) -> str:
        return mosaic_set(tmp_path, pilot, extractor, layout).name

    stock = name(KnownLayers("a", "b"), Layout())
    assert stock.startswith("mypilot-")
    assert len(stock.removeprefix("mypilot-")) == 8
    assert name(KnownLayers("a", "b"), Layout()) == stock
    others = {
        name(KnownLayers("a"), Layout()),
        name(KnownLayers("a", "b"), Layout(gap_px=3)),
        name(KnownLayers("a", "b", size_changed=True), Layout()),
    }
    swapped = mosaic_set(tmp_path, pilot, KnownLayers("a", "b"), Layout(), ["RGB2BGR"])
    assert swapped.description["transformations"] == ["RGB2BGR"]
    others.add(swapped.name)
    pilot.write_bytes(b"other weights")
    others.add(name(KnownLayers("a", "b"), Layout()))
    assert len(others - {stock}) == 5


def test_set_json_says_which_pilot_layers_and_layout(tmp_path: Path, pilot: Path) -> None:
    mosaics = mosaic_set(tmp_path, pilot, KnownLayers("a"), Layout())
    mosaics.create()
    written = json.loads((mosaics.path / "set.json").read_text())
    assert written["pilot"]["name"] == "mypilot.tflite"
    assert len(written["pilot"]["sha256"]) == 64
    assert [layer["name"] for layer in written["layers"]] == ["a"]
    assert written["layout"]["width_px"] == Layout().width_px
    assert written["size"] is None
    assert "donkeycar" in written["versions"]


def test_a_picture_lies_where_its_reference_says(tmp_path: Path) -> None:
    mosaics = MosaicSet(tmp_path, "pilot-00000000", {})
    mosaics.create()
    mosaics.write_picture(7, b"jpeg")
    assert mosaics.reference(7) == "activations/pilot-00000000/7.jpg"
    assert (tmp_path / mosaics.reference(7)).read_bytes() == b"jpeg"
    assert sorted(file.name for file in mosaics.path.iterdir()) == ["7.jpg", "set.json"]


def test_an_unfinished_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    mosaics = MosaicSet(tmp_path / "tub", "pilot-00000000", {})
    mosaics.create()
    (tmp_path / "precious").write_text("not ours")
    (mosaics.path / f".7.jpg.{os.getpid()}.part").symlink_to(tmp_path / "precious")
    mosaics.write_picture(7, b"jpeg")
    assert (mosaics.path / "7.jpg").read_bytes() == b"jpeg"
    assert not (mosaics.path / "7.jpg").is_symlink()
    assert (tmp_path / "precious").read_text() == "not ours"


def test_left_overs_of_a_crash_go_and_all_else_stays(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "12_cam_image_array_.jpg").write_text("")
    for name in ("old-00000000", "new-00000000"):
        mosaics = MosaicSet(tmp_path, name, {})
        mosaics.create()
        for index in (8, 9, 10, 11):
            mosaics.write_picture(index, b"a picture")
        mosaics.write_picture(7, b"")  # as a power cut leaves one
        (mosaics.path / ".9.jpg.4711.part").write_text("")
        (mosaics.path / "notes.txt").write_text("the user's own")
    of_the_user = tmp_path / "activations" / "holiday"
    of_the_user.mkdir()
    (of_the_user / "2019.jpg").write_text("the user's own")
    (tmp_path / "activations" / "new-00000000" / "88.jpg").mkdir()
    assert remove_stale_files(tmp_path, 10) == 8
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    kept = {
        f"activations/{name}-00000000/{file}"
        for name in ("old", "new")
        for file in ("8.jpg", "9.jpg", "notes.txt", "set.json")
    }
    others = {"images/12_cam_image_array_.jpg", "activations/holiday/2019.jpg"}
    assert left == kept | others


def test_a_tub_without_mosaics_has_no_left_overs(tmp_path: Path) -> None:
    assert remove_stale_files(tmp_path, 0) == 0


def test_a_tub_that_cannot_be_written_to_is_a_tub_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "activations").write_text("a file where the folder is due")
    with pytest.raises(TubError, match=r"activations/p-0.*cannot be written.*move away"):
        MosaicSet(tmp_path, "p-0", {}).create()


def test_a_pilot_with_too_long_a_name_is_a_tub_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(TubError, match="give the pilot's file a shorter name"):
        MosaicSet(tmp_path, "p" * 300, {}).create()


def test_a_pilot_that_is_gone_is_a_tub_error(tmp_path: Path) -> None:
    with pytest.raises(TubError, match=r"gone\.tflite"):
        mosaic_set(tmp_path, tmp_path / "gone.tflite", KnownLayers("a"), Layout())


@pytest.mark.parametrize("linked", ["activations", "activations/pilot-0"])
@pytest.mark.parametrize("target", ["elsewhere", "tub/images", "tub"])
def test_nothing_is_written_or_removed_through_a_link(
    linked: str, target: str, tmp_path: Path
) -> None:
    tub = tmp_path / "tub"
    for folder in ("tub/images", "elsewhere", str(Path("tub", linked).parent)):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for place in (tmp_path / target, tmp_path / target / "pilot-0"):
        place.mkdir(exist_ok=True)
        for name in ("set.json", "9.jpg", ".9.jpg.17.part"):
            (place / name).touch()
    (tub / linked).symlink_to(tmp_path / target)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(TubError, match="a link leads out of it; remove the link"):
        MosaicSet(tub, "pilot-0", {}).create()
    assert remove_stale_files(tub, 0) == 0
    assert sorted(tmp_path.rglob("*")) == before
