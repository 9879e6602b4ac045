import hashlib
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import pytest

from donkey_activations.errors import ModelError
from donkey_activations.extractors.formats import fingerprint, identify
from donkey_activations.extractors.pilot_format import PilotFormat

FLATBUFFER = b"\x1c\x00\x00\x00TFL3" + bytes(64)
HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(64)
NETWORK = json.dumps({"class_name": "Functional", "config": {"name": "linear", "layers": []}})


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return path


def saved_model(path: Path, graph: bytes = b"\x08\x01\x12\x00") -> Path:
    path.mkdir()
    (path / "saved_model.pb").write_bytes(graph)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as raised:
        identify(path)
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["pilot", "pilot.h5", "pilot.keras", "pilot.trt", "pilot.tflite"])
def test_a_file_is_told_by_its_content_whatever_its_suffix(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(FLATBUFFER)
    assert identify(file) is PilotFormat.TFLITE
    file.write_bytes(HDF5)
    assert identify(file) is PilotFormat.HDF5
    zipped(file, "metadata.json", "config.json", "model.weights.h5")
    assert identify(file) is PilotFormat.KERAS_ZIP
    file.unlink()
    assert identify(saved_model(file)) is PilotFormat.SAVED_MODEL


def test_a_json_network_is_told_with_hdf5_weights_and_with_a_checkpoint(tmp_path: Path) -> None:
    network = tmp_path / "pilot.json"
    network.write_text(NETWORK)
    assert "pilot.weights" in refusal(network)
    for name in ("pilot.weights.index", "pilot.weights.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"x")
    assert identify(network) is PilotFormat.JSON_AND_WEIGHTS
    (tmp_path / "pilot.weights.index").rename(tmp_path / "pilot.weights")
    assert identify(network) is PilotFormat.JSON_AND_WEIGHTS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (bytes(9000), "zeros"),
        (b"# my pilot\n", "text"),
        ("# Größe der Straße\n".encode() * 400, "text"),
        (b"<!DOCTYPE html><html>not found</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", r"git lfs pull"),
        (b'{"class_name": "Functional", "conf', "cut-short JSON"),
        (b"{" * 100_000, "JSON"),
        (b'{"epochs": 3}', r"model\.to_json"),
        (b"PK\x03\x04 and then nothing", "cut-short"),
        (b"ftrt" + bytes(range(256)), "TensorRT"),
        (FLATBUFFER + bytes(2_000_000) + b"edgetpu-custom-op", "Edge TPU"),
        (pickle.dumps({"torch.nn": 1}), "PyTorch"),
        (pickle.dumps([1, 2]), "pickle"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch"),
        (b"\x08\x07\x12\x07pytorch\x1a\x053.1.0" + bytes(20), "ONNX"),
        (b"\x08\x01\x12\xff\x10", "give the folder"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "gzip"),
        (bytes(range(256)) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "checkpoint"),
        (bytes(range(256)), "neither"),
    ],
)
def test_what_is_no_pilot_is_named_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "pilot.tflite"
    file.write_bytes(content)
    assert re.search(said, refusal(file))


def test_torch_archives_are_told_from_keras_archives(tmp_path: Path) -> None:
    assert "PyTorch" in refusal(zipped(tmp_path / "a.ckpt", "a/data.pkl", "a/data/0"))
    assert "zipped SavedModel" in refusal(zipped(tmp_path / "b", "p/saved_model.pb"))
    assert "(unpack it and give pilot.h5)" in refusal(zipped(tmp_path / "d.zip", "m/pilot.h5"))
    several = zipped(tmp_path / "e.zip", "a.h5", "__MACOSX/._a.h5", "b.tflite", "c.weights.h5")
    assert "(unpack it and give a.h5 or b.tflite)" in refusal(several)
    assert "zip archive without" in refusal(zipped(tmp_path / "c.keras", "notes.txt"))


def test_a_tensorrt_folder_is_told_from_a_saved_model(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "pilot.trt", b"\x08\x01\x12\x20" + b"TRTEngineOp" + bytes(30))
    assert "TensorRT" in refusal(folder)


def test_the_file_of_the_same_stem_is_named_if_it_opens(tmp_path: Path) -> None:
    engine = tmp_path / "pilot.trt"
    engine.write_bytes(b"ftrt" + bytes(100))
    assert "donkey train writes the .tflite" in refusal(engine)
    (tmp_path / "pilot.tflite").write_bytes(FLATBUFFER + b"edgetpu-custom-op")
    assert "beside" not in refusal(engine)
    (tmp_path / "pilot.h5").write_bytes(HDF5)  # damaged
    assert "beside" not in refusal(engine)
    (tmp_path / "pilot.tflite").write_bytes(FLATBUFFER)
    assert "give pilot.tflite beside it" in refusal(engine)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("attributes", "opens"),
    [
        ({"model_config": "{}", "keras_version": "2.15.0"}, True),
        ({"model_config": "{}", "keras_version": "9.0.0"}, False),
        ({"keras_version": "2.15.0"}, False),  # of weights alone
    ],
)
def test_a_keras_file_beside_is_named_if_the_installed_keras_opens_it(
    tmp_path: Path, attributes: dict[str, str], opens: bool
) -> None:
    engine = tmp_path / "pilot.trt"
    engine.write_bytes(b"ftrt" + bytes(100))
    with h5py.File(tmp_path / "pilot.h5", "w") as file:
        file.attrs.update(attributes)
    assert ("give pilot.h5 beside it" in refusal(engine)) == opens


def test_an_edge_tpu_file_names_the_one_it_was_compiled_from(tmp_path: Path) -> None:
    (tmp_path / "pilot.tflite").write_bytes(FLATBUFFER)
    compiled = tmp_path / "pilot_edgetpu.tflite"
    compiled.write_bytes(FLATBUFFER + b"edgetpu-custom-op")
    assert "give pilot.tflite beside it" in refusal(compiled)


def test_a_folder_that_is_no_saved_model_names_the_pilots_in_it(tmp_path: Path) -> None:
    assert "folder that is no SavedModel" in refusal(tmp_path)
    (tmp_path / "mypilot.tflite").write_bytes(FLATBUFFER)
    assert "give mypilot.tflite in it" in refusal(tmp_path)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.tflite")
    pipe = tmp_path / "pipe.tflite"
    os.mkfifo(pipe)
    assert "no ordinary file" in refusal(pipe)
    locked = tmp_path / "locked.tflite"
    locked.write_bytes(FLATBUFFER)
    locked.chmod(0)
    if os.geteuid() != 0:
        assert "Permission denied" in refusal(locked)


def test_the_fingerprint_of_one_file_is_the_sha_256_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "pilot.tflite"
    file.write_bytes(FLATBUFFER)
    assert fingerprint(file) == hashlib.sha256(FLATBUFFER).hexdigest()
    with pytest.raises(ModelError, match="No such file"):
        fingerprint(tmp_path / "none")


def test_the_fingerprint_of_a_folder_covers_its_files_and_not_its_name(tmp_path: Path) -> None:
    first = saved_model(tmp_path / "first")
    (first / "variables").mkdir()
    (first / "variables" / "data").write_bytes(b"1")
    second = tmp_path / "second.savedmodel"
    shutil.copytree(first, second)
    assert fingerprint(first) == fingerprint(second)
    (second / "variables" / "data").write_bytes(b"2")
    assert fingerprint(first) != fingerprint(second)
    (second / "variables" / "data").write_bytes(b"1")
    (second / "variables" / "data").rename(second / "variables" / "other")
    assert fingerprint(first) != fingerprint(second)


def test_the_fingerprint_of_a_json_network_covers_its_weights_and_not_its_name(
    tmp_path: Path,
) -> None:
    for stem in ("first", "second"):
        (tmp_path / f"{stem}.json").write_text(NETWORK)
        (tmp_path / f"{stem}.weights").write_bytes(HDF5)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert fingerprint(first) == fingerprint(second)
    (tmp_path / "second.weights").write_bytes(HDF5 + b"1")
    assert fingerprint(first) != fingerprint(second)


def test_telling_a_format_loads_nothing_heavy() -> None:
    heavy = {"tensorflow", "h5py", "ai_edge_litert", "keras"}
    program = (
        "import sys, donkey_activations.extractors.formats\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
